/** What was changed without work for a backend: names, descriptions, metadata. */
import { recordEvent } from '../db/store/records.ts'
import type { Ctx } from './context.ts'

/** Writes the event of a change to what people read; in the request's transaction. */
export const recordUpdate = (
  ctx: Ctx,
  resourceType: 'share' | 'snapshot' | 'share_group' | 'share_group_snapshot',
  { id, project_id: projectId }: { readonly id: string; readonly project_id: string },
): Promise<void> =>
  recordEvent(ctx.tx, {
    projectId,
    resourceType,
    resourceId: id,
    event: `${resourceType}.updated`,
    requestId: ctx.requestId,
    now: ctx.clock.now(),
  })
