/** The list of migrations in order. Forward only; adding one is adding a file and a line here. */
import type { Migration } from 'kysely/migration'
import * as initial from './0001-initial.ts'
import * as processes from './0002-processes.ts'
import * as notifications from './0003-notifications.ts'
import * as traces from './0004-traces.ts'
import * as projectTurns from './0005-project-turns.ts'
import * as loginRecords from './0006-login-records.ts'
import * as begunAs from './0007-begun-as.ts'
import * as closedBackends from './0008-closed-backends.ts'
import * as readOnlyPools from './0009-read-only-pools.ts'
import * as mountPointNames from './0010-mount-point-names.ts'
import * as ensureRuns from './0011-ensure-runs.ts'
import * as storageFindings from './0012-storage-findings.ts'
import * as causesInWords from './0013-causes-in-words.ts'
import * as eventOrder from './0014-event-order.ts'
import * as usagePoints from './0015-usage-points.ts'
import * as serviceSince from './0016-service-since.ts'
import * as operationFamilies from './0017-operation-families.ts'
import * as shareGroups from './0018-share-groups.ts'
import * as acrossProjects from './0019-across-projects.ts'
import * as claimsOfOperations from './0020-claims-of-operations.ts'

export const migrations: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-processes': processes,
  '0003-notifications': notifications,
  '0004-traces': traces,
  '0005-project-turns': projectTurns,
  '0006-login-records': loginRecords,
  '0007-begun-as': begunAs,
  '0008-closed-backends': closedBackends,
  '0009-read-only-pools': readOnlyPools,
  '0010-mount-point-names': mountPointNames,
  '0011-ensure-runs': ensureRuns,
  '0012-storage-findings': storageFindings,
  '0013-causes-in-words': causesInWords,
  '0014-event-order': eventOrder,
  '0015-usage-points': usagePoints,
  '0016-service-since': serviceSince,
  '0017-operation-families': operationFamilies,
  '0018-share-groups': shareGroups,
  '0019-across-projects': acrossProjects,
  '0020-claims-of-operations': claimsOfOperations,
}
