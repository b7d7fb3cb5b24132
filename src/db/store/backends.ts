/** Backend and pool rows as the share manager keeps them: identity, health and what was measured. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../open.ts'
import type { BackendsTable, DbOrTx, Flag, PoolsTable, Tx } from '../schema.ts'
import { leaderLane } from '../../model/lanes.ts'
import { forgetEnsureRun } from './ensure-runs.ts'
import { ensureZone } from './services.ts'

export type BackendRow = BackendsTable
export type Health = 'starting' | 'ready' | 'failed'

export interface KnownBackend {
  /** `host@backend` */
  readonly label: string
  /** What extra specs call `share_backend_name`. */
  readonly backendName: string
  readonly availabilityZone: string
  readonly reach: 'host' | 'network'
  readonly now: number
}

/** Finds or makes the backend's row; its id never changes again. */
export async function registerBackend(store: Store, backend: KnownBackend): Promise<string> {
  return store.transaction(async (tx) => {
    const zoneId = await ensureZone(tx, backend.availabilityZone, backend.now)
    const columns = {
      backend_name: backend.backendName,
      availability_zone_id: zoneId,
      reach: backend.reach,
    }
    const known = await tx
      .selectFrom('backends')
      .select('id')
      .where('label', '=', backend.label)
      .executeTakeFirst()
    if (known !== undefined) {
      await tx.updateTable('backends').set(columns).where('id', '=', known.id).execute()
      return known.id
    }
    const id = randomUUID()
    await tx
      .insertInto('backends')
      .values({
        id,
        label: backend.label,
        ...columns,
        info_hash: null,
        health: 'starting',
        health_reason: null,
        health_at: backend.now,
        capabilities: '{}',
        created_at: backend.now,
      })
      .execute()
    return id
  })
}

export async function backendById(db: DbOrTx, id: string): Promise<BackendRow | undefined> {
  return db.selectFrom('backends').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Characters of a reason that are kept. */
export const longestReason = 4000

/**
 * `reason` is a sentence for operators; with `closed` it says why the backend, ready as it is, takes no new shares. One
 * statement, so that no scheduler finds it ready and not yet closed.
 */
export async function setHealth(
  db: DbOrTx,
  id: string,
  health: Health,
  reason: string | null,
  now: number,
  { closed = false }: { readonly closed?: boolean } = {},
): Promise<void> {
  const why = reason?.slice(0, longestReason) ?? null
  await db
    .updateTable('backends')
    .set({ health, health_reason: why, closed_reason: closed ? why : null, health_at: now })
    .where('id', '=', id)
    .execute()
}

/**
 * As {@link setHealth}, of a process that does not serve the backend: nothing while another one does. Who leads serves; one that
 * was killed counts until its lease runs out, and what it is asked for until then waits for its next life.
 */
export async function setHealthUnlessServed(
  { db, dialect }: Store,
  id: string,
  health: Exclude<Health, 'ready'>,
  reason: string | null,
  now: number,
): Promise<void> {
  const why = reason?.slice(0, longestReason) ?? null
  await db
    .updateTable('backends')
    .set({ health, health_reason: why, closed_reason: null, health_at: now })
    .where('id', '=', id)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('lanes')
            .select('lanes.lane')
            .where('lanes.lane', '=', leaderLane(id))
            .where('lanes.holder', 'is not', null)
            .where('lanes.expires_at', '>', dialect.nowUs),
        ),
      ),
    )
    .execute()
}

/** Whether schedulers take the backend for one that serves. */
export async function isNotedReady(db: DbOrTx, id: string): Promise<boolean> {
  const row = await db.selectFrom('backends').select('health').where('id', '=', id).executeTakeFirst()
  return row?.health === 'ready'
}

