/** A snapshot, its rules and its export locations as the newest microversion shows them, then as the caller's does. */
import { type Ctx, isAdmin } from '../../app/context.ts'
import type { SnapshotRuleRow } from '../../db/store/snapshot-access.ts'
import type { SnapshotListRow } from '../../db/store/snapshot-list.ts'
import type { SnapshotLocationRow } from '../../db/store/snapshot-locations.ts'
import { isoMicros } from '../../runtime/clock.ts'
import type { JsonObject } from '../../wire/changes.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import type { ListReply } from '../list-reply.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'
import { namesOf, RowView, type Fields } from '../row-view.ts'

const fields: Fields<SnapshotListRow> = {
  id: ['own', 'id'],
  share_id: ['text', 'share_id'],
  share_size: ['number', 'share_size'],
  created_at: ['stamp', 'created_at'],
  status: ['text', 'status'],
  name: ['own', 'name'],
  description: ['own', 'description'],
  size: ['number', 'size'],
  share_proto: ['text', 'share_proto'],
  links: ['links'],
  user_id: ['text', 'user_id'],
  project_id: ['text', 'project_id'],
  metadata: ['pairs', 'metadata'],
}

const snapshots = { collection: 'snapshots', changes: snapshotChanges }
const ofMembers = new RowView<SnapshotListRow>({ ...snapshots, fields })
const ofAdmins = new RowView<SnapshotListRow>({
  ...snapshots,
  fields: { ...fields, provider_location: ['text', 'provider_location'] },
})
const viewFor = (ctx: Ctx): RowView<SnapshotListRow> => (isAdmin(ctx) ? ofAdmins : ofMembers)

export const snapshotView = (ctx: Ctx, url: UrlParts, row: SnapshotListRow): JsonObject =>
  viewFor(ctx).lowered(url, ctx.minor, row)

/** The same for the rows of one list, in their order. */
export const snapshotRows = (ctx: Ctx, url: UrlParts): Pick<ListReply<SnapshotListRow>, 'view' | 'text'> =>
  viewFor(ctx).rows(url, ctx.minor)

export const snapshotNames = namesOf('snapshots')

export function snapshotAccessView(rule: SnapshotRuleRow): JsonObject {
  return { id: rule.id, access_type: rule.access_type, access_to: rule.access_to, state: rule.state }
}

/** The links are those of the snapshot, whichever route shows them. */
export function snapshotLocationView(ctx: Ctx, url: UrlParts, row: SnapshotLocationRow): JsonObject {
  return {
    id: row.id,
    path: row.path,
    links: selfLinks(url, `snapshots/${row.snapshot_id}/export-locations`, row.id),
    ...(isAdmin(ctx)
      ? {
          share_snapshot_instance_id: row.snapshot_instance_id,
          is_admin_only: row.is_admin_only === 1,
        }
      : {}),
  }
}

/** As above with the times that only one location shows. */
export function oneSnapshotLocation(ctx: Ctx, url: UrlParts, row: SnapshotLocationRow): JsonObject {
  return {
    share_snapshot_export_location: {
      ...snapshotLocationView(ctx, url, row),
      created_at: isoMicros(row.created_at),
      updated_at: row.updated_at === null ? null : isoMicros(row.updated_at),
    },
  }
}
