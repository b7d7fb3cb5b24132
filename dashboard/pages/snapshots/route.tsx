import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { snapshotQuery, snapshotsQuery } from './queries.ts'

export const snapshotListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'snapshots',
  staticData: { crumb: ({ frame }) => frame.snapshots },
  validateSearch: textSearch(['text', 'status', 'share', 'all']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => void context.queries.prefetchQuery(snapshotsQuery(context, deps)),
  component: lazyRouteComponent(() => import('./list.tsx'), 'SnapshotListPage'),
})

export const snapshotCreateRoute = createRoute({
  getParentRoute: () => snapshotListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateSnapshotPage'),
})

export const snapshotManageRoute = createRoute({
  getParentRoute: () => snapshotListRoute,
  path: 'manage',
  component: lazyRouteComponent(() => import('./manage.tsx'), 'ManageSnapshotPage'),
})

export const snapshotDetailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'snapshots/$id',
  staticData: { crumb: ({ frame }) => frame.snapshots },
  validateSearch: textSearch(['panel']),
  loader: ({ context, params }) => void context.queries.prefetchQuery(snapshotQuery(context, params.id)),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'SnapshotDetailPage'),
})

export const snapshotRoutes = [
  snapshotListRoute.addChildren([snapshotCreateRoute, snapshotManageRoute]),
  snapshotDetailRoute,
] as const
