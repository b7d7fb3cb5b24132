/**
 * Pages by key. A page is one query: `order by sort, id` from behind the marker's own values, so that its cost does not
 * grow with what lies before it. The marker of a deleted row still works: its tombstone remembers where it stood.
 */
import { sql, type SelectQueryBuilder } from 'kysely'
import { invalid } from '../../model/errors.ts'
import type { Database, DbOrTx } from '../schema.ts'

export interface Page {
  readonly limit: number | null
  readonly offset: number
  readonly marker: string | null
  /** Column of the main table. */
  readonly sortKey: string
  readonly descending: boolean
}

interface Marked {
  readonly value: string | number | null
  readonly id: string
}

/** The place of the marker's row, present or deleted; 400 when there never was one in this scope. */
async function markedRow(
  db: DbOrTx,
  table: keyof Database & string,
  resourceType: string,
  page: Page,
  projectId: string | null,
): Promise<Marked> {
  const id = page.marker ?? ''
  let query = sql<Record<string, unknown>>`select * from ${sql.table(table)} where id = ${id}`
  if (projectId !== null) query = sql`${query} and project_id = ${projectId}`
  const { rows } = await query.execute(db)
  let row = rows[0]
  if (row === undefined) {
    let gone = db
      .selectFrom('tombstones')
      .select('row_json')
      .where('resource_type', '=', resourceType)
      .where('id', '=', id)
    if (projectId !== null) gone = gone.where('project_id', '=', projectId)
    const tombstone = await gone.executeTakeFirst()
    row = tombstone === undefined ? undefined : (JSON.parse(tombstone.row_json) as Record<string, unknown>)
  }
  if (row === undefined) throw invalid(`marker ${id.slice(0, 64)} is not a row of this list`)
  return { value: (row[page.sortKey] ?? null) as Marked['value'], id }
}

/**
 * Adds order, marker, offset and limit. Without a marker it costs no query; with one, a look-up by key. `table` is the
 * table (or alias) whose columns are sorted.
 */
export async function paged<DB, TB extends keyof DB, O>(
  db: DbOrTx,
  query: SelectQueryBuilder<DB, TB, O>,
  from: {
    readonly table: keyof Database & string
    readonly resourceType: string
    readonly projectId: string | null
  },
  page: Page,
): Promise<SelectQueryBuilder<DB, TB, O>> {
  const key = sql.ref(`${from.table}.${page.sortKey}`)
  const id = sql.ref(`${from.table}.id`)
  const direction = page.descending ? 'desc' : 'asc'
  let result = query
  if (page.marker !== null) {
    const mark = await markedRow(db, from.table, from.resourceType, page, from.projectId)
    const beyond = page.descending ? sql`<` : sql`>`
    // Nulls come first ascending and last descending on SQLite and MariaDB; PostgreSQL is told to do the same.
    const behind =
      mark.value === null
        ? page.descending
          ? sql<boolean>`(${key} is null and ${id} ${beyond} ${mark.id})`
          : sql<boolean>`((${key} is null and ${id} ${beyond} ${mark.id}) or ${key} is not null)`
        : page.descending
          ? sql<boolean>`(${key} ${beyond} ${mark.value} or (${key} = ${mark.value} and ${id} ${beyond} ${mark.id}) or ${key} is null)`
          : sql<boolean>`(${key} ${beyond} ${mark.value} or (${key} = ${mark.value} and ${id} ${beyond} ${mark.id}))`
    result = result.where(behind as never)
  }
  result = result.orderBy(key as never, direction).orderBy(id as never, direction)
  if (page.limit !== null) result = result.limit(page.limit)
  if (page.offset > 0) {
    // SQLite and MariaDB know no offset without a limit.
    if (page.limit === null) result = result.limit(Number.MAX_SAFE_INTEGER)
    result = result.offset(page.offset)
  }
  return result
}

/** `%`, `_` and the escape itself lose their meaning in a LIKE pattern; used with `escape '!'`. */
export const likePattern = (part: string): string => `%${part.replaceAll(/[!%_]/g, '!$&')}%`
