import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import type { GroupSearch } from './queries.ts'

/** Without what is of a form beside the list. */
export const groupSearch = ({
  snapshot: _ofForm,
  ...search
}: GroupSearch & { readonly snapshot?: string }): GroupSearch => search

/** What reads groups comes with their pages: who never opens one does not load it. */
const queries = () => import('./queries.ts')

export const groupListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'groups',
  staticData: { crumb: ({ frame }) => frame.groups },
  validateSearch: textSearch(['text', 'status', 'type', 'all', 'snapshot']),
  loaderDeps: ({ search }) => groupSearch(search),
  loader: ({ context, deps }) =>
    void queries().then(({ groupsQuery }) => context.queries.prefetchQuery(groupsQuery(context, deps))),
  component: lazyRouteComponent(() => import('./list.tsx'), 'GroupListPage'),
})

export const groupCreateRoute = createRoute({
  getParentRoute: () => groupListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateGroupPage'),
})

export const groupDetailRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'groups/$id',
  staticData: { crumb: ({ frame }) => frame.groups },
  loader: ({ context, params }) =>
    void queries().then(({ groupQuery }) => context.queries.prefetchQuery(groupQuery(context, params.id))),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'GroupDetailPage'),
})

export const groupRoutes = [groupListRoute.addChildren([groupCreateRoute]), groupDetailRoute] as const
