import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { adminRoute } from '../admin/route.tsx'

/** Pages of accounts, where they are kept here. */
const identityRoute = createRoute({
  getParentRoute: () => adminRoute,
  id: 'identity',
  component: lazyRouteComponent(() => import('./ours-only.tsx'), 'OursOnly'),
})

const usersRoute = createRoute({
  getParentRoute: () => identityRoute,
  path: 'users',
  staticData: { crumb: ({ frame }) => frame.users },
})
export const userListRoute = createRoute({
  getParentRoute: () => usersRoute,
  id: 'list',
  validateSearch: textSearch(['text', 'tab', 'domain']),
  component: lazyRouteComponent(() => import('./users.tsx'), 'UsersPage'),
})
const userIndexRoute = createRoute({ getParentRoute: () => userListRoute, path: '/' })
const userNewRoute = createRoute({
  getParentRoute: () => userListRoute,
  path: 'new',
  component: lazyRouteComponent(() => import('./user-form.tsx'), 'CreateUser'),
})
export const userDetailRoute = createRoute({
  getParentRoute: () => usersRoute,
  path: '$id',
  validateSearch: textSearch(['tab']),
  component: lazyRouteComponent(() => import('./user-detail.tsx'), 'UserDetailPage'),
})
export const userEditRoute = createRoute({
  getParentRoute: () => userDetailRoute,
  path: 'edit',
  component: lazyRouteComponent(() => import('./user-form.tsx'), 'EditUser'),
})
export const groupDetailRoute = createRoute({
  getParentRoute: () => usersRoute,
  path: 'groups/$id',
  validateSearch: textSearch(['tab']),
  component: lazyRouteComponent(() => import('./group-detail.tsx'), 'GroupDetailPage'),
})

const projectsRoute = createRoute({
  getParentRoute: () => identityRoute,
  path: 'projects',
  staticData: { crumb: ({ frame }) => frame.projects },
})
export const projectListRoute = createRoute({
  getParentRoute: () => projectsRoute,
  path: '/',
  validateSearch: textSearch(['text', 'tab', 'domain']),
  component: lazyRouteComponent(() => import('./projects.tsx'), 'ProjectsPage'),
})
export const projectDetailRoute = createRoute({
  getParentRoute: () => projectsRoute,
  path: '$id',
  component: lazyRouteComponent(() => import('./project-detail.tsx'), 'ProjectDetailPage'),
})

export const rolesRoute = createRoute({
  getParentRoute: () => identityRoute,
  path: 'roles',
  staticData: { crumb: ({ frame }) => frame.roles },
  validateSearch: textSearch(['text']),
  component: lazyRouteComponent(() => import('./roles.tsx'), 'RolesPage'),
})

export const identityRoutes = identityRoute.addChildren([
  usersRoute.addChildren([
    userListRoute.addChildren([userIndexRoute, userNewRoute]),
    groupDetailRoute,
    userDetailRoute.addChildren([userEditRoute]),
  ]),
  projectsRoute.addChildren([projectListRoute, projectDetailRoute]),
  rolesRoute,
])
