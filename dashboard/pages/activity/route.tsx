import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { operationQuery, operationsQuery } from './queries.ts'

export const activityListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'activity',
  staticData: { crumb: ({ frame }) => frame.activity },
  validateSearch: textSearch(['state', 'kind', 'on', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queries.prefetchQuery(operationsQuery(context, deps)),
  component: lazyRouteComponent(() => import('./list.tsx'), 'ActivityPage'),
})

export const activityDetailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'activity/$id',
  staticData: { crumb: ({ frame }) => frame.activity },
  loader: ({ context, params }) => void context.queries.prefetchQuery(operationQuery(context, params.id)),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'OperationPage'),
})

export const activityRoutes = [activityListRoute, activityDetailRoute] as const
