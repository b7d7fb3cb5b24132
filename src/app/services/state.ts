/** Whether a service is there, from its last heartbeat. */
import type { Ctx } from '../context.ts'

export type ServiceState = 'up' | 'down' | 'stopped'

/** `stopped` says goodbye was said; `down` that the heartbeat is older than `[shares] service_down_time_s`. */
export function stateOf(
  ctx: Ctx,
  service: { readonly stopped: number; readonly heartbeat_at: number },
): ServiceState {
  if (service.stopped === 1) return 'stopped'
  const silentMicros = ctx.clock.now() - service.heartbeat_at
  return silentMicros <= ctx.settings.shares.service_down_time_s * 1_000_000 ? 'up' : 'down'
}
