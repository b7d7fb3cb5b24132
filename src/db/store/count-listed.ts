/** How long a list is that leaves rows out by their state. */
import { sql, type RawBuilder, type SelectQueryBuilder } from 'kysely'
import type { Database, DbOrTx } from '../schema.ts'
import { deferredStates } from './deferred-states.ts'

type Query<TB extends keyof Database> = SelectQueryBuilder<Database, TB, object>

/**
 * `all` is what is listed, those in a deferred state with the others; these, of which there are few, are counted by the index of their
 * state and taken off when `without` says so. Asked for with all other conditions, each row would be read for its state, where the index
 * of the list alone can count.
 */
export async function countListed<TB extends 'shares' | 'snapshots'>(
  db: DbOrTx,
  table: TB,
  all: Query<TB>,
  without: boolean,
): Promise<number> {
  const hidden = all.where(sql.ref(`${table}.status`) as never, 'in', deferredStates as never)
  const count = (query: Query<TB>): RawBuilder<unknown> =>
    sql`(${query.select(sql`count(*)`.as('count') as never)})`
  const less = without ? sql` - ${count(hidden)}` : sql``
  const { rows } = await sql<{ count: number | string }>`select ${count(all)}${less} as count`.execute(db)
  return Number(rows[0]?.count ?? 0)
}
