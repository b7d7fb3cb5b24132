import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'
import { askedNames } from './queries.ts'

export const whyNotRoute = createRoute({
  getParentRoute: () => adminRoute,
  path: 'why-not',
  staticData: { crumb: ({ frame }) => frame.whyNot },
  validateSearch: textSearch(askedNames),
  component: lazyRouteComponent(() => import('./why-not.tsx'), 'WhyNotPage'),
})
