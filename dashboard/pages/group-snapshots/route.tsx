import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'

/** What reads them comes with their pages: who never opens one does not load it. */
const queries = () => import('./queries.ts')

export const groupSnapshotListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'group-snapshots',
  staticData: { crumb: ({ frame }) => frame.groupSnapshots },
  validateSearch: textSearch(['text', 'status', 'group', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) =>
    void queries().then((of) => context.queries.prefetchQuery(of.groupSnapshotsQuery(context, deps))),
  component: lazyRouteComponent(() => import('./list.tsx'), 'GroupSnapshotListPage'),
})

export const groupSnapshotCreateRoute = createRoute({
  getParentRoute: () => groupSnapshotListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateGroupSnapshotPage'),
})

export const groupSnapshotDetailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'group-snapshots/$id',
  staticData: { crumb: ({ frame }) => frame.groupSnapshots },
  loader: ({ context, params }) =>
    void queries().then((of) => context.queries.prefetchQuery(of.groupSnapshotQuery(context, params.id))),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'GroupSnapshotDetailPage'),
})

export const groupSnapshotRoutes = [
  groupSnapshotListRoute.addChildren([groupSnapshotCreateRoute]),
  groupSnapshotDetailRoute,
] as const
