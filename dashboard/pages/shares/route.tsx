import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { listSearch, shareFilters, shareQuery, sharesQuery } from './queries.ts'

export const shareListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'shares',
  staticData: { crumb: ({ frame }) => frame.shares },
  validateSearch: textSearch([...shareFilters, 'snapshot']),
  loaderDeps: ({ search }) => listSearch(search),
  // Read ahead, not waited for: the page shows at once what it has.
  loader: ({ context, deps }) => void context.queries.prefetchQuery(sharesQuery(context, deps)),
  component: lazyRouteComponent(() => import('./list.tsx'), 'ShareListPage'),
})

export const shareCreateRoute = createRoute({
  getParentRoute: () => shareListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateShare'),
})

export const shareManageRoute = createRoute({
  getParentRoute: () => shareListRoute,
  path: 'manage',
  component: lazyRouteComponent(() => import('./manage.tsx'), 'ManageShare'),
})

export const shareDetailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'shares/$id',
  staticData: { crumb: ({ frame }) => frame.shares },
  validateSearch: textSearch(['tab', 'panel', 'system', 'export', 'range', 'op']),
  loader: ({ context, params }) => void context.queries.prefetchQuery(shareQuery(context, params.id)),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'ShareDetailPage'),
})

export const shareRoutes = [
  shareListRoute.addChildren([shareCreateRoute, shareManageRoute]),
  shareDetailRoute,
] as const
