/** What health and metrics ask of the database. */
import { sql } from 'kysely'
import type { DbOrTx } from '../schema.ts'

export async function ping(db: DbOrTx): Promise<void> {
  await sql`select 1`.execute(db)
}

export interface BackendHealth {
  readonly id: string
  readonly label: string
  readonly health: string
  readonly health_reason: string | null
  readonly heartbeat_at: number
  readonly disabled: number
  readonly stopped: number
}

export async function backendHealth(db: DbOrTx): Promise<BackendHealth[]> {
  return db
    .selectFrom('backends')
    .innerJoin('services', (join) =>
      join.onRef('services.host', '=', 'backends.label').on('services.binary_name', '=', 'manila-share'),
    )
    .select([
      'backends.id',
      'backends.label',
      'backends.health',
      'backends.health_reason',
      'services.heartbeat_at',
      'services.disabled',
      'services.stopped',
    ])
    .orderBy('backends.label')
    .execute()
}

/** Unfinished operations by topic and state, with the creation stamp of the oldest. */
export async function queueState(
  db: DbOrTx,
): Promise<{ topic: string; state: string; count: number; oldest: number }[]> {
  const rows = await db
    .selectFrom('operations')
    .select((eb) => [
      'topic',
      'state',
      eb.fn.countAll<number>().as('count'),
      eb.fn.min<number>('created_at').as('oldest'),
    ])
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .groupBy(['topic', 'state'])
    .execute()
  return rows.map((row) => ({ ...row, count: Number(row.count), oldest: Number(row.oldest) }))
}

export interface PoolCapacity {
  readonly label: string
  readonly total_gib: number | null
  readonly free_gib: number | null
  readonly placed_gib: number
  /** What shares hold beyond what they were given; null where the driver does not count it. */
  readonly exceeding_bytes: number | null
}

export async function poolCapacity(db: DbOrTx): Promise<PoolCapacity[]> {
  const rows = await db
    .selectFrom('pools')
    .select(['label', 'total_gib', 'free_gib', 'placed_gib', 'capabilities'])
    .where('reported', '=', 1)
    .execute()
  return rows.map(({ capabilities, ...row }) => {
    const { exceeding_bytes: bytes } = JSON.parse(capabilities) as { exceeding_bytes?: unknown }
    return { ...row, exceeding_bytes: typeof bytes === 'number' ? bytes : null }
  })
}

/** Share instances whose access rules changed and are not yet carried out. */
export async function rulesBehind(db: DbOrTx): Promise<number> {
  const { count } = await db
    .selectFrom('share_instances')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .whereRef('access_generation', '<>', 'access_applied')
    .executeTakeFirstOrThrow()
  return Number(count)
}
