/** Capacity of the pool and sizes of what is in it, from the file system's own counters; no directory is walked. */
import { dirname } from 'node:path'
import { listingOf } from './pool.ts'
import { mendCounters } from './quotas.ts'
import type { Commands } from '../../host/commands.ts'
import type { Measurement, PoolReport, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { BtrfsOptions, PoolSource } from './config.ts'
import { gib } from './pool.ts'
import type { Pool } from './pool.ts'

const rescanning = 'the quota counters of the pool are being rescanned'
const simpleShare =
  'simple quotas charge an extent to the subvolume that wrote it first: what a share reaches or holds alone is not known'
const simpleSnapshot = 'simple quotas do not count what a snapshot shares with its share'

/**
 * The pool as one report. Free space is what the file system can hand out now: space of deleted subvolumes is not in it until
 * the cleaner is done (`deleted_pending` says how many it has to do), and a sparse image never claims
 * more than its host file system could give.
 */
export async function reportPool(
  commands: Commands,
  pool: Pick<Pool, 'attached' | 'qgroups'> & {
    readonly options: Pick<BtrfsOptions, 'pool_name' | 'quota_mode'>
  },
  source: PoolSource,
): Promise<PoolReport> {
  const { top } = pool.attached
  const image = source.kind === 'loop' ? source.path : null
  const places = image === null ? [top] : [top, dirname(image)]
  const argv = ['stat', '--file-system', '--format', '%S %b %f %a', '--', ...places]
  const [own, host] = numbers((await commands.look(argv)).stdout)
  const [unit = 0, blocks = 0, unused = 0, available = 0] = own ?? []
  let free = unit * available
  if (image !== null && host !== undefined) {
    const [hostUnit = 0, , , hostAvailable = 0] = host
    const [[allocated = 0] = []] = numbers(
      (await commands.look(['stat', '--format', '%b', '--', image])).stdout,
    )
    const reusable = Math.max(0, allocated * 512 - unit * (blocks - unused))
    free = Math.min(free, hostUnit * hostAvailable + reusable)
  }
  const deleted = await commands.look(['btrfs', 'subvolume', 'list', '-d', top])
  const stale = await mendCounters(commands, pool.attached, pool.qgroups, { wait: false })
  return {
    name: pool.options.pool_name,
    totalGib: (unit * blocks) / gib,
    freeGib: free / gib,
    thin: true,
    extra: {
      quota_mode: pool.options.quota_mode,
      quota_enforced: true,
      quota_consistent: !stale,
      deleted_pending: deleted.stdout.split('\n').filter((line) => line !== '').length,
    },
  }
}

/** Measures a batch: one command that maps instance ids to subvolumes, one sync when `refresh` asks, then sysfs. */
export async function measureBatch(
  commands: Commands,
  pool: Pool,
  shares: readonly ShareRef[],
  snapshots: readonly SnapshotRef[],
  options: { refresh: boolean; now: () => number },
): Promise<readonly Measurement[]> {
  if (options.refresh) await commands.look(['btrfs', 'filesystem', 'sync', pool.layout.root])
  const listing = await listingOf(commands, pool)
  const stale = pool.qgroups.inconsistent()
  const measure = (id: string, subvolumeId: string | undefined, kind: 'share' | 'snapshot') =>
    measurementOf(pool, id, subvolumeId, kind, stale, options.now())
  return [
    ...shares.map(({ id }) => measure(id, listing.shares.get(id), 'share')),
    ...snapshots.map(({ id }) => measure(id, listing.snapshots.get(id), 'snapshot')),
  ]
}

function measurementOf(
  pool: Pool,
  id: string,
  subvolumeId: string | undefined,
  kind: 'share' | 'snapshot',
  stale: boolean,
  measuredAtUs: number,
): Measurement {
  const simple = pool.options.quota_mode === 'simple'
  const method = simple ? 'btrfs-squota' : 'btrfs-qgroup'
  const unknown = { id, method, measuredAtUs, usedBytes: null, referencedBytes: null, exclusiveBytes: null }
  if (subvolumeId === undefined) return { ...unknown, reason: `${kind} instance ${id} is not in the pool` }
  const counters = pool.qgroups.read(subvolumeId)
  if (counters === null) return { ...unknown, reason: 'the kernel has no counters for it yet' }
  if (simple) {
    if (kind === 'snapshot') return { ...unknown, reason: simpleSnapshot }
    return { ...unknown, usedBytes: counters.referenced, reason: simpleShare }
  }
  if (stale) return { ...unknown, reason: rescanning }
  const { referenced, exclusive } = counters
  return {
    ...unknown,
    usedBytes: referenced,
    referencedBytes: referenced,
    exclusiveBytes: exclusive,
    reason: null,
  }
}

function numbers(text: string): readonly (readonly number[])[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' ').map(Number))
}
