/**
 * Pools as the scheduler sees them, and the ledger of what is placed on each. A placement is written here, in the
 * transaction that makes it: several schedulers may run and never promise the same space twice.
 */
import { prepared } from '../prepared.ts'
import { insertRow, ofShape, said, under } from '../shapes.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import type { InstanceColumns } from './share-instances.ts'

export interface PoolRecord {
  readonly id: string
  readonly label: string
  readonly name: string
  readonly backend_id: string
  readonly backend_label: string
  readonly backend_name: string
  readonly health: string
  /** Why the backend takes no new shares; null when it does. */
  readonly closed_reason?: string | null
  readonly zone_id: string
  readonly zone_name: string
  readonly capabilities: string
  readonly total_gib: number | null
  readonly free_gib: number | null
  readonly measured_at: number
  readonly placed_gib: number
  /** Σ of claims newer than the measurement. */
  readonly claimed_gib: number
  readonly heartbeat_at: number
  readonly disabled: number
  readonly stopped: number
}

/** Every reported pool with its backend, zone, service and claims, in one query, by label. */
export async function poolRecords(db: DbOrTx): Promise<PoolRecord[]> {
  return (await everyPool(db)).map(counted)
}

/**
 * Those of the next `size` labels behind `after`. `last` is the label to go on behind; null: there are no more. Where such a page ends is
 * asked beforehand: of a join with a limit MariaDB read all pools, backends first, and sorted them (47 ms of 10,000 pools, now 2).
 */
export async function poolPage(
  db: DbOrTx,
  after: string,
  size: number,
): Promise<{ readonly records: PoolRecord[]; readonly last: string | null }> {
  const labels = (await labelsBehind(db, after, size)).map(({ label }) => label)
  const last = labels.at(-1)
  if (last === undefined) return { records: [], last: null }
  const records = (await poolsBetween(db, after, last)).map(counted)
  return { records, last: labels.length < size ? null : last }
}

const everyPool = prepared((db) => reportedPools(db))
const labelsBehind = prepared((db, after: string, most: number) =>
  db.selectFrom('pools').select('label').where('label', '>', after).orderBy('label').limit(most),
)
const poolsBetween = prepared((db, after: string, last: string) =>
  reportedPools(db).where('pools.label', '>', after).where('pools.label', '<=', last),
)
const reportedPools = (db: DbOrTx) => poolQuery(db).where('pools.reported', '=', 1).orderBy('pools.label')

/** Also one that is reported no more. */
export async function poolRecord(db: DbOrTx, label: string): Promise<PoolRecord | undefined> {
  const rows = await poolQuery(db).where('pools.label', '=', label).execute()
  return rows.map(counted)[0]
}

/** One of those that {@link poolRecords} reads; none when it is reported no more. */
export async function reportedPool(db: DbOrTx, label: string): Promise<PoolRecord[]> {
  return (await oneReported(db, label)).map(counted)
}
const oneReported = prepared((db, label: string) =>
  poolQuery(db).where('pools.label', '=', label).where('pools.reported', '=', 1),
)

const counted = <Row extends { readonly claimed_gib: number | null }>(row: Row) => ({
  ...row,
  claimed_gib: Number(row.claimed_gib ?? 0),
})

/** Of a pool by its label, also of one whose service is gone; null when there never was one. */
export async function poolIdOf(db: DbOrTx, label: string): Promise<string | null> {
  const row = await db.selectFrom('pools').select('id').where('label', '=', label).executeTakeFirst()
  return row?.id ?? null
}

/**
 * Whether a backend may offer pools in a moment: its process reports, and it is still being set up or has not measured yet.
 * `backendLabel` asks about that one alone.
 */
export async function isComingUp(db: DbOrTx, upSince: number, backendLabel?: string): Promise<boolean> {
  let query = db
    .selectFrom('backends')
    .innerJoin('services', (join) =>
      join.onRef('services.host', '=', 'backends.label').on('services.binary_name', '=', 'manila-share'),
    )
    .leftJoin('pools', 'pools.backend_id', 'backends.id')
    .select('backends.id')
    .where('services.stopped', '=', 0)
    .where('services.heartbeat_at', '>', upSince)
    .where((eb) =>
      eb.or([
        eb('backends.health', '=', 'starting'),
        eb.and([eb('backends.health', '=', 'ready'), eb('pools.id', 'is', null)]),
      ]),
    )
  if (backendLabel !== undefined) query = query.where('backends.label', '=', backendLabel)
  return (await query.limit(1).executeTakeFirst()) !== undefined
}

function poolQuery(db: DbOrTx) {
  return db
    .selectFrom('pools')
    .innerJoin('backends', 'backends.id', 'pools.backend_id')
    .innerJoin('availability_zones', 'availability_zones.id', 'backends.availability_zone_id')
    .innerJoin('services', (join) =>
      join.onRef('services.host', '=', 'backends.label').on('services.binary_name', '=', 'manila-share'),
    )
    .select([
      'pools.id',
      'pools.label',
      'pools.name',
      'pools.backend_id',
      'pools.capabilities',
      'pools.total_gib',
      'pools.free_gib',
      'pools.measured_at',
      'pools.placed_gib',
      'backends.label as backend_label',
      'backends.backend_name',
      'backends.health',
      'backends.closed_reason',
      'availability_zones.id as zone_id',
      'availability_zones.name as zone_name',
      'services.heartbeat_at',
      'services.disabled',
      'services.stopped',
    ])
    .select((eb) =>
      eb
        .selectFrom('pool_claims')
        .select((inner) => inner.fn.sum<number | null>('pool_claims.size_gib').as('claimed'))
        .whereRef('pool_claims.pool_id', '=', 'pools.id')
        .whereRef('pool_claims.claimed_at', '>', 'pools.measured_at')
        .as('claimed_gib'),
    )
}

