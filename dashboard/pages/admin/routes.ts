/** Every page of administration. */
import { auditRoute } from '../audit/route.tsx'
import { groupTypeRoutes } from '../group-types/route.tsx'
import { identityRoutes } from '../identity/route.tsx'
import { instanceRoutes } from '../instances/route.tsx'
import { poolRoutes } from '../pools/route.tsx'
import { quotaRoutes } from '../quotas/route.tsx'
import { serviceRoutes } from '../services/route.tsx'
import { typeRoutes } from '../types/route.tsx'
import { whyNotRoute } from '../why-not/route.tsx'
import { adminIndexRoute, adminRoute } from './route.tsx'

export const adminRoutes = adminRoute.addChildren([
  adminIndexRoute,
  poolRoutes,
  whyNotRoute,
  serviceRoutes,
  typeRoutes,
  groupTypeRoutes,
  quotaRoutes,
  instanceRoutes,
  auditRoute,
  identityRoutes,
])
