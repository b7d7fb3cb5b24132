/** A share as the newest microversion shows it, then as the caller's does. */
import type { Ctx } from '../../app/context.ts'
import type { ShareListRow } from '../../db/store/shares.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export function shareView(ctx: Ctx, url: UrlParts, row: ShareListRow): JsonObject {
  const newest: JsonObject = {
    id: row.id,
    size: row.size,
    availability_zone: row.zone_name,
    created_at: isoMicros(row.created_at),
    status: row.status,
    name: row.name,
    description: row.description,
    project_id: row.project_id,
    snapshot_id: row.snapshot_id,
    share_network_id: row.share_network_id,
    share_proto: row.share_proto,
    metadata: row.metadata,
    share_type: row.share_type_id,
    share_type_name: row.share_type_name,
    volume_type: row.share_type_name,
    is_public: row.is_public === 1,
    links: selfLinks(url, 'shares', row.id),
    snapshot_support: row.snapshot_support === 1,
    task_state: row.task_state,
    access_rules_status: row.access_rules_status,
    replication_type: row.replication_type,
    has_replicas: row.has_replicas === 1,
    user_id: row.user_id,
    create_share_from_snapshot_support: row.create_share_from_snapshot_support === 1,
    revert_to_snapshot_support: row.revert_to_snapshot_support === 1,
    share_group_id: row.share_group_id,
    source_share_group_snapshot_member_id: row.source_share_group_snapshot_member_id,
    mount_snapshot_support: row.mount_snapshot_support === 1,
    progress: row.progress,
    is_soft_deleted: row.is_soft_deleted === 1,
    scheduled_to_be_deleted_at:
      row.scheduled_to_be_deleted_at === null ? null : isoMicros(row.scheduled_to_be_deleted_at),
    source_backup_id: row.source_backup_id,
    encryption_key_ref: row.encryption_key_ref,
    snapshot_inherit_share_access_support: row.snapshot_inherit_share_access_support === 1,
    ...(ctx.minor < 9 ? { __paths: row.paths } : {}),
    ...(ctx.policy.check('context_is_host_admin', ctx.identity)
      ? { share_server_id: row.share_server_id, host: row.host }
      : {}),
  }
  return lower(shareChanges, ctx.minor, newest)
}

export function shareSummary(url: UrlParts, row: Pick<ShareListRow, 'id' | 'name'>): JsonObject {
  return { id: row.id, name: row.name, links: selfLinks(url, 'shares', row.id) }
}
