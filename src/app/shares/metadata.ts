/** Metadata of a share. Readers of a public share may read it; only its own project and administrators write it. */
import type { Ctx } from '../context.ts'
import type { MetadataOwner } from '../metadata/metadata.ts'
import { recordUpdate } from '../updated.ts'
import { findShare, findShareToChange } from './find.ts'

const rules = {
  update: 'share:update_share_metadata',
  delete: 'share:delete_share_metadata',
} as const

export async function shareMetadataOwner(
  ctx: Ctx,
  id: string,
  intent: 'get' | 'update' | 'delete',
): Promise<MetadataOwner> {
  const share = intent === 'get' ? await findShare(ctx, id) : await findShareToChange(ctx, id, rules[intent])
  return {
    table: 'share_metadata',
    id: share.id,
    projectId: share.project_id,
    resource: 'shares',
    ...adminKeysOfShares(ctx),
    changed: () => recordUpdate(ctx, 'share', share),
  }
}

/** Which keys of shares only administrators write, and the rule that says who these are. */
export const adminKeysOfShares = (ctx: Ctx) => ({
  adminKeys: ctx.settings.shares.admin_only_metadata,
  adminRule: 'share:update_admin_only_metadata',
})
