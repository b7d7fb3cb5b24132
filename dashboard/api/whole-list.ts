/** Pages of a list that the service gives whole: found, sorted and turned here, with the same words in the URL as lists that are paged there. */
import { pageRows, type Page, type PageSearch } from './paging.ts'

export type SortBy<Row> = Readonly<Record<string, (row: Row) => string | number | null>>

/** Null sorts last, whichever way: what is not known is neither much nor little. Equal rows keep the order of their ids. */
export function wholePage<Row extends { readonly id: string }>(
  rows: readonly Row[],
  search: PageSearch,
  by: SortBy<Row>,
  defaults: { readonly sort: string; readonly dir: 'asc' | 'desc' },
): Page<Row> {
  const value = by[search.sort ?? defaults.sort] ?? by[defaults.sort] ?? ((row: Row) => row.id)
  const turn = (search.dir ?? defaults.dir) === 'asc' ? 1 : -1
  const sorted = rows.toSorted((one, other) => {
    const [a, b] = [value(one), value(other)]
    if (a === null || b === null) return Number(a === null) - Number(b === null) || order(one.id, other.id)
    return order(a, b) * turn || order(one.id, other.id)
  })
  const first = firstOf(sorted, search)
  return {
    rows: sorted.slice(first, first + pageRows),
    hasNewer: first > 0,
    hasOlder: first + pageRows < sorted.length,
  }
}

/** A row that is gone meanwhile is no place: one begins again. */
function firstOf(rows: readonly { readonly id: string }[], { after, before }: PageSearch): number {
  const at = rows.findIndex(({ id }) => id === (before ?? after))
  if (at < 0) return 0
  return before === undefined ? at + 1 : Math.max(0, at - pageRows)
}

const order = (a: string | number, b: string | number): number =>
  typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b) : a < b ? -1 : a > b ? 1 : 0

/** Whether any of the texts holds what was looked for, in any case. */
export const holds = (
  sought: string | undefined,
  ...texts: readonly (string | null | undefined)[]
): boolean =>
  sought === undefined ||
  texts.some((text) => text?.toLocaleLowerCase().includes(sought.toLocaleLowerCase()) === true)
