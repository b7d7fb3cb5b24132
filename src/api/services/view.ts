/** Services as the newest microversion shows them. */
import type { Ctx } from '../../app/context.ts'
import type { ServiceWithState } from '../../app/services/list.ts'
import type { SwitchedService } from '../../app/services/switch.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { serviceChanges } from '../../wire/services/changes.ts'

/** `updated_at` is the last sign of life, as operators know it from the original. */
export function serviceView(ctx: Ctx, service: ServiceWithState): JsonObject {
  const { since } = service
  const view = lower(serviceChanges, ctx.minor, {
    id: service.id,
    binary: service.binary_name,
    host: service.host,
    zone: service.zone_name,
    status: service.disabled === 1 ? 'disabled' : 'enabled',
    state: service.state,
    updated_at: isoMicros(Math.max(service.heartbeat_at, service.updated_at ?? 0)),
    disabled_reason: service.disabled_reason,
    ensuring: service.ensuring === null ? null : service.ensuring === 1,
  })
  return since === null
    ? view
    : {
        ...view,
        state_since: stamp(since.stateSince),
        status_since: stamp(since.statusSince),
        instances: since.instances,
      }
}

const stamp = (micros: number | null): string | null => (micros === null ? null : isoMicros(micros))

export function switchedView(ctx: Ctx, service: SwitchedService): JsonObject {
  const { host, binary, status, disabledReason } = service
  return lower(serviceChanges, ctx.minor, {
    host,
    binary,
    status,
    disabled_reason: disabledReason,
    ensuring: null,
  })
}
