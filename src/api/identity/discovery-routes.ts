/** Versions, and the catalog of the token at hand. */
import { tokenCatalog } from './catalog.ts'
import type { IdentityRoute } from './route.ts'

const version = (v3: string): object => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${v3}/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
})

export const discoveryRoutes: readonly IdentityRoute[] = [
  {
    method: 'GET',
    path: '/',
    access: 'open',
    handler: (call) => ({ status: 300, body: { versions: { values: [version(call.v3)] } } }),
  },
  {
    method: 'GET',
    path: '/v3',
    access: 'open',
    handler: (call) => ({ status: 200, body: { version: version(call.v3) } }),
  },
  {
    method: 'GET',
    path: '/v3/auth/catalog',
    access: 'token',
    handler: async (call) => {
      const catalog = tokenCatalog(call, await call.parts.auth.catalog.recent(), call.token)
      return { status: 200, body: { catalog, links: { self: `${call.v3}/auth/catalog` } } }
    },
  },
]
