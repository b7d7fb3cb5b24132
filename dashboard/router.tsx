/** Every page's address. A page declares its own route in its folder; here is its line. */
import { createRouter } from '@tanstack/react-router'
import type { Console } from './api/console.ts'
import { NotFound } from './frame/not-found.tsx'
import { PageFailure } from './frame/page-failure.tsx'
import { rootRoute } from './root-route.tsx'
import { activityRoutes } from './pages/activity/route.tsx'
import { groupSnapshotRoutes } from './pages/group-snapshots/route.tsx'
import { groupRoutes } from './pages/groups/route.tsx'
import { limitsRoute } from './pages/limits/route.tsx'
import { lockRoutes } from './pages/locks/route.tsx'
import { messageListRoute } from './pages/messages/route.tsx'
import { adminRoutes } from './pages/admin/routes.ts'
import { overviewRoute } from './pages/overview/route.tsx'
import { recycleBinRoute } from './pages/recycle-bin/route.tsx'
import { settingsRoutes } from './pages/settings/route.tsx'
import { shareRoutes } from './pages/shares/route.tsx'
import { snapshotRoutes } from './pages/snapshots/route.tsx'

/** Exported for the walk of the tests, which visits each. */
export const routeTree = rootRoute.addChildren([
  overviewRoute,
  ...shareRoutes,
  ...snapshotRoutes,
  ...groupRoutes,
  ...groupSnapshotRoutes,
  recycleBinRoute,
  limitsRoute,
  ...activityRoutes,
  ...lockRoutes,
  messageListRoute,
  ...settingsRoutes,
  adminRoutes,
])

export function newRouter(console: Console) {
  return createRouter({
    routeTree,
    basepath: new URL(document.baseURI).pathname.replace(/\/$/, '') || '/',
    context: console,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultErrorComponent: PageFailure,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
    // Addresses that people read and type: plain words, no JSON.
    parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
    stringifySearch(search) {
      const sent = new URLSearchParams()
      for (const [name, value] of Object.entries(search)) {
        if (typeof value === 'string' && value !== '') sent.set(name, value)
      }
      return sent.size === 0 ? '' : `?${sent}`
    },
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>
  }
}
