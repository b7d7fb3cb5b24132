/**
 * Which processes live and what they serve. Several may serve one service row (`host@backend`): the service is stopped only
 * when the last of them is.
 */
import type { Kysely } from 'kysely'
import { flag, id, integer, makeIndexes, makeTables, name, stamp } from './columns.ts'

const tables = {
  processes: {
    id: id,
    program: name,
    node: name,
    pid: integer,
    kernel_id: name,
    version: name,
    draining: flag,
    started_at: stamp,
    heartbeat_at: stamp,
  },
  process_services: {
    process_id: id,
    service_id: integer,
  },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { process_services: ['process_id', 'service_id'] })
  await makeIndexes(db, { processes: ['heartbeat_at'], process_services: ['service_id'] })
}
