/** Looks group snapshots up for a caller. */
import { type Ctx, scopeOf } from '../context.ts'
import { takeGroupRow } from '../../db/store/group-rows.ts'
import {
  groupSnapshotForView,
  groupSnapshotInScope,
  type GroupSnapshotListRow,
  type GroupSnapshotRow,
} from '../../db/store/share-group-snapshots.ts'
import { fault } from '../../model/errors.ts'

const cut = (id: string): string => id.slice(0, 64)
const notFound = (id: string) => fault('ShareGroupSnapshotNotFound', { id: cut(id) })

export async function findGroupSnapshot(ctx: Ctx, id: string): Promise<GroupSnapshotRow> {
  const row = await groupSnapshotInScope(ctx.db, scopeOf(ctx), cut(id))
  if (row === undefined) throw notFound(id)
  return row
}

export async function findGroupSnapshotForView(ctx: Ctx, id: string): Promise<GroupSnapshotListRow> {
  const row = await groupSnapshotForView(ctx.db, scopeOf(ctx), cut(id))
  if (row === undefined) throw notFound(id)
  return row
}

/** The group snapshot, which the caller may change by `rule`: it and its group are this request's until the end. */
export async function findGroupSnapshotToChange(
  ctx: Ctx,
  id: string,
  rule: string,
): Promise<GroupSnapshotRow> {
  const known = await findGroupSnapshot(ctx, id)
  await takeGroupRow(ctx.tx, 'share_group', known.share_group_id)
  const snapshot = await takeGroupRow(ctx.tx, 'share_group_snapshot', known.id)
  if (snapshot === undefined) throw notFound(id)
  const { project_id, user_id } = snapshot
  ctx.policy.authorize(rule, ctx.identity, { project_id, user_id })
  return snapshot
}
