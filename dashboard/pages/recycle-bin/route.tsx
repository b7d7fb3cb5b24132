import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { binQuery } from './queries.ts'

export const recycleBinRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'recycle-bin',
  staticData: { crumb: ({ frame }) => frame.recycleBin },
  validateSearch: textSearch(['text', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queries.prefetchQuery(binQuery(context, deps)),
  component: lazyRouteComponent(() => import('./list.tsx'), 'RecycleBinPage'),
})
