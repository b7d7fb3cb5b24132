import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'
import { servicesQuery } from './queries.ts'

export const serviceListRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'services',
  staticData: { crumb: ({ frame }) => frame.services },
  validateSearch: textSearch(['text', 'binary', 'state', 'status']),
  loader: ({ context }) =>
    context.session.view?.is_admin === true
      ? void context.queries.prefetchQuery(servicesQuery(context))
      : undefined,
  component: lazyRouteComponent(() => import('./list.tsx'), 'ServiceListPage'),
})

export const serviceRoutes = serviceListRoute
