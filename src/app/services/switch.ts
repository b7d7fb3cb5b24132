/** Takes a service out of the scheduler's choice, and back in. */
import type { Ctx } from '../context.ts'
import { recordEvent } from '../../db/store/records.ts'
import { serviceOf } from '../../db/store/services.ts'
import { updateService } from '../../db/store/services-read.ts'
import { fault, invalid } from '../../model/errors.ts'

export interface SwitchService {
  readonly host: string
  readonly binary: string
  readonly enabled: boolean
  /** As sent; null = none. */
  readonly reason: string | null
}

export interface SwitchedService {
  readonly host: string
  readonly binary: string
  readonly status: 'enabled' | 'disabled'
  readonly disabledReason: string | null
}

const longestReason = 255

export async function switchService(ctx: Ctx, input: SwitchService): Promise<SwitchedService> {
  const reason = reasonOf(ctx, input)
  const { host, binary, enabled } = input
  const service = await serviceOf(ctx.tx, host, binary)
  if (service === undefined) throw fault('ServiceNotFound', { id: `${binary} on ${host}` })
  const now = ctx.clock.now()
  const disabled = enabled ? 0 : 1
  await updateService(ctx.tx, service.id, {
    disabled,
    ...(ctx.flags.has('disabledReason') ? { disabled_reason: reason } : {}),
    // Another reason does not begin it anew.
    ...(disabled === service.disabled ? {} : { switched_at: now }),
    updated_at: now,
  })
  const status = enabled ? 'enabled' : 'disabled'
  const told: SwitchedService = { host, binary, status, disabledReason: reason }
  // Asked for again, nothing happens that anybody would follow.
  if (disabled === service.disabled && reason === service.disabled_reason) return told
  await recordEvent(ctx.tx, {
    projectId: '',
    resourceType: 'service',
    resourceId: String(service.id),
    event: `service.${status}`,
    requestId: ctx.requestId,
    detail: { host, binary, reason, to: status },
    now,
  })
  return told
}

/** Enabling clears the reason, whatever was sent. */
function reasonOf(ctx: Ctx, { enabled, reason }: SwitchService): string | null {
  if (reason === null) return null
  if (!ctx.flags.has('disabledReason')) throw invalid('disabled_reason needs microversion 2.83')
  const text = reason.trim()
  if (text.length < 1 || text.length > longestReason) {
    throw invalid(`disabled_reason must be a string of 1 to ${longestReason} characters`)
  }
  return enabled ? null : text
}
