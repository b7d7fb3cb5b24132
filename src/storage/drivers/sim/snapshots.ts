import {
  DriverError,
  type ClonesFromSnapshot,
  type MountsSnapshots,
  type Reverts,
  type SnapshotRef,
  type Snapshots,
} from '../../contract/driver.ts'
import { begin, completeShare, created, finish, notThere, putShare, type Sim } from './trees.ts'
import { plainId, type SnapshotRecord } from '../../sim/records.ts'
import type { Store } from '../../sim/store.ts'

/** Snapshots run in the lane of their share, so its fence protects them. */
const laneOf = (snapshot: SnapshotRef) => snapshot.share.id

export function snapshots(sim: Sim): Snapshots {
  return {
    create: (call, snapshot) =>
      sim.world.act(call, 'create-snapshot', laneOf(snapshot), (store) => {
        const earlier = store.get('snapshots', plainId(snapshot.id))
        if (earlier) return stateOf(earlier)
        const share = completeShare(store, snapshot.share.id)
        const record: SnapshotRecord = {
          id: snapshot.id,
          snapshot_id: snapshot.snapshotId,
          share_instance_id: share.id,
          pool: share.pool,
          size_gib: share.size_gib,
          used_bytes: share.used_bytes,
          token: share.token,
          tree: `/sim/${sim.parts.backend}/.snapshots/${snapshot.id}`,
          attached: false,
          fence: call.fence?.number ?? null,
        }
        store.put('snapshots', record.id, record)
        return stateOf(record)
      }),
    delete: (call, snapshot) =>
      sim.world.act(call, 'delete-snapshot', laneOf(snapshot), (store) =>
        store.drop('snapshots', snapshot.id),
      ),
  }
}

export function clones(sim: Sim): ClonesFromSnapshot {
  return {
    clone: (call, share, snapshot) =>
      sim.world.act(
        call,
        'clone',
        share.id,
        (store) => finish(sim, store, call, share.id),
        (store) => {
          // The repeat of a finished clone must not need the snapshot any more.
          if (store.get('shares', plainId(share.id))?.cloned_from === snapshot.id) return
          const source = heldSnapshot(store, snapshot.id)
          if (share.sizeGib < source.size_gib)
            throw new DriverError(
              `a clone of ${source.size_gib} GiB can't have ${share.sizeGib}`,
              'nothing-happened',
              { reason: 'size-mismatch' },
            )
          const { used_bytes, token } = source
          begin(sim, store, call, share, { used_bytes, token, cloned_from: snapshot.id })
        },
      ),
  }
}

export function reverts(sim: Sim): Reverts {
  return {
    revert: (call, share, snapshot, operationId) =>
      sim.world.act(call, 'revert', share.id, (store) => {
        const record = completeShare(store, share.id)
        // Already done by this very operation: what was written since is the user's.
        if (record.reverted_by === operationId) return created(sim, record)
        const { size_gib, used_bytes, token, share_instance_id } = heldSnapshot(store, snapshot.id)
        if (share_instance_id !== share.id)
          throw new DriverError(`${snapshot.id} isn't a snapshot of ${share.id}`, 'nothing-happened')
        const reverted = { ...record, size_gib, used_bytes, token, reverted_by: operationId }
        putShare(store, call, reverted)
        return created(sim, reverted)
      }),
  }
}

export function mountsSnapshots(sim: Sim): MountsSnapshots {
  const attach = (store: Store, record: SnapshotRecord, attached: boolean) => {
    if (record.attached !== attached) store.put('snapshots', record.id, { ...record, attached })
  }
  return {
    tree: (call, snapshot) =>
      sim.world.act(call, 'snapshot-tree', laneOf(snapshot), (store) => {
        const record = heldSnapshot(store, snapshot.id)
        attach(store, record, true)
        return { path: record.tree, readOnly: true }
      }),
    release: (call, snapshot) =>
      sim.world.act(call, 'snapshot-release', laneOf(snapshot), (store) => {
        const record = store.get('snapshots', plainId(snapshot.id))
        if (record) attach(store, record, false)
      }),
  }
}

/** `location` is what an administrator types to manage the snapshot. */
export function stateOf(record: SnapshotRecord): { state: { location: string } } {
  return { state: { location: record.tree } }
}

export function heldSnapshot(store: Store, id: string): SnapshotRecord {
  const record = store.get('snapshots', plainId(id))
  if (!record) throw notThere(id)
  return record
}
