import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'

const instancesRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'instances',
  staticData: { crumb: ({ frame }) => frame.instances },
})
export const instanceListRoute = createRoute({
  getParentRoute: () => instancesRoute,
  path: '/',
  validateSearch: textSearch(['text']),
  component: lazyRouteComponent(() => import('./list.tsx'), 'InstanceListPage'),
})
export const instanceDetailRoute = createRoute({
  getParentRoute: () => instancesRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./detail.tsx'), 'InstanceDetailPage'),
})

export const instanceRoutes = instancesRoute.addChildren([instanceListRoute, instanceDetailRoute])
