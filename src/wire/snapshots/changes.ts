/** History of the snapshot on the wire, newest first. */
import { fields, rule, shown, type Change } from '../changes.ts'

export const snapshotChanges: readonly Change[] = [
  rule(79, 'countSnapshots', 'summary lists can be counted'),
  fields(73, 'metadata'),
  rule(73, 'snapshotMetadata', 'lists can be filtered by metadata'),
  rule(49, 'manageWithServers', 'snapshots on share servers can be managed and unmanaged'),
  rule(38, 'ipv6Rules', 'rules of type ip may be IPv6'),
  rule(36, 'inexactFilters', 'lists can be filtered by description and by parts of it and of the name'),
  shown(17, 'user_id', 'project_id'),
  rule(13, 'cephxRules', 'rules may be of type cephx'),
  shown(12, 'provider_location'),
]
