import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'

const groupTypesRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'group-types',
  staticData: { crumb: ({ frame }) => frame.groupTypes },
})

/** The list, and beside it the form of a new one. */
export const groupTypeListRoute = createRoute({
  getParentRoute: () => groupTypesRoute,
  id: 'list',
  validateSearch: textSearch(['text']),
  component: lazyRouteComponent(() => import('./list.tsx'), 'GroupTypeListPage'),
})
const groupTypeIndexRoute = createRoute({ getParentRoute: () => groupTypeListRoute, path: '/' })
export const groupTypeCreateRoute = createRoute({
  getParentRoute: () => groupTypeListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateGroupType'),
})

export const groupTypeDetailRoute = createRoute({
  getParentRoute: () => groupTypesRoute,
  path: '$id',
  validateSearch: textSearch(['tab']),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'GroupTypeDetailPage'),
})

export const groupTypeRoutes = groupTypesRoute.addChildren([
  groupTypeListRoute.addChildren([groupTypeIndexRoute, groupTypeCreateRoute]),
  groupTypeDetailRoute,
])
