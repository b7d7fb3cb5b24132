/** Metadata of an export location, 2.87+. `preferred` is also what its view shows, so writing it moves that too. */
import type { Ctx } from '../context.ts'
import { setPreferred } from '../../db/store/share-locations.ts'
import type { MetadataOwner } from '../metadata/metadata.ts'
import { locationOf, shareOfLocations } from './find.ts'

export async function locationMetadata(
  ctx: Ctx,
  shareId: string,
  locationId: string,
  intent: 'get' | 'update' | 'delete',
): Promise<MetadataOwner> {
  const rule = `share_export_location:${intent}_metadata`
  const share = await shareOfLocations(ctx, shareId, rule)
  if (intent !== 'get') {
    ctx.policy.authorize(rule, ctx.identity, { project_id: share.project_id, user_id: share.user_id })
  }
  const location = await locationOf(ctx, share, locationId, rule)
  return {
    table: 'export_location_metadata',
    id: location.id,
    projectId: null,
    resource: 'share_instance_export_locations',
    adminKeys: ctx.settings.shares.admin_only_el_metadata,
    adminRule: 'share_export_location:update_admin_only_metadata',
    keyPattern: /^[a-zA-Z0-9\-_:. ]{1,255}$/,
    changed: async (written, removed) => {
      if (written.preferred !== undefined) {
        await setPreferred(ctx.tx, location.id, isTrue(written.preferred), ctx.clock.now())
      } else if (removed.includes('preferred')) {
        await setPreferred(ctx.tx, location.id, false, ctx.clock.now())
      }
    },
  }
}

const isTrue = (text: string): boolean => /^(1|t|true|on|y|yes)$/i.test(text.trim())
