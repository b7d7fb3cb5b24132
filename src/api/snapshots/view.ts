/** A snapshot, its rules and its export locations as the newest microversion shows them, then as the caller's does. */
import { type Ctx, isAdmin } from '../../app/context.ts'
import type { SnapshotRuleRow } from '../../db/store/snapshot-access.ts'
import type { SnapshotListRow } from '../../db/store/snapshot-list.ts'
import type { SnapshotLocationRow } from '../../db/store/snapshot-locations.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { snapshotChanges } from '../../wire/snapshots/changes.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export function snapshotView(ctx: Ctx, url: UrlParts, row: SnapshotListRow): JsonObject {
  return lower(snapshotChanges, ctx.minor, {
    id: row.id,
    share_id: row.share_id,
    share_size: row.share_size,
    created_at: isoMicros(row.created_at),
    status: row.status,
    name: row.name,
    description: row.description,
    size: row.size,
    share_proto: row.share_proto,
    links: selfLinks(url, 'snapshots', row.id),
    user_id: row.user_id,
    project_id: row.project_id,
    metadata: row.metadata,
    ...(isAdmin(ctx) ? { provider_location: row.provider_location } : {}),
  })
}

export function snapshotSummary(url: UrlParts, row: Pick<SnapshotListRow, 'id' | 'name'>): JsonObject {
  return { id: row.id, name: row.name, links: selfLinks(url, 'snapshots', row.id) }
}

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
