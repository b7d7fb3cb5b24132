/** The list of verbs; adding one is adding a file and a line here. */
import { busPermissions, deadLettersDrop, deadLettersList, deadLettersRequeue } from './bus.ts'
import { bootstrapVerb } from './bootstrap.ts'
import { identityImport } from './identity/import.ts'
import { groupVerbs } from './identity/groups.ts'
import { domainVerbs, projectVerbs } from './identity/projects.ts'
import { roleVerbs } from './identity/roles.ts'
import { userVerbs } from './identity/users.ts'
import { capacityRecount } from './capacity-recount.ts'
import { configCheck } from './config-check.ts'
import { configImport } from './config-import.ts'
import { configReference } from './config-reference.ts'
import { dbCheck } from './db-check.ts'
import { dbCopy } from './db-copy.ts'
import { dbGrants } from './db-grants.ts'
import { dbPurge } from './db-purge.ts'
import { dbSync, dbVersion } from './db-version.ts'
import { identityKeys, identityRotateKeys } from './signing-keys.ts'
import { policyCheck } from './policy-check.ts'
import { policyDiff, policyList, policySample } from './policy.ts'
import { quotaRecount } from './quota-recount.ts'
import { identityRecover } from './recover.ts'
import { serviceCleanup, serviceDrain, serviceProcesses, serviceUndrain } from './service-processes.ts'
import { serviceList } from './service-list.ts'
import { shareMove } from './share-move.ts'
import { shareStuck, shareUpdateHost } from './share.ts'
import { storageAudit } from './storage-audit.ts'
import { userCreate, userPassword } from './users.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [
  bootstrapVerb,
  userCreate,
  userPassword,
  identityRecover,
  identityKeys,
  identityRotateKeys,
  { ...bootstrapVerb, name: 'identity bootstrap' },
  ...userVerbs,
  ...groupVerbs,
  ...projectVerbs,
  ...domainVerbs,
  ...roleVerbs,
  identityImport,
  dbSync,
  dbVersion,
  dbCheck,
  dbPurge,
  dbCopy,
  dbGrants,
  quotaRecount,
  capacityRecount,
  shareStuck,
  shareUpdateHost,
  shareMove,
  storageAudit,
  serviceList,
  serviceProcesses,
  serviceDrain,
  serviceUndrain,
  serviceCleanup,
  configCheck,
  configReference,
  configImport,
  policyList,
  policyCheck,
  policyDiff,
  policySample,
  busPermissions,
  deadLettersList,
  deadLettersRequeue,
  deadLettersDrop,
]
