/** Where the walk goes: an address for every route of the router. A new route without a line here fails the walk. */
import type { Stock } from './stock.ts'

/** By the route's full path; the addresses are below `/dashboard/`. */
export const visits: Readonly<Record<string, (stock: Stock) => readonly string[]>> = {
  '/': () => [''],
  '/shares': () => ['shares', 'shares?text=nothing-is-called-so'],
  '/shares/new': () => ['shares/new'],
  '/shares/$id': ({ share, failed }) => [`shares/${share}`, `shares/${failed}`],
}
