/** Whether a service is there, from its last heartbeat. */

export type ServiceState = 'up' | 'down' | 'stopped'

export interface Heartbeat {
  /** Written by a clean stop. */
  readonly stopped: number
  /** Microseconds since the epoch, as `now`. */
  readonly heartbeat_at: number
}

/** `stopped` says goodbye was said; `down` that the heartbeat is older than `downAfterS`, `[shares] service_down_time_s`. */
export function serviceState(
  { stopped, heartbeat_at }: Heartbeat,
  now: number,
  downAfterS: number,
): ServiceState {
  if (stopped === 1) return 'stopped'
  return now - heartbeat_at <= downAfterS * 1_000_000 ? 'up' : 'down'
}

export interface ToldService extends Heartbeat {
  readonly created_at: number
  readonly updated_at: number | null
  readonly told_state?: string | null
  readonly state_since?: number | null
}

/**
 * Since when it is in `state`, as of `now` when it is seen to be; null = not known. Silence began with the last heartbeat, a stop was
 * written down; that it came up is known to whoever saw it before.
 */
export function sinceWhen(service: ToldService, state: ServiceState, now: number): number | null {
  const { told_state: told = null, state_since: since = null, heartbeat_at, updated_at, created_at } = service
  if (told === state) return since
  if (state === 'down') return heartbeat_at
  if (state === 'stopped') return Math.max(heartbeat_at, updated_at ?? 0)
  return told === null ? created_at : now
}
