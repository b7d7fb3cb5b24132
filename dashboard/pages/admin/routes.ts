/** Every page of administration. */
import { poolRoutes } from '../pools/route.tsx'
import { serviceRoutes } from '../services/route.tsx'
import { typeRoutes } from '../types/route.tsx'
import { adminIndexRoute, adminRoute } from './route.tsx'

export const adminRoutes = adminRoute.addChildren([adminIndexRoute, poolRoutes, serviceRoutes, typeRoutes])
