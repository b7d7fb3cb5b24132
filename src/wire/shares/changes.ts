/** History of the share on the wire, newest first. */
import { change, fields, inputs, newValues, rule, without, type Change, type JsonObject } from '../changes.ts'

/** Before 2.6 `share_type` was the name. */
const typeByName = (view: JsonObject): JsonObject => {
  if (!('share_type_name' in view)) return view
  const { share_type_name: name, ...rest } = view
  return { ...rest, share_type: name }
}

export const shareChanges: readonly Change[] = [
  fields(99, 'snapshot_inherit_share_access_support'),
  rule(97, 'filterByZone', 'lists can be filtered by availability zone'),
  fields(90, 'encryption_key_ref'),
  rule(90, 'filterByEncryptionKey', 'administrators filter lists by encryption key'),
  inputs(84, 'mount_point_name'),
  fields(80, 'source_backup_id'),
  rule(74, 'rulesDespiteErrors', 'access rules may be changed while the share is in error'),
  fields(69, 'is_soft_deleted', 'scheduled_to_be_deleted_at'),
  rule(69, 'recycleBin', 'lists can show the recycle bin'),
  rule(67, 'onlyHostHint', 'administrators may pin a share to one pool'),
  inputs(65, 'scheduler_hints'),
  inputs(64, 'force'),
  fields(54, 'progress'),
  newValues(54, 'shows creating_from_snapshot', 'status', { creating_from_snapshot: 'creating' }),
  rule(49, 'manageWithServers', 'shares on share servers can be managed and unmanaged'),
  rule(48, 'zonesOfTypeEnforced', "a type's availability_zones limit where its shares may be"),
  rule(42, 'countShares', 'summary lists can be counted'),
  rule(36, 'inexactFilters', 'lists can be filtered by parts of name and description'),
  rule(35, 'filterByExportLocation', 'lists can be filtered by export location'),
  fields(32, 'mount_snapshot_support'),
  fields(31, 'share_group_id', 'source_share_group_snapshot_member_id'),
  newValues(28, 'names the rules status syncing', 'access_rules_status', { syncing: 'out_of_sync' }),
  fields(27, 'revert_to_snapshot_support'),
  fields(24, 'create_share_from_snapshot_support'),
  rule(24, 'clonesFollowParent', 'a share from a snapshot needs its parent to support that'),
  fields(16, 'user_id'),
  fields(11, 'replication_type', 'has_replicas'),
  fields(10, 'access_rules_status'),
  change(9, 'moves export locations to a resource of their own', {
    // The view carries them under a private name only when asked for at 2.0–2.8.
    lower: (view) => ({ ...without(view, ['__paths']), ...pathsOf(view) }),
  }),
  change(6, 'share_type is an id, share_type_name the name', { lower: typeByName }),
  fields(5, 'task_state'),
  fields(2, 'snapshot_support'),
]

/** `POST /shares/manage` takes other fields than create, and learnt them at other times. */
export const manageChanges: readonly Change[] = [
  inputs(92, 'mount_point_name'),
  inputs(49, 'share_server_id'),
  inputs(8, 'is_public'),
]

function pathsOf(view: JsonObject): JsonObject {
  const paths = (view.__paths as readonly string[] | undefined) ?? []
  return { export_location: paths[0] ?? null, export_locations: paths }
}
