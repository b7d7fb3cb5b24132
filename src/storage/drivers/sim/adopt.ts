import { DriverError, type Manages, type ManagesSnapshots } from '../../contract/driver.ts'
import { completeShare, created, notThere, putShare, type Sim } from './trees.ts'
import { plainId, type SnapshotRecord } from '../../sim/records.ts'
import { stateOf } from './snapshots.ts'

/** Takes over trees from `loose/` and puts them back there. */
export function managesShares(sim: Sim): Manages {
  return {
    manage: (call, share, exportPath) =>
      sim.world.act(call, 'manage', share.id, (store) => {
        const name = nameIn(exportPath)
        const held = store.get('shares', plainId(share.id))
        const loose = store.get('loose', name)
        if (held && lastOf(held.tree) !== name)
          throw new DriverError(`${share.id} already holds ${held.tree}`, 'nothing-happened')
        if (!held && !loose) throw notThere(exportPath)
        const record = held ?? {
          ...loose!,
          id: share.id,
          share_id: share.shareId,
          project_id: share.projectId,
          protocol: share.protocol,
        }
        if (!held) putShare(store, call, record)
        // Also after a kill between the two writes.
        store.drop('loose', name)
        return { ...created(sim, record), sizeGib: Math.ceil(record.size_gib) }
      }),
    unmanage: (call, share) =>
      sim.world.act(call, 'unmanage', share.id, (store) => {
        if (!store.get('shares', plainId(share.id))) return
        const record = completeShare(store, share.id)
        store.put('loose', lastOf(record.tree), { ...record, reverted_by: null })
        store.drop('shares', share.id)
      }),
  }
}

/** As {@link managesShares}, for snapshots of a share that is held. */
export function managesSnapshots(sim: Sim): ManagesSnapshots {
  return {
    manage: (call, snapshot, providerLocation) =>
      sim.world.act(call, 'manage-snapshot', snapshot.share.id, (store) => {
        const name = nameIn(providerLocation)
        const held = store.get('snapshots', plainId(snapshot.id))
        const loose = store.get('loose-snapshots', name)
        if (held && lastOf(held.tree) !== name)
          throw new DriverError(`${snapshot.id} already holds ${held.tree}`, 'nothing-happened')
        if (!held && !loose) throw notThere(providerLocation)
        const record: SnapshotRecord = held ?? {
          ...loose!,
          id: snapshot.id,
          snapshot_id: snapshot.snapshotId,
          share_instance_id: completeShare(store, snapshot.share.id).id,
        }
        if (!held) store.put('snapshots', record.id, record)
        store.drop('loose-snapshots', name)
        return { ...stateOf(record), sizeGib: record.size_gib }
      }),
    unmanage: (call, snapshot) =>
      sim.world.act(call, 'unmanage-snapshot', snapshot.share.id, (store) => {
        const record = store.get('snapshots', plainId(snapshot.id))
        if (!record) return
        store.put('loose-snapshots', lastOf(record.tree), { ...record, attached: false })
        store.drop('snapshots', snapshot.id)
      }),
  }
}

/** The name of the tree in `/sim/alpha/name`, `host:/sim/alpha/name` or `\\host\name`; anything else is refused. */
function nameIn(location: string): string {
  const match = /^(?:(?:[A-Za-z0-9.:[\]-]+:)?\/(?:[A-Za-z0-9._-]+\/)*|\\\\[A-Za-z0-9.-]+\\)([^/\\]+)$/.exec(
    location,
  )
  if (!match?.[1] || location.includes('..'))
    throw new DriverError(
      `not a location of this backend: ${JSON.stringify(location.slice(0, 200))}`,
      'nothing-happened',
    )
  return plainId(match[1])
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
