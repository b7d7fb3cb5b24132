/** Looks share groups up for a caller. Groups are never public: another project's is not there. */
import { type Ctx, scopeOf } from '../context.ts'
import {
  groupForView,
  groupInScope,
  takeGroupInScope,
  type ShareGroupListRow,
  type ShareGroupRow,
} from '../../db/store/share-groups.ts'
import { fault } from '../../model/errors.ts'

const cut = (id: string): string => id.slice(0, 64)
const notFound = (id: string) => fault('ShareGroupNotFound', { id: cut(id) })

export async function findGroupForView(ctx: Ctx, id: string): Promise<ShareGroupListRow> {
  const row = await groupForView(ctx.db, scopeOf(ctx), cut(id))
  if (row === undefined) throw notFound(id)
  return row
}

/** The group as it is; with `keeps` it is this request's until the end: what is made in it meanwhile waits. */
export async function findGroup(ctx: Ctx, id: string, keeps: boolean): Promise<ShareGroupRow> {
  const row = keeps
    ? await takeGroupInScope(ctx.tx, scopeOf(ctx), cut(id))
    : await groupInScope(ctx.db, scopeOf(ctx), cut(id))
  if (row === undefined) throw notFound(id)
  return row
}

/** The group, which the caller may change by `rule`: it is this request's until the end. */
export async function findGroupToChange(ctx: Ctx, id: string, rule: string): Promise<ShareGroupRow> {
  const group = await findGroup(ctx, id, true)
  const { project_id, user_id } = group
  ctx.policy.authorize(rule, ctx.identity, { project_id, user_id })
  return group
}
