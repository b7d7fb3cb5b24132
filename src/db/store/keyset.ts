/**
 * Pages by key. A page is one query: `order by sort, id` from behind the marker's own values, so that its cost does not
 * grow with what lies before it.
 *
 * What lies behind a row tells what the row holds: whoever may choose the marker can sort the list by a name that he can't
 * see and read it by halving. So a marker is a row that this very list would show, of whomever it is. Of the caller's own
 * rows two kinds more still work, because a walk must not break on what happens meanwhile: those whose state has moved
 * them out of the list, and deleted ones, whose tombstones remember where they stood.
 */
import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely'
import { invalid } from '../../model/errors.ts'
import { behindMarker } from '../dialects/dialect.ts'
import type { Database, DbOrTx } from '../schema.ts'

export interface Page {
  readonly limit: number | null
  readonly offset: number
  readonly marker: string | null
  /** Column of the main table. */
  readonly sortKey: string
  readonly descending: boolean
  /** Goes on behind this row, whose place is known already; in place of `marker`. */
  readonly after?: Place
}

/** Where a row stands in a list: the value of the column it is sorted by, and its id. */
export interface Place {
  readonly value: string | number | null
  readonly id: string
}

/** What a list is made of; the same whatever the page. */
export interface Listed<DB, TB extends keyof DB> {
  /** Whose columns are sorted. */
  readonly table: keyof Database & string
  /** Of its tombstones. */
  readonly resourceType: string
  /** Whose rows are the caller's own: null = everybody's. */
  readonly projectId: string | null
  /** The list without its filters by state; absent when it has none. */
  readonly whateverState?: () => SelectQueryBuilder<DB, TB, unknown>
}

/** The same page without a marker: the place of its row is looked up once for whatever asks for parts of the page. */
export async function marked<DB, TB extends keyof DB>(
  db: DbOrTx,
  query: SelectQueryBuilder<DB, TB, unknown>,
  from: Listed<DB, TB>,
  page: Page,
): Promise<Page> {
  if (page.marker === null) return page
  return { ...page, marker: null, after: await markedRow(db, query, from, page) }
}

/** The place of the marker's row in one query; 400 for a row of no such list, as for an id that never was. */
async function markedRow<DB, TB extends keyof DB>(
  db: DbOrTx,
  list: SelectQueryBuilder<DB, TB, unknown>,
  { table, resourceType, projectId, whateverState }: Listed<DB, TB>,
  page: Page,
): Promise<Place> {
  const id = page.marker ?? ''
  const ownOnly = (column: string) =>
    projectId === null ? sql`` : sql`and ${sql.ref(column)} = ${projectId}`
  const placeIn = (query: SelectQueryBuilder<DB, TB, unknown>) =>
    query
      .clearSelect()
      .select([
        sql.ref(`${table}.${page.sortKey}`).as('value'),
        sql.ref(projectId === null ? `${table}.id` : `${table}.project_id`).as('owner'),
      ] as never)
      .where(sql.ref(`${table}.id`) as never, '=', id as never)
  const moved =
    whateverState === undefined
      ? sql``
      : sql`union all select value, null from (${placeIn(whateverState())}) as moved where 1 = 1 ${ownOnly('owner')}`
  const { rows } = await sql<{ value: Place['value']; row_json: string | null }>`
    select value, null as row_json from (${placeIn(list)}) as listed
    ${moved}
    union all
    select null, row_json from tombstones
    where resource_type = ${resourceType} and id = ${id} ${ownOnly('project_id')}
  `.execute(db)
  const found = rows.find(({ row_json }) => row_json === null) ?? rows[0]
  if (found === undefined) throw invalid(`marker ${id.slice(0, 64)} is not a row of this list`)
  if (found.row_json === null) return { value: found.value, id }
  const row = JSON.parse(found.row_json) as Record<string, Place['value']>
  return { value: row[page.sortKey] ?? null, id }
}

const told = sql.raw(behindMarker)

/** Sort keys that no table allows to be null: their pages need not look for nulls behind the last value. */
const neverNull: readonly string[] = ['id', 'created_at', 'status', 'size', 'project_id', 'user_id']

/**
 * Adds order, marker, offset and limit to a list with all its filters. Without a marker it costs no query; with one, a
 * look-up by key.
 */
export async function paged<DB, TB extends keyof DB, O>(
  db: DbOrTx,
  query: SelectQueryBuilder<DB, TB, O>,
  from: Listed<DB, TB>,
  page: Page,
): Promise<SelectQueryBuilder<DB, TB, O>> {
  if (page.after === undefined && page.marker === null) return inOrder(query, from, page)
  const mark = page.after ?? (await markedRow(db, query as never, from, page))
  const rest = query.where(behind(page, mark, ...keysOf(from, page)) as never).modifyEnd(told)
  return inOrder(rest, from, page)
}

const keysOf = ({ table }: { readonly table: string }, { sortKey }: Pick<Page, 'sortKey'>) =>
  [sql.ref(`${table}.${sortKey}`), sql.ref(`${table}.id`)] as const

/** Order, limit and offset alone: a page that begins with the list. */
export function inOrder<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  from: { readonly table: string },
  page: Pick<Page, 'sortKey' | 'descending' | 'limit' | 'offset'>,
): SelectQueryBuilder<DB, TB, O> {
  const [key, id] = keysOf(from, page)
  const direction = page.descending ? 'desc' : 'asc'
  let result = query
    .orderBy(key as never, (order) => {
      if (neverNull.includes(page.sortKey)) return page.descending ? order.desc() : order.asc()
      return page.descending ? order.desc().nullsLast() : order.asc().nullsFirst()
    })
    .orderBy(id as never, direction)
  if (page.limit !== null) result = result.limit(page.limit)
  if (page.offset > 0) {
    // SQLite and MariaDB know no offset without a limit.
    if (page.limit === null) result = result.limit(Number.MAX_SAFE_INTEGER)
    result = result.offset(page.offset)
  }
  return result
}

/**
 * What lies behind the mark. The first bound says again what the rest says, alone: an index can start there instead of at
 * the beginning. Nulls come first ascending and last descending on SQLite and MariaDB; PostgreSQL is told to do the same.
 */
function behind(
  { descending, sortKey }: Page,
  mark: Place,
  key: RawBuilder<unknown>,
  id: RawBuilder<unknown>,
) {
  const beyond = descending ? sql`<` : sql`>`
  if (mark.value === null) {
    const ties = sql<boolean>`(${key} is null and ${id} ${beyond} ${mark.id})`
    return descending ? ties : sql<boolean>`(${ties} or ${key} is not null)`
  }
  const rest = sql<boolean>`(${key} ${beyond}= ${mark.value} and (${key} ${beyond} ${mark.value} or ${id} ${beyond} ${mark.id}))`
  return descending && !neverNull.includes(sortKey) ? sql<boolean>`(${rest} or ${key} is null)` : rest
}

/**
 * True where `column` contains `part`, in whichever case: as MySQL's usual collations have it, and the same on all three databases for
 * ASCII letters (SQLite folds no others).
 */
export const contains = (column: string, part: string) =>
  sql<boolean>`lower(${sql.ref(column)}) like lower(${`%${part.replaceAll(/[!%_]/g, '!$&')}%`}) escape '!'`
