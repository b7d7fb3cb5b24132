/** What is around the pages of administration: who may not see them is told which role it takes, and nothing is read. */
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.tsx'

export const adminRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'admin',
  component: lazyRouteComponent(() => import('./admin-only.tsx'), 'AdminOnly'),
})

export const adminIndexRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/admin/pools' as '/' })
  },
})
