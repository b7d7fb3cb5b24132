import {
  DriverError,
  type CallContext,
  type CreatedShare,
  type Parts,
  type PoolReport,
  type ShareRef,
} from '../../contract/driver.ts'
import type { SimOptions } from './config.ts'
import { GIB, plainId, type ShareRecord, type SnapshotRecord } from '../../sim/records.ts'
import type { Store } from '../../sim/store.ts'
import type { World } from '../../sim/world.ts'

/** What the verbs of the sim share. */
export interface Sim {
  readonly world: World
  readonly options: SimOptions
  readonly parts: Parts
}

/** First stage of a creation: the record, not yet complete. An earlier call's record of the same size is kept. */
export function begin(
  sim: Sim,
  store: Store,
  call: CallContext,
  share: ShareRef,
  content: Pick<ShareRecord, 'used_bytes' | 'token' | 'cloned_from'>,
): void {
  const earlier = store.get('shares', plainId(share.id))
  if (earlier) {
    if (earlier.size_gib === share.sizeGib && earlier.cloned_from === content.cloned_from) return
    throw new DriverError(
      `${share.id} exists with ${earlier.size_gib} GiB from ${earlier.cloned_from ?? 'nothing'}`,
      'nothing-happened',
      { reason: 'size-mismatch' },
    )
  }
  if (!sim.options.protocols.includes(share.protocol))
    throw new DriverError(`protocol ${share.protocol} isn't configured`, 'nothing-happened', {
      reason: 'unsupported',
    })
  refuseWithoutRoom(sim, store, share.pool, share.sizeGib)
  putShare(store, call, {
    id: share.id,
    share_id: share.shareId,
    project_id: share.projectId,
    protocol: share.protocol,
    pool: share.pool,
    size_gib: share.sizeGib,
    ...content,
    tree: `/sim/${sim.parts.backend}/${share.id}`,
    complete: false,
    reverted_by: null,
    fence: null,
  })
}

/** Second stage of a creation. Throws not-found when somebody deleted the share in between. */
export function finish(sim: Sim, store: Store, call: CallContext, id: string): CreatedShare {
  const record = store.get('shares', id)
  if (!record) throw notThere(id)
  if (!record.complete) putShare(store, call, { ...record, complete: true })
  return created(sim, record)
}

export function created(sim: Sim, record: ShareRecord): CreatedShare {
  const native = sim.options.native_protocols.includes(record.protocol)
  return { state: { tree: record.tree }, tree: native ? null : { path: record.tree, readOnly: false } }
}

export function completeShare(store: Store, id: string): ShareRecord {
  const record = store.get('shares', plainId(id))
  if (!record?.complete) throw notThere(id)
  return record
}

export function putShare(store: Store, call: CallContext, record: ShareRecord): void {
  store.put('shares', record.id, { ...record, fence: call.fence?.number ?? record.fence })
}

export function notThere(id: string): DriverError {
  return new DriverError(`the backend holds nothing under ${id}`, 'nothing-happened', { reason: 'not-found' })
}

function findPool(options: SimOptions, name: string): SimOptions['pools'][number] {
  const pool = options.pools.find((pool) => pool.name === name)
  if (!pool) throw new DriverError(`no pool ${JSON.stringify(name)} here`, 'no-room-here')
  return pool
}

/** Throws no-room-here when a pool that reserves sizes hasn't `moreGib`. In a thin pool a size is only a promise. */
export function refuseWithoutRoom(sim: Sim, store: Store, poolName: string, moreGib: number): void {
  const pool = findPool(sim.options, poolName)
  if (pool.thin) return
  const { freeGib } = report(pool, everything(store))
  if (freeGib! < moreGib)
    throw new DriverError(`pool ${pool.name} has ${freeGib} GiB free, not ${moreGib}`, 'no-room-here')
}

/** All that is kept, in whatever pool. */
export const everything = (store: Store) => ({
  shares: [...store.all('shares'), ...store.all('loose')],
  snapshots: [...store.all('snapshots'), ...store.all('loose-snapshots')],
})

export function report(pool: SimOptions['pools'][number], all: ReturnType<typeof everything>): PoolReport {
  const here = (record: ShareRecord | SnapshotRecord) => record.pool === pool.name
  const bytes = (records: readonly { used_bytes: number }[]) =>
    records.reduce((sum, one) => sum + one.used_bytes, 0)
  const [shares, snapshots] = [all.shares.filter(here), all.snapshots.filter(here)]
  const takenGib =
    bytes(snapshots) / GIB +
    (pool.thin ? bytes(shares) / GIB : shares.reduce((sum, share) => sum + share.size_gib, 0))
  return {
    name: pool.name,
    totalGib: pool.total_gib,
    freeGib: Math.max(0, pool.total_gib - takenGib),
    thin: pool.thin,
    extra: pool.extra,
  }
}
