import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'
import { allTypesQuery } from './queries.ts'

const typesRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'types',
  staticData: { crumb: ({ frame }) => frame.types },
})

/** The list, and beside it the form of a new one. */
export const typeListRoute = createRoute({
  getParentRoute: () => typesRoute,
  id: 'list',
  validateSearch: textSearch(['text', 'fits']),
  loader: ({ context }) =>
    context.session.view?.is_admin === true
      ? void context.queries.prefetchQuery(allTypesQuery(context))
      : undefined,
  component: lazyRouteComponent(() => import('./list.tsx'), 'TypeListPage'),
})
const typeIndexRoute = createRoute({ getParentRoute: () => typeListRoute, path: '/' })
export const typeCreateRoute = createRoute({
  getParentRoute: () => typeListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./create.tsx'), 'CreateType'),
})

export const typeDetailRoute = createRoute({
  getParentRoute: () => typesRoute,
  path: '$id',
  validateSearch: textSearch(['tab']),
  component: lazyRouteComponent(() => import('./detail.tsx'), 'TypeDetailPage'),
})
export const typeEditRoute = createRoute({
  getParentRoute: () => typeDetailRoute,
  path: 'edit',
  component: lazyRouteComponent(() => import('./edit.tsx'), 'EditType'),
})

export const typeRoutes = typesRoute.addChildren([
  typeListRoute.addChildren([typeIndexRoute, typeCreateRoute]),
  typeDetailRoute.addChildren([typeEditRoute]),
])
