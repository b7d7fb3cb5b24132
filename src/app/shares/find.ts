/** Looks a share up for a caller, with the refusals that every verb shares. */
import { type Ctx, scopeOf } from '../context.ts'
import { takeVisibleShare } from '../../db/store/share-turns.ts'
import { shareForView, type ShareListRow } from '../../db/store/share-list.ts'
import { visibleShare, type ShareRow } from '../../db/store/shares.ts'
import { fault } from '../../model/errors.ts'
import { softDeleted } from '../../model/gates/shares.ts'
import { refuseAtOnce } from '../barriers.ts'

const uuidShape = /^[0-9a-fA-F-]{32,36}$/

/** The share, or 404 as if it did not exist. */
export async function findShare(ctx: Ctx, id: string): Promise<ShareRow> {
  const row = uuidShape.test(id) ? await visibleShare(ctx.db, scopeOf(ctx), id) : undefined
  if (row === undefined) throw fault('ShareNotFound', { id: id.slice(0, 64) })
  return row
}

/** The share for a reply. */
export async function findShareForView(ctx: Ctx, id: string): Promise<ShareListRow> {
  const row = uuidShape.test(id) ? await shareForView(ctx.db, scopeOf(ctx), id, ctx.minor < 9) : undefined
  if (row === undefined) throw fault('ShareNotFound', { id: id.slice(0, 64) })
  return row
}

/** The share, if `rule` lets the caller see what he asks about it: 403 for what is only its owner's, of a public share too. */
export async function findShareAs(ctx: Ctx, id: string, rule: string): Promise<ShareRow> {
  const share = await findShare(ctx, id)
  authorize(ctx, share, rule)
  return share
}

/**
 * The share, which the caller may change: a public share of another project is readable only, so 403. It is this request's
 * until the end: what is decided from it, its snapshots, rules and locks stays true.
 */
export async function findShareToChange(ctx: Ctx, id: string, rule: string): Promise<ShareRow> {
  const share = uuidShape.test(id) ? await takeVisibleShare(ctx.tx, scopeOf(ctx), id) : undefined
  if (share === undefined) throw fault('ShareNotFound', { id: id.slice(0, 64) })
  authorize(ctx, share, rule)
  return share
}

function authorize(ctx: Ctx, share: ShareRow, rule: string): void {
  ctx.policy.authorize(rule, ctx.identity, { project_id: share.project_id, user_id: share.user_id })
}

/** 403 for a share in the recycle bin. */
export function refuseSoftDeleted(share: ShareRow): void {
  refuseAtOnce(softDeleted(share))
}
