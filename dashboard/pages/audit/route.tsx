import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'
import { auditFilters } from './queries.ts'

export const auditRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'audit',
  staticData: { crumb: ({ frame }) => frame.audit },
  validateSearch: textSearch([...auditFilters, 'event', 'more']),
  component: lazyRouteComponent(() => import('./list.tsx'), 'AuditPage'),
})
