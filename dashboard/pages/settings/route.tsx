import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { rootRoute } from '../../root-route.tsx'

export const settingsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'settings',
  staticData: { crumb: ({ frame }) => frame.settings },
  component: lazyRouteComponent(() => import('./settings.tsx'), 'SettingsPage'),
})

export const credentialCreateRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: 'credential',
  component: lazyRouteComponent(() => import('./create-credential.tsx'), 'CreateCredentialPage'),
})

export const settingsRoutes = [settingsRoute.addChildren([credentialCreateRoute])] as const
