/**
 * How far events were passed on to listeners outside. The events themselves stay append-only, so that a process of the
 * release before writes them as ever and none is missed.
 */
import type { Kysely } from 'kysely'
import { id, makeIndexes, makeTables, name, stamp } from './columns.ts'

const tables = {
  notification_cursors: {
    name: name,
    /** Every event created before it was sent. */
    position: stamp,
  },
  notifications_sent: {
    event_id: id,
    event_at: stamp,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { notification_cursors: ['name'], notifications_sent: ['event_id'] })
  await makeIndexes(db, { notifications_sent: ['event_at'] })
}
