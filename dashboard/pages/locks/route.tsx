import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { locksQuery } from './queries.ts'

export const lockListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'locks',
  staticData: { crumb: ({ frame }) => frame.locks },
  validateSearch: textSearch(['type', 'action', 'on', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => {
    if (context.client.minor >= 81) void context.queries.prefetchQuery(locksQuery(context, deps))
  },
  component: lazyRouteComponent(() => import('./list.tsx'), 'LockListPage'),
})

export const lockCreateRoute = createRoute({
  getParentRoute: () => lockListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateLockPage'),
})

export const lockRoutes = [lockListRoute.addChildren([lockCreateRoute])] as const
