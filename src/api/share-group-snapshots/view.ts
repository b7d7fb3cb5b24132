/** Group snapshots and their members; they look alike at every microversion. */
import type { GroupSnapshotListRow, MemberRow } from '../../db/store/share-group-snapshots.ts'
import { isoMicros } from '../../runtime/clock.ts'
import type { JsonObject } from '../../wire/changes.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export const groupSnapshotView = (url: UrlParts, row: GroupSnapshotListRow): JsonObject => ({
  id: row.id,
  name: row.name,
  created_at: isoMicros(row.created_at),
  status: row.status,
  description: row.description,
  project_id: row.project_id,
  share_group_id: row.share_group_id,
  members: row.members.map(({ id, size, share_id }) => ({ id, size, share_id })),
  links: selfLinks(url, 'share-group-snapshots', row.id),
})

export const groupSnapshotSummary = (
  url: UrlParts,
  row: { readonly id: string; readonly name: string | null },
): JsonObject => ({
  id: row.id,
  name: row.name,
  links: selfLinks(url, 'share-group-snapshots', row.id),
})

export const memberView = (row: MemberRow): JsonObject => ({
  id: row.id,
  created_at: isoMicros(row.created_at),
  size: row.size,
  share_protocol: row.share_proto,
  project_id: row.project_id,
  share_group_snapshot_id: row.share_group_snapshot_id,
  share_id: row.share_id,
})
