/**
 * The order in which events came to be known, for readers with a cursor. It is given after the commit, so the release before
 * writes events without it and nothing is missed.
 */
import type { Kysely } from 'kysely'
import { integer, makeIndexes, makeTables, word } from './columns.ts'

export async function up(db: Kysely<never>): Promise<void> {
  await db.schema.alterTable('events').addColumn('seq', 'bigint').execute()
  await makeIndexes(db, { events: ['seq'] })
  await makeTables(db, { event_orders: { name: word, next_seq: integer } }, { event_orders: ['name'] })
}
