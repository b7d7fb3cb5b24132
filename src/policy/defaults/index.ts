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

/** Every rule with its sentence and what it guards, in the order in which people read them. */
export const ruleBook: Rules = {
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

/** Rule name → rule text. */
export const defaultRules: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(ruleBook).map(([name, { check }]) => [name, check]),
)