/** False when that is the reason already: of several that find the same at once, one is told that it is new. */
export async function changeReason(tx: Tx, id: string, reason: string | null): Promise<boolean> {
  const changed = await tx
    .updateTable('backends')
    .set({ health_reason: reason })
    .where('id', '=', id)
    .where((eb) =>
      reason === null
        ? eb('health_reason', 'is not', null)
        : eb.or([eb('health_reason', 'is', null), eb('health_reason', '<>', reason)]),
    )
    .executeTakeFirst()
  return changed.numUpdatedRows > 0n
}

/** What the last complete ensure was made for; null: the next start makes one, from its beginning. */
export async function setInfoHash(db: DbOrTx, id: string, hash: string | null): Promise<void> {
  await forgetEnsureRun(db, id)
  await db.updateTable('backends').set({ info_hash: hash }).where('id', '=', id).execute()
}

export interface MeasuredPool {
  readonly name: string
  readonly capabilities: object
  readonly totalGib: number | null
  readonly freeGib: number | null
}

/** States in which a claim that the release before made may not be visible on the backend yet, however old it is. */
const unfinished = ['creating', 'creating_from_snapshot', 'extending']

/**
 * Writes what a backend reported as of `measuredAt` (the instant before it was asked). Pools it no longer reports are
 * kept but not offered. Claims that the measurement has seen are dropped; one whose operation was under way then is carried over to
 * the next measurement. Of the operation alone, not of its share: one that waits for room must not wait for what its share has long had.
 */
export async function writePools(
  store: Store,
  backend: { readonly id: string; readonly label: string; readonly capabilities: object },
  pools: readonly MeasuredPool[],
  measuredAt: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    await tx
      .updateTable('backends')
      .set({ capabilities: JSON.stringify(backend.capabilities) })
      .where('id', '=', backend.id)
      .execute()
    const known = await tx.selectFrom('pools').selectAll().where('backend_id', '=', backend.id).execute()
    for (const pool of pools) await writePool(tx, backend, pool, known, measuredAt)
    const gone = known.filter((row) => row.reported === 1 && !pools.some((pool) => pool.name === row.name))
    if (gone.length > 0) {
      const ids = gone.map((row) => row.id)
      await tx.updateTable('pools').set({ reported: 0 }).where('id', 'in', ids).execute()
    }
  })
}

async function writePool(
  tx: Tx,
  backend: { readonly id: string; readonly label: string },
  pool: MeasuredPool,
  known: readonly PoolsTable[],
  measuredAt: number,
): Promise<void> {
  const measured = {
    capabilities: JSON.stringify(pool.capabilities),
    total_gib: pool.totalGib,
    free_gib: pool.freeGib,
    measured_at: measuredAt,
    reported: 1 as Flag,
  }
  const row = known.find((row) => row.name === pool.name)
  if (row === undefined) {
    await tx
      .insertInto('pools')
      .values({
        id: randomUUID(),
        backend_id: backend.id,
        label: `${backend.label}#${pool.name}`,
        name: pool.name,
        placed_gib: 0,
        ...measured,
      })
      .execute()
    return
  }
  await tx.updateTable('pools').set(measured).where('id', '=', row.id).execute()
  const busy = tx
    .selectFrom('share_instances')
    .select('id')
    .where('pool_id', '=', row.id)
    .where('status', 'in', unfinished)
  await tx
    .deleteFrom('pool_claims')
    .where('pool_id', '=', row.id)
    .where('claimed_at', '<=', measuredAt)
    .where((eb) => eb.or([eb('operation_id', 'is not', null), eb('owner_id', 'not in', busy)]))
    .where((eb) => {
      const underWay = eb
        .selectFrom('operations')
        .select('operations.id')
        .whereRef('operations.id', '=', 'pool_claims.operation_id')
        .where(({ or, eb: at }) =>
          or([at('operations.finished_at', 'is', null), at('operations.finished_at', '>', measuredAt)]),
        )
      return eb.not(eb.exists(underWay))
    })
    .execute()
  await tx
    .updateTable('pool_claims')
    .set({ claimed_at: measuredAt + 1 })
    .where('pool_id', '=', row.id)
    .where('claimed_at', '<=', measuredAt)
    .execute()
}
