/** Every route of the API, one line a resource. Adding a resource is adding a line here. */
import { accessRuleRoutes } from './access-rules/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { zoneRoutes } from './availability-zones/routes.ts'
import { capabilityRoutes } from './capabilities/routes.ts'
import { eventRoutes } from './events/routes.ts'
import { exportLocationRoutes } from './export-locations/routes.ts'
import { extensionRoutes } from './extensions/routes.ts'
import { limitRoutes } from './limits/routes.ts'
import { messageRoutes } from './messages/routes.ts'
import { openapiRoute } from './openapi/routes.ts'
import { operationRoutes } from './operations/routes.ts'
import { permissionRoute } from './permissions/routes.ts'
import { placementRoutes } from './placements/routes.ts'
import { poolRoutes } from './pools/routes.ts'
import { quotaRoutes } from './quotas/routes.ts'
import { resourceLockRoutes } from './resource-locks/routes.ts'
import { serviceRoutes } from './services/routes.ts'
import { shareGroupSnapshotRoutes } from './share-group-snapshots/routes.ts'
import { shareGroupTypeRoutes } from './share-group-types/routes.ts'
import { shareGroupRoutes } from './share-groups/routes.ts'
import { shareInstanceRoutes } from './share-instances/routes.ts'
import { shareReplicaRoutes } from './share-replicas/routes.ts'
import { shareTypeRoutes } from './share-types/routes.ts'
import { shareMetadataRoutes } from './shares/metadata-routes.ts'
import { shareRoutes } from './shares/routes.ts'
import { snapshotInstanceRoutes } from './snapshot-instances/routes.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { usageRoutes } from './usages/routes.ts'
import type { Route } from './route.ts'

const resources: readonly Route[] = [
  ...accessRuleRoutes,
  ...auditRoutes,
  ...zoneRoutes,
  ...capabilityRoutes,
  ...eventRoutes,
  ...exportLocationRoutes,
  ...extensionRoutes,
  ...limitRoutes,
  ...messageRoutes,
  ...operationRoutes,
  ...placementRoutes,
  ...poolRoutes,
  ...quotaRoutes,
  ...resourceLockRoutes,
  ...serviceRoutes,
  ...shareGroupRoutes,
  ...shareGroupSnapshotRoutes,
  ...shareGroupTypeRoutes,
  ...shareInstanceRoutes,
  ...shareReplicaRoutes,
  ...shareTypeRoutes,
  ...shareMetadataRoutes,
  ...shareRoutes,
  ...snapshotInstanceRoutes,
  ...snapshotRoutes,
  ...usageRoutes,
]

const judged: readonly Route[] = [...resources, permissionRoute(resources)]

/** The document describes the other routes, so it comes last. */
export const routes: readonly Route[] = [...judged, openapiRoute(judged)]
