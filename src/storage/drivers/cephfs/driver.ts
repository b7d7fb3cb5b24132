/**
 * Shares as CephFS subvolumes with a quota each, in one subvolume group of a Ceph cluster that any number of hosts reach.
 *
 * It promises that a share holds no more than its size (Ceph's clients enforce that, within seconds), that every call may
 * be repeated or cut short anywhere, and that an owner that was replaced, on whatever host, changes nothing any more. It
 * refuses to know how NFS reaches a share, and what a status is.
 */
import { attempt, hostLacks } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { applyNatively, publishedNatively, publishNatively, unpublishNatively } from './access.ts'
import { agentOf, agentProcess, expectAll } from './agent.ts'
import { inventoryOf } from './inventory.ts'
import { manageShare, manageSnapshot, unmanageShare, unmanageSnapshot } from './manage.ts'
import { measureBatch, reportPool } from './measure.ts'
import { createShare, deleteShare, ensureShare, extendShare, shrinkShare } from './shares.ts'
import { grantServer, withdrawServer } from './server-users.ts'
import { cloneShare, createSnapshot, deleteSnapshot } from './snapshots.ts'
import { volumeOf } from './volume.ts'
import type { CallContext, Parts, StorageDriver } from '../../contract/driver.ts'
import type { Agent, Step } from './agent.ts'
import type { CephfsOptions } from './config.ts'
import type { Site, Volume } from './volume.ts'

const leftOpen =
  'CephFS judges each cephx key by path and RADOS namespace. A share made from a snapshot lies in the namespace of the share it was copied from: a key for one of the two reads the objects of the other, though not its directory. All clients share the cluster and can slow each other down.'

/** Builds the driver; the cluster is not spoken to before `setup`. */
export function cephfsDriver(options: CephfsOptions, parts: Parts): StorageDriver {
  const child = agentProcess(options)
  let site: Site | null = null

  /** Runs one call of the contract. */
  const on = <T>(call: CallContext, what: string, work: (volume: Volume) => Promise<T>): Promise<T> => {
    const ready = site
    if (ready === null) {
      const why = `${what}: the backend ${parts.backend} is not set up yet`
      return Promise.reject(new DriverError(why, 'nothing-happened', { retryAfterS: 5 }))
    }
    return attempt(what, () => work(volumeOf(ready, child, call)))
  }

  return {
    name: 'cephfs',
    // Without namespaces a key reads the objects of every share of the pool, whatever the metadata server allows it.
    ...(options.namespace_isolated && { separates: 'user' as const }),
    reach: 'network',

    async setup(call) {
      site = await attempt(`reaching the CephFS of ${parts.backend}`, () =>
        findSite(agentOf(child, call, options, null), options),
      )
    },
    async stop() {
      // Nothing is mounted, nothing serves clients: only our own connection ends.
      child.end()
    },

    pools: (call) => on(call, 'reading the capacity of CephFS', async (volume) => [await reportPool(volume)]),
    create: (call, share) =>
      on(call, `creating share instance ${share.id}`, (volume) => createShare(volume, share)),
    delete: (call, share) =>
      on(call, `deleting share instance ${share.id}`, async (volume) => {
        // What a publication that was cut short may have left.
        await withdrawServer(volume, share)
        await deleteShare(volume, share)
      }),
    extend: (call, share, newSizeGib) =>
      on(call, `extending share instance ${share.id}`, (volume) => extendShare(volume, share, newSizeGib)),
    ensure: (call, share) =>
      on(call, `finding share instance ${share.id}`, (volume) => ensureShare(volume, share)),
    inventory: (call) => on(call, 'listing the subvolume group', inventoryOf),

    snapshots: {
      create: (call, snapshot) =>
        on(call, `taking snapshot instance ${snapshot.id}`, (volume) => createSnapshot(volume, snapshot)),
      delete: (call, snapshot) =>
        on(call, `deleting snapshot instance ${snapshot.id}`, (volume) => deleteSnapshot(volume, snapshot)),
    },
    clones: {
      clone: (call, share, snapshot) =>
        on(call, `creating share instance ${share.id} from snapshot instance ${snapshot.id}`, (volume) =>
          cloneShare(volume, share, snapshot),
        ),
    },
    shrinks: {
      shrink: (call, share, newSizeGib) =>
        on(call, `shrinking share instance ${share.id}`, (volume) => shrinkShare(volume, share, newSizeGib)),
    },
    manages: {
      manage: (call, share, exportPath) =>
        on(call, `taking over share instance ${share.id}`, (volume) =>
          manageShare(volume, share, exportPath),
        ),
      unmanage: (call, share) =>
        on(call, `giving back share instance ${share.id}`, (volume) => unmanageShare(volume, share)),
    },
    managesSnapshots: {
      manage: (call, snapshot, providerLocation) =>
        on(call, `taking over snapshot instance ${snapshot.id}`, (volume) =>
          manageSnapshot(volume, snapshot, providerLocation),
        ),
      unmanage: (call, snapshot) =>
        on(call, `giving back snapshot instance ${snapshot.id}`, (volume) =>
          unmanageSnapshot(volume, snapshot),
        ),
    },
    measures: {
      measure: (call, shares, snapshots, { refresh }) =>
        on(call, 'measuring CephFS', (volume) =>
          measureBatch(volume, shares, snapshots, { refresh, now: () => parts.now() }),
        ),
    },
    serverUsers: {
      grant: (call, target) =>
        on(call, `making the user of ${target.id}`, (volume) => grantServer(volume, target)),
      withdraw: (call, target) =>
        on(call, `removing the user of ${target.id}`, (volume) => withdrawServer(volume, target)),
    },
    native: {
      leftOpen,
      protocols: ['CEPHFS'],
      accessTypes: [['CEPHFS', 'cephx']],
      publish: (call, target) =>
        on(call, `publishing ${target.id}`, (volume) => publishNatively(volume, target)),
      unpublish: (call, target) =>
        on(call, `unpublishing ${target.id}`, (volume) => unpublishNatively(volume, target)),
      applyRules: (call, target, rules) =>
        on(call, `applying access rules of ${target.id}`, (volume) => applyNatively(volume, target, rules)),
      inventory: (call) => on(call, 'listing native exports', publishedNatively),
    },
  }
}

/** Finds the file system and its pools, and makes the subvolume group. */
async function findSite(agent: Agent, options: CephfsOptions): Promise<Site> {
  const { subvolume_group: group_name, filesystem: vol_name } = options
  const list: Step = { do: 'mon', command: { prefix: 'fs ls', format: 'json' } }
  const [answer] = expectAll([list], await agent.look([list]))
  const all = JSON.parse(answer?.out ?? '[]') as readonly { name: string; data_pools: readonly string[] }[]
  const found = all.find(({ name }) => name === vol_name)
  if (found === undefined)
    throw hostLacks(
      `there is no CephFS ${vol_name}; the cluster has ${all.map(({ name }) => name).join(', ') || 'none'}`,
    )
  const first = found.data_pools[0] ?? ''
  const dataPool = options.data_pool ?? first
  if (!found.data_pools.includes(dataPool))
    throw hostLacks(
      `${dataPool} is no data pool of CephFS ${vol_name}; it has ${found.data_pools.join(', ')}`,
    )
  const make: Step = { do: 'mgr', command: { prefix: 'fs subvolumegroup create', vol_name, group_name } }
  expectAll([make], await agent.look([make]))
  return { options, dataPool, statePool: options.state_pool ?? first }
}
