/** A share as the newest microversion shows it, then as the caller's does. */
import type { Ctx } from '../../app/context.ts'
import type { ShareListRow } from '../../db/store/share-list.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareChanges } from '../../wire/shares/changes.ts'
import type { ListReply } from '../list-reply.ts'
import type { UrlParts } from '../route.ts'
import { namesOf, RowView, type Fields } from '../row-view.ts'

const fields: Fields<ShareListRow> = {
  id: ['own', 'id'],
  size: ['number', 'size'],
  availability_zone: ['text', 'zone_name'],
  created_at: ['stamp', 'created_at'],
  status: ['text', 'status'],
  name: ['own', 'name'],
  description: ['own', 'description'],
  project_id: ['text', 'project_id'],
  snapshot_id: ['text', 'snapshot_id'],
  share_network_id: ['text', 'share_network_id'],
  share_proto: ['text', 'share_proto'],
  metadata: ['pairs', 'metadata'],
  share_type: ['text', 'share_type_id'],
  share_type_name: ['text', 'share_type_name'],
  volume_type: ['text', 'share_type_name'],
  is_public: ['flag', 'is_public'],
  links: ['links'],
  snapshot_support: ['flag', 'snapshot_support'],
  task_state: ['text', 'task_state'],
  access_rules_status: ['text', 'access_rules_status'],
  replication_type: ['text', 'replication_type'],
  has_replicas: ['flag', 'has_replicas'],
  user_id: ['text', 'user_id'],
  create_share_from_snapshot_support: ['flag', 'create_share_from_snapshot_support'],
  revert_to_snapshot_support: ['flag', 'revert_to_snapshot_support'],
  share_group_id: ['text', 'share_group_id'],
  source_share_group_snapshot_member_id: ['text', 'source_share_group_snapshot_member_id'],
  mount_snapshot_support: ['flag', 'mount_snapshot_support'],
  progress: ['text', 'progress'],
  is_soft_deleted: ['flag', 'is_soft_deleted'],
  scheduled_to_be_deleted_at: ['stamp', 'scheduled_to_be_deleted_at'],
  source_backup_id: ['text', 'source_backup_id'],
  encryption_key_ref: ['text', 'encryption_key_ref'],
  snapshot_inherit_share_access_support: ['flag', 'snapshot_inherit_share_access_support'],
}
const hostFields: Fields<ShareListRow> = {
  share_server_id: ['text', 'share_server_id'],
  host: ['text', 'host'],
}

const shares = { collection: 'shares', changes: shareChanges }
const ofMembers = new RowView<ShareListRow>({ ...shares, fields })
const ofHostAdmins = new RowView<ShareListRow>({ ...shares, fields: { ...fields, ...hostFields } })
const viewFor = (ctx: Ctx): RowView<ShareListRow> =>
  ctx.policy.check('context_is_host_admin', ctx.identity) ? ofHostAdmins : ofMembers

export function shareView(ctx: Ctx, url: UrlParts, row: ShareListRow): JsonObject {
  const newest = viewFor(ctx).object(url, row)
  return lower(shareChanges, ctx.minor, ctx.minor < 9 ? { ...newest, __paths: row.paths } : newest)
}

/** The same for the rows of one list, in their order. */
export const shareRows = (ctx: Ctx, url: UrlParts): Pick<ListReply<ShareListRow>, 'view' | 'text'> => ({
  ...viewFor(ctx).rows(url, ctx.minor),
  view: (row) => shareView(ctx, url, row),
})

export const shareNames = namesOf('shares')
