import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'

export const quotaRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'quotas',
  staticData: { crumb: ({ frame }) => frame.quotas },
  validateSearch: textSearch(['tab', 'project', 'of', 'user', 'type']),
  component: lazyRouteComponent(() => import('./quotas.tsx'), 'QuotaPage'),
})
export const quotaEditRoute = createRoute({
  getParentRoute: () => quotaRoute,
  path: 'edit',
  component: lazyRouteComponent(() => import('./edit.tsx'), 'EditQuota'),
})

export const quotaRoutes = quotaRoute.addChildren([quotaEditRoute])
