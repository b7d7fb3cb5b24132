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
}
