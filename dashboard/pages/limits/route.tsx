import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.tsx'
import { limitsQuery } from './queries.ts'

export const limitsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'limits',
  staticData: { crumb: ({ frame }) => frame.limits },
  loader: ({ context }) => void context.queries.prefetchQuery(limitsQuery(context)),
  component: lazyRouteComponent(() => import('./limits.tsx'), 'LimitsPage'),
})