/** What the pools of a backend say that an operator should know, as sentences. */
export async function poolNotes(db: DbOrTx, backendId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('pools')
    .select(['name', 'capabilities'])
    .where('backend_id', '=', backendId)
    .where('reported', '=', 1)
    .orderBy('name')
    .execute()
  return rows.flatMap(({ name, capabilities }) => {
    const { exceeding_note: note } = JSON.parse(capabilities) as { exceeding_note?: unknown }
    return typeof note === 'string' ? [`pool ${name}: ${note}`] : []
  })
}

/**
 * Locks the pool's row until the transaction ends, so that what is read next stays true until the claim is written. A
 * no-op update locks on every database alike.
 */
export async function lockPool(tx: Tx, poolId: string): Promise<void> {
  await tx
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb.ref('placed_gib') }))
    .where('id', '=', poolId)
    .execute()
}

export interface PoolClaim {
  readonly id: string
  readonly poolId: string
  /** A share instance. */
  readonly ownerId: string
  readonly addGib: number
  readonly now: number
  /** Until its end the backend may not show what is claimed; null: the next measurement shows it. */
  readonly operationId: string | null
  /** What else its row gets. */
  readonly owner?: InstanceColumns | undefined
}

/** Writes what `ownerId` takes: `addGib` more on the pool, and a claim until the next measurement sees it. */
export async function claimOnPool(tx: Tx, claim: PoolClaim): Promise<void> {
  await growing(tx, claim).execute()
  await noteClaim(tx, claim)
}

/**
 * Takes `addGib` more on the pool, if nothing was measured since `seen` was read and no more than `spareGib` was promised since then;
 * false otherwise. Whoever promises more raises `placed_gib` by as much as he claims, so what is left of both bounds is known.
 */
export async function growAsSeen(
  tx: Tx,
  claim: PoolClaim,
  seen: Pick<PoolRecord, 'placed_gib' | 'measured_at'>,
  spareGib: number,
): Promise<boolean> {
  const values = [claim.poolId, claim.addGib, seen.placed_gib + spareGib, seen.measured_at]
  const { numAffectedRows = 0n } = await ofShape(
    tx,
    'grow a pool as seen',
    values,
    (poolId, addGib, most, at) =>
      growing(tx, { poolId: poolId as string, addGib: addGib as number })
        .where('placed_gib', '<=', most as number)
        .where('measured_at', '=', at as number),
  )
  return numAffectedRows > 0n
}

const growing = (tx: Tx, { poolId, addGib }: Pick<PoolClaim, 'poolId' | 'addGib'>) =>
  tx
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb('placed_gib', '+', addGib) }))
    .where('id', '=', poolId)

/** What the release before leaves empty says that its claims last while the instance is being made or grows. */
const noOperation = ''

/** A claim and what its owner has by it, without the pool's own count. */
export async function noteClaim(tx: Tx, claim: PoolClaim): Promise<void> {
  await insertRow(tx, 'pool_claims', {
    id: claim.id,
    pool_id: claim.poolId,
    owner_id: claim.ownerId,
    size_gib: claim.addGib,
    claimed_at: claim.now,
    operation_id: claim.operationId ?? noOperation,
  })
  const { names, values } = said(claim.owner ?? {})
  await ofShape(tx, `claim ${names.join()}`, [claim.ownerId, claim.addGib, ...values], (id, gib, ...all) =>
    tx
      .updateTable('share_instances')
      .set((eb) => ({ ...under(names, all), placed_gib: eb('placed_gib', '+', gib as number) }))
      .where('id', '=', id as string),
  )
}

/** Takes back what a claim added. The caller knows it was added: it undoes its own recorded step. */
export async function releaseClaim(
  tx: Tx,
  claim: { readonly poolId: string; readonly ownerId: string; readonly gib: number },
): Promise<void> {
  await tx
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb('placed_gib', '-', claim.gib) }))
    .where('id', '=', claim.poolId)
    .execute()
  await tx
    .updateTable('share_instances')
    .set((eb) => ({ placed_gib: eb('placed_gib', '-', claim.gib) }))
    .where('id', '=', claim.ownerId)
    .execute()
  const newest = await tx
    .selectFrom('pool_claims')
    .select('id')
    .where('owner_id', '=', claim.ownerId)
    .where('pool_id', '=', claim.poolId)
    .orderBy('claimed_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (newest !== undefined) await tx.deleteFrom('pool_claims').where('id', '=', newest.id).execute()
}

/** The pool an administrator names, with the state of its service. `upSince` in microseconds. */
export async function poolForManage(
  db: DbOrTx,
  label: string,
  upSince: number,
): Promise<
  { id: string; label: string; backendId: string; zoneId: string; up: boolean; disabled: boolean } | undefined
> {
  const row = await poolRecord(db, label)
  if (row === undefined) return undefined
  return {
    id: row.id,
    label: row.label,
    backendId: row.backend_id,
    zoneId: row.zone_id,
    up: row.stopped === 0 && row.heartbeat_at > upSince,
    disabled: row.disabled === 1,
  }
}
