/** History of the share group and of the group snapshot on the wire, newest first. */
import { rule, shown, type Change } from '../changes.ts'

export const shareGroupChanges: readonly Change[] = [
  rule(36, 'inexactFilters', 'lists can be filtered by parts of name and description'),
  shown(34, 'availability_zone', 'consistent_snapshot_support'),
  rule(34, 'zonesOfGroups', 'a share group may be asked for in a zone'),
]

export const groupSnapshotChanges: readonly Change[] = [
  rule(36, 'inexactFilters', 'lists can be filtered by parts of name and description'),
]
