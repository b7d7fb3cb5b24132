/** Capacity and sizes from counters that CephFS keeps per directory: read from one inode each, nothing is walked. */
import { settledSizes, sizesOf } from './shares.ts'
import { gib, knownName, lookAll, snapshotName } from './volume.ts'
import type { Measurement, PoolReport, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Volume } from './volume.ts'

const alone = 'CephFS does not tell which bytes a directory or a snapshot holds alone'

/** Total and free of the data pool, copies and failure reserves taken off (MAX AVAIL). */
export async function reportPool(volume: Volume): Promise<PoolReport> {
  const { options, dataPool } = volume
  const [df, trash] = await lookAll(volume, [
    { do: 'mon', command: { prefix: 'df', detail: 'detail', format: 'json' } },
    { do: 'list', path: '/_deleting' },
  ])
  const { pools } = JSON.parse(df?.out ?? '{}') as {
    pools: readonly { name: string; stats: { stored: number; max_avail: number } }[]
  }
  const stats = pools.find(({ name }) => name === dataPool)?.stats
  return {
    name: options.pool_name,
    totalGib: stats === undefined ? null : (stats.stored + stats.max_avail) / gib,
    freeGib: stats === undefined ? null : stats.max_avail / gib,
    thin: true,
    extra: {
      quota_enforced: true,
      // Their space counts as used until Ceph has given it back.
      deleted_pending: Array.isArray(trash?.value) ? trash.value.length : 0,
    },
  }
}

/** Measures a batch with one command; with `refresh` again until two looks agree, because the counters lag. */
export async function measureBatch(
  volume: Volume,
  shares: readonly ShareRef[],
  snapshots: readonly SnapshotRef[],
  options: { refresh: boolean; now: () => number },
): Promise<readonly Measurement[]> {
  const places = [
    ...shares.map((share) => ({ id: share.id, path: sharePath(volume, share), kind: 'share' })),
    ...snapshots.map((snapshot) => ({
      id: snapshot.id,
      path: `${groupOf(volume)}/${knownName(snapshot.share)}/.snap/${snapshotName(snapshot)}`,
      kind: 'snapshot',
    })),
  ]
  if (places.length === 0) return []
  const paths = places.map(({ path }) => path)
  const sizes = await (options.refresh ? settledSizes(volume, paths) : sizesOf(volume, paths))
  const measuredAtUs = options.now()
  return places.map(({ id, kind }, index): Measurement => {
    const bytes = sizes[index] ?? null
    const missing = `${kind} instance ${id} is not in the file system`
    return {
      id,
      usedBytes: bytes,
      referencedBytes: bytes,
      exclusiveBytes: null,
      reason: bytes === null ? missing : alone,
      method: 'cephfs-rstat',
      measuredAtUs,
    }
  })
}

/** What clients mount; without state, the subvolume around it, which is larger by Ceph's own notes (some 100 bytes). */
function sharePath(volume: Volume, share: ShareRef): string {
  const around = `${groupOf(volume)}/${knownName(share)}`
  const path = share.state['path'] ?? ''
  return path.startsWith(`${around}/`) && !path.includes('..') ? path : around
}

const groupOf = ({ options }: Volume): string => `/volumes/${options.subvolume_group}`
