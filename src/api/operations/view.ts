/** Operations on the wire: progress, steps and cause; never payloads, outputs, lanes or fences. */
import { isAdmin, type Ctx } from '../../app/context.ts'
import type { StepShown } from '../../app/operations/find.ts'
import type { OperationRow } from '../../db/store/operations-read.ts'
import { toldCause } from '../../model/causes.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

const time = (micros: number | null): string | null => (micros === null ? null : isoMicros(micros))

export const operationView = (ctx: Ctx, url: UrlParts, row: OperationRow): object => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  resource_type: row.resource_type,
  resource_id: row.resource_id,
  project_id: row.project_id,
  user_id: row.user_id,
  request_id: row.request_id,
  progress: row.progress,
  cancel_requested: row.cancel_requested === 1,
  cause: causeView(ctx, row),
  created_at: isoMicros(row.created_at),
  updated_at: isoMicros(row.updated_at),
  started_at: time(row.started_at),
  finished_at: time(row.finished_at),
  deadline_at: isoMicros(row.deadline_at),
  links: selfLinks(url, 'operations', row.id),
})

export const operationDetail = (
  ctx: Ctx,
  url: UrlParts,
  row: OperationRow,
  steps: readonly StepShown[],
): object => ({
  ...operationView(ctx, url, row),
  steps: steps.map((step) => ({
    name: step.name,
    state: step.state,
    attempts: step.attempts,
    started_at: time(step.startedAt),
    finished_at: time(step.finishedAt),
  })),
  // They name pools and their free space, which tenants must not learn.
  ...(isAdmin(ctx) ? { refusals: row.refusals === null ? null : (JSON.parse(row.refusals) as unknown) } : {}),
})

/** User messages that say what became of the share. */
const ofTheEnd: readonly (string | null)[] = ['015', '017', '018', '019']

/** A backend's own words may name its paths, commands and hosts: they are for whoever runs it. */
function causeView(ctx: Ctx, row: OperationRow): object | null {
  if (row.cause_code === null) return null
  const inside = ctx.policy.check('operation:get_cause_detail', ctx.identity)
  const { cause_code: code, cause_unmet: unmet } = row
  // Of the try before: what the sentence says of the end is not so yet.
  const isYetToEnd = row.finished_at === null && ofTheEnd.includes(row.cause_detail_id)
  const detailId = isYetToEnd ? null : row.cause_detail_id
  const told = toldCause({ code, detailId, unmet }, inside)
  return {
    code: inside ? row.cause_code : told.code,
    message: told.message,
    retryable: row.cause_retryable === 1,
    detail_id: told.detailId,
    ...(inside ? { detail: row.cause_message } : {}),
  }
}
