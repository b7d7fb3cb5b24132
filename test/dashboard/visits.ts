/** Where the walk goes: an address for every route of the router. A new route without a line here fails the walk. */
import type { Stock } from './stock.ts'

/** By the route's full path; the addresses are below `/dashboard/`. */
export const visits: Readonly<Record<string, (stock: Stock) => readonly string[]>> = {
  '/': () => [''],
  '/shares': () => ['shares', 'shares?text=nothing-is-called-so'],
  '/shares/new': ({ snapshot }) => ['shares/new', `shares/new?snapshot=${snapshot}`],
  '/shares/manage': () => ['shares/manage'],
  '/shares/$id': ({ share, failed }) => [
    `shares/${share}`,
    `shares/${share}?system=kubernetes`,
    `shares/${share}?tab=activity`,
    `shares/${share}?tab=advanced`,
    `shares/${failed}`,
  ],
  '/recycle-bin': () => ['recycle-bin'],
  '/admin': () => ['admin'],
  '/admin/pools': () => ['admin/pools', 'admin/pools?view=topology'],
  '/admin/pools/$label': ({ pool }) => [`admin/pools/${encodeURIComponent(pool)}`],
  '/admin/why-not': () => ['admin/why-not', 'admin/why-not?size=90000&more=yes'],
  '/admin/services': () => ['admin/services', 'admin/services?state=down'],
  '/admin/types': () => ['admin/types'],
  '/admin/types/new': () => ['admin/types/new'],
  '/admin/types/$id': ({ type }) => [`admin/types/${type}`],
  '/admin/types/$id/edit': ({ type }) => [`admin/types/${type}/edit`],
  '/admin/quotas': ({ project }) => ['admin/quotas', `admin/quotas?project=${project}`],
  '/admin/quotas/edit': ({ project }) => [
    `admin/quotas/edit?project=${project}`,
    'admin/quotas/edit?tab=defaults',
  ],
  '/admin/instances': () => ['admin/instances'],
  '/admin/instances/$id': ({ instance }) => [`admin/instances/${instance}`],
  '/admin/audit': () => ['admin/audit', 'admin/audit?action=delete&more=yes'],
  '/admin/users': () => ['admin/users'],
  '/admin/users/new': () => ['admin/users/new'],
  '/admin/users/$id': ({ user }) => [`admin/users/${user}`],
  '/admin/users/$id/edit': ({ user }) => [`admin/users/${user}/edit`],
  '/admin/users/groups/$id': ({ group }) => [`admin/users/groups/${group}`],
  '/admin/projects': () => ['admin/projects'],
  '/admin/projects/$id': ({ project }) => [`admin/projects/${project}`],
  '/admin/roles': () => ['admin/roles'],
}
