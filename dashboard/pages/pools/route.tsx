import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'
import { poolsQuery } from './queries.ts'

const poolsRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'pools',
  staticData: { crumb: ({ frame }) => frame.pools },
})

export const poolListRoute = createRoute({
  getParentRoute: () => poolsRoute,
  path: '/',
  validateSearch: textSearch(['text', 'backend', 'view']),
  loader: ({ context }) =>
    context.session.view?.is_admin === true
      ? void context.queries.prefetchQuery(poolsQuery(context))
      : undefined,
  component: lazyRouteComponent(() => import('./list.tsx'), 'PoolListPage'),
})

/** The label holds `@` and `#`: in an address both are encoded. */
export const poolDetailRoute = createRoute({
  getParentRoute: () => poolsRoute,
  path: '$label',
  validateSearch: textSearch(['tab', 'span', 'text']),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'PoolDetailPage'),
})

export const poolRoutes = poolsRoute.addChildren([poolListRoute, poolDetailRoute])
