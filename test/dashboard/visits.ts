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
    `shares/${share}?tab=access&panel=allow`,
    `shares/${share}?tab=snapshots&panel=snapshot`,
  ],
  '/recycle-bin': () => ['recycle-bin'],
  '/snapshots': () => ['snapshots', 'snapshots?text=nothing-is-called-so', 'snapshots?all=1'],
  '/snapshots/new': ({ share }) => [`snapshots/new?share=${share}`],
  '/snapshots/manage': () => ['snapshots/manage'],
  '/snapshots/$id': ({ snapshot }) => [`snapshots/${snapshot}`, `snapshots/${snapshot}?panel=allow`],
  '/activity': () => ['activity', 'activity?state=cancelled'],
  '/activity/$id': ({ operation }) => [`activity/${operation}`],
  '/limits': () => ['limits'],
  '/locks': () => ['locks'],
  '/locks/new': ({ share }) => [`locks/new?on=${share}`],
  '/messages': () => ['messages'],
  '/settings': () => ['settings'],
  '/settings/credential': () => ['settings/credential'],
}
