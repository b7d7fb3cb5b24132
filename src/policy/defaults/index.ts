/** Every rule and its default; the list an operator's file is checked against. */
import { backupRules } from './backups.ts'
import { baseRules, type Rules } from './base.ts'
import { groupRules } from './groups.ts'
import { networkRules } from './networks.ts'
import { replicaRules } from './replicas.ts'
import { extensionRules, serviceRules } from './service.ts'
import { shareRules } from './shares.ts'
import { snapshotRules } from './snapshots.ts'
import { typeRules } from './types.ts'

export const defaultRules: Rules = {
  ...baseRules,
  ...shareRules,
  ...snapshotRules,
  ...replicaRules,
  ...groupRules,
  ...networkRules,
  ...typeRules,
  ...backupRules,
  ...serviceRules,
  ...extensionRules,
}
