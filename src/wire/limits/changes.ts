/** History of the absolute limits on the wire, newest first. */
import { fields, type Change } from '../changes.ts'

export const limitChanges: readonly Change[] = [
  fields(
    80,
    'maxTotalShareBackups',
    'maxTotalBackupGigabytes',
    'totalShareBackupsUsed',
    'totalBackupGigabytesUsed',
  ),
  fields(
    58,
    'maxTotalShareGroups',
    'maxTotalShareGroupSnapshots',
    'totalShareGroupsUsed',
    'totalShareGroupSnapshotsUsed',
  ),
  fields(
    53,
    'maxTotalShareReplicas',
    'maxTotalReplicaGigabytes',
    'totalShareReplicasUsed',
    'totalReplicaGigabytesUsed',
  ),
]
