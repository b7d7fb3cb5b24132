/**
 * Pages of a list by key, forwards and backwards: the place is a row's id in the URL, so that a page can be linked and its neighbours stay
 * the same while others come and go. Backwards is the same question asked in the other direction.
 */

export const pageRows = 50

/** In the URL of every list. */
export interface PageSearch {
  /** Behind this row. */
  readonly after?: string
  /** Before this row. */
  readonly before?: string
  readonly sort?: string
  readonly dir?: 'asc' | 'desc'
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  readonly hasNewer: boolean
  readonly hasOlder: boolean
}

/** What the API is asked; one row more than is shown tells whether there are others. */
export function pageQuery(
  search: PageSearch,
  defaults: { readonly sort: string; readonly dir: 'asc' | 'desc' },
): Readonly<Record<string, string | number | undefined>> {
  const dir = search.dir ?? defaults.dir
  const turned = dir === 'asc' ? 'desc' : 'asc'
  return {
    limit: pageRows + 1,
    marker: search.before ?? search.after,
    sort_key: search.sort ?? defaults.sort,
    sort_dir: search.before === undefined ? dir : turned,
  }
}

export function pageOf<Row>(search: PageSearch, answered: readonly Row[]): Page<Row> {
  const more = answered.length > pageRows
  const rows = answered.slice(0, pageRows)
  return search.before === undefined
    ? { rows, hasNewer: search.after !== undefined, hasOlder: more }
    : { rows: rows.reverse(), hasNewer: more, hasOlder: true }
}

/** The words of a URL that are known, as text: what is not is forgotten. */
export function textSearch<const Name extends string>(
  names: readonly Name[],
): (search: Readonly<Record<string, unknown>>) => PageSearch & { readonly [N in Name]?: string } {
  const known: readonly string[] = [...names, 'after', 'before', 'sort', 'dir']
  return (search) =>
    Object.fromEntries(
      known.flatMap((name) => {
        const value = search[name]
        return typeof value === 'string' && value !== '' ? [[name, value.slice(0, 1000)]] : []
      }),
    ) as never
}
