/** A share group as the newest microversion shows it, then as the caller's does. */
import { type Ctx, isAdmin } from '../../app/context.ts'
import type { ShareGroupListRow } from '../../db/store/share-groups.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareGroupChanges } from '../../wire/share-groups/changes.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export function shareGroupView(ctx: Ctx, url: UrlParts, row: ShareGroupListRow): JsonObject {
  return lower(shareGroupChanges, ctx.minor, {
    id: row.id,
    name: row.name,
    created_at: isoMicros(row.created_at),
    status: row.status,
    description: row.description,
    project_id: row.project_id,
    host: row.host === '' ? null : row.host,
    share_group_type_id: row.share_group_type_id,
    source_share_group_snapshot_id: row.source_share_group_snapshot_id,
    share_network_id: row.share_network_id,
    share_types: row.share_types,
    links: selfLinks(url, 'share-groups', row.id),
    availability_zone: row.zone_name,
    consistent_snapshot_support: row.consistent_snapshot_support,
    ...(isAdmin(ctx) ? { share_server_id: row.share_server_id } : {}),
  })
}

export const shareGroupSummary = (
  url: UrlParts,
  row: { readonly id: string; readonly name: string | null },
): JsonObject => ({
  id: row.id,
  name: row.name,
  links: selfLinks(url, 'share-groups', row.id),
})
