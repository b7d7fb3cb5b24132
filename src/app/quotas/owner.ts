/** Whose quota a request is about. */
import { isAdmin, type Ctx, scopeOf } from '../context.ts'
import { resolveType } from '../../db/store/share-types.ts'
import type { QuotaOwner } from '../../db/store/quota-limits.ts'
import { fault, invalid } from '../../model/errors.ts'

export interface OwnerInput {
  readonly projectId: string
  readonly userId: string | null
  /** Name or id. */
  readonly shareType: string | null
}

/** Keystone's ids have at most 64 characters; a longer one would not fit its column. */
const longestId = 64

/** 403 for another project unless the caller is an administrator; 404 for an unknown share type. */
export async function ownerOf(ctx: Ctx, { projectId, userId, shareType }: OwnerInput): Promise<QuotaOwner> {
  if (shareType !== null && !ctx.flags.has('quotasPerType')) {
    throw invalid('share_type needs microversion 2.39')
  }
  if (userId !== null && shareType !== null) {
    throw invalid('user_id and share_type exclude one another: give one of them')
  }
  if (projectId.length > longestId || (userId ?? '').length > longestId) {
    throw invalid(`project and user ids must have at most ${longestId} characters`)
  }
  if (projectId !== ctx.identity.projectId && !isAdmin(ctx)) throw fault('Forbidden')
  if (userId !== null) return { projectId, scope: 'user', scopeId: userId }
  if (shareType === null) return { projectId, scope: 'project', scopeId: '' }
  const type = await resolveType(ctx.db, scopeOf(ctx), shareType)
  if (type === undefined) throw fault('ShareTypeNotFound', { id: shareType.slice(0, 64) })
  return { projectId, scope: 'share_type', scopeId: type.id }
}
