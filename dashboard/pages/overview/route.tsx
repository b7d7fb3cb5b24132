import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { failedQuery, sharesQuery } from './queries.ts'

export const overviewRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/',
  validateSearch: textSearch(['range', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => {
    const all = (deps as { readonly all?: string }).all === '1'
    void context.queries.prefetchQuery(sharesQuery(context, all))
    if (context.capabilities.has('operations')) {
      void context.queries.prefetchQuery(failedQuery(context, all))
    }
  },
  component: lazyRouteComponent(() => import('./overview.tsx'), 'OverviewPage'),
})
