/**
 * A pretend backend with every ability of the contract, for tests and demonstrations. It keeps records instead of
 * trees, and promises what a real backend must: idempotency by id, three outcomes, fences, limits that hold (for
 * content written through `content.ts`). It refuses to know what its records stand for: no path of its is ever opened.
 */
import {
  DriverError,
  type CallContext,
  type CreatedShare,
  type Measurement,
  type Parts,
  type Publishes,
  type ShareRef,
  type StorageDriver,
} from '../../contract/driver.ts'
import { managesShares, managesSnapshots } from './adopt.ts'
import type { SimOptions } from './config.ts'
import { simAccessTypes, simExports } from '../../sim/exports.ts'
import { GIB, type ShareRecord, type SnapshotRecord } from '../../sim/records.ts'
import { clones, mountsSnapshots, reverts, snapshots } from './snapshots.ts'
import {
  begin,
  completeShare,
  created,
  everything,
  finish,
  putShare,
  refuseWithoutRoom,
  report,
  type Sim,
} from './trees.ts'
import { openWorld } from '../../sim/world.ts'

/** Builds the driver. `options` must be complete (`completeOptions`). */
export function createSim(options: SimOptions, parts: Parts): StorageDriver {
  const world = openWorld(options.dir || parts.dir, options)
  const sim: Sim = { world, options, parts }
  const abilities = {
    snapshots: snapshots(sim),
    clones: clones(sim),
    reverts: reverts(sim),
    mountsSnapshots: mountsSnapshots(sim),
    shrinks: { shrink: (call: CallContext, share: ShareRef, size: number) => shrink(sim, call, share, size) },
    manages: managesShares(sim),
    managesSnapshots: managesSnapshots(sim),
    measures: { measure: measure(sim) },
  }
  for (const name of options.without) delete (abilities as Partial<typeof abilities>)[name]
  return {
    name: 'sim',
    // There is nothing to reach: its trees are records, and what would separate real ones is pretended.
    separates: 'file-system',
    reach: options.reach,
    setup: (call) => world.act(call, 'setup', null, (store) => store.prepare()),
    async stop() {
      world.close()
    },
    pools: (call) =>
      world.act(call, 'pools', null, (store) => {
        const all = everything(store)
        return options.pools.map((pool) => report(pool, all))
      }),
    create: (call, share) => create(sim, call, share),
    delete: (call, share) => world.act(call, 'delete', share.id, (store) => store.drop('shares', share.id)),
    extend: (call, share, newSizeGib) => extend(sim, call, share, newSizeGib),
    ensure: (call, share) =>
      world.act(call, 'ensure', share.id, (store) => created(sim, completeShare(store, share.id))),
    inventory: (call) =>
      world.act(call, 'inventory', null, (store) => ({
        shares: store.ids('shares'),
        snapshots: store.ids('snapshots'),
      })),
    ...abilities,
    ...(options.native_protocols.length > 0 && { native: nativeExports(sim) }),
  }
}

function nativeExports({ world, options, parts }: Sim): Publishes {
  const protocols = options.native_protocols
  const exports = { protocols, access_types: simAccessTypes, address: '127.0.0.1', refuse: [] }
  return simExports(world, exports, parts)
}

async function create(sim: Sim, call: CallContext, share: ShareRef): Promise<CreatedShare> {
  return sim.world.act(
    call,
    'create',
    share.id,
    (store) => finish(sim, store, call, share.id),
    (store) =>
      begin(sim, store, call, share, {
        used_bytes: 0,
        token: `empty-${share.id}`,
        cloned_from: null,
      }),
  )
}

async function extend(sim: Sim, call: CallContext, share: ShareRef, newSizeGib: number): Promise<void> {
  await sim.world.act(call, 'extend', share.id, (store) => {
    const record = completeShare(store, share.id)
    if (newSizeGib <= record.size_gib) return
    refuseWithoutRoom(sim, store, record.pool, newSizeGib - record.size_gib)
    putShare(store, call, { ...record, size_gib: newSizeGib })
  })
}

async function shrink(sim: Sim, call: CallContext, share: ShareRef, newSizeGib: number): Promise<void> {
  await sim.world.act(call, 'shrink', share.id, (store) => {
    const record = completeShare(store, share.id)
    if (record.used_bytes > newSizeGib * GIB)
      throw new DriverError(
        `${share.id} holds ${record.used_bytes} bytes, more than ${newSizeGib} GiB`,
        'nothing-happened',
        { reason: 'shrink-would-lose-data' },
      )
    if (newSizeGib < record.size_gib) putShare(store, call, { ...record, size_gib: newSizeGib })
  })
}

function measure(sim: Sim): NonNullable<StorageDriver['measures']>['measure'] {
  return (call, shares, snapshots) =>
    sim.world.act(call, 'measure', null, (store) => {
      const row = (
        id: string,
        record: ShareRecord | SnapshotRecord | null,
        exclusive: number,
      ): Measurement => ({
        id,
        usedBytes: record?.used_bytes ?? null,
        referencedBytes: record?.used_bytes ?? null,
        exclusiveBytes: record ? exclusive : null,
        reason: record ? null : 'the backend holds nothing under this id',
        method: 'sim',
        measuredAtUs: sim.parts.now(),
      })
      return [
        ...shares.map(({ id }) => {
          const record = store.get('shares', id)
          return row(id, record, record?.used_bytes ?? 0)
        }),
        ...snapshots.map(({ id }) => {
          const record = store.get('snapshots', id)
          const share = record && store.get('shares', record.share_instance_id)
          // Shared with the share until that is written again.
          return row(id, record, record && share?.token !== record.token ? record.used_bytes : 0)
        }),
      ]
    })
}
