/** Sizes of what is in the pool: what users fill from the file systems inside, the rest from the pool's quota groups. */
import { parseListing } from '../btrfs/layout.ts'
import { mounts } from '../../host/mountinfo.ts'
import { carryOut } from './plan.ts'
import { seenFile } from './pool.ts'
import { emptyBytes, gib, sizeThatFits } from './size.ts'
import type { Commands } from '../../host/commands.ts'
import type { Measurement, PoolRoom, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Listing } from '../btrfs/layout.ts'
import type { Pool } from './pool.ts'

const maxOutputBytes = 64 * 1024 * 1024
/** Paths in one command: well below what the kernel takes as arguments. */
const atOnce = 5000

const rescanning = 'the quota counters of the pool are being rescanned'

/** Every share and snapshot of the pool, by one command. */
export async function listingOf(commands: Commands, pool: Pool): Promise<Listing> {
  const argv = ['btrfs', 'subvolume', 'list', '-o', pool.layout.root]
  return parseListing((await commands.look(argv, { maxOutputBytes })).stdout)
}

/** Measures a batch: one command that lists the pool, one that asks all mounted file systems, then sysfs. */
export async function measureBatch(
  commands: Commands,
  pool: Pool,
  shares: readonly ShareRef[],
  snapshots: readonly SnapshotRef[],
  options: { refresh: boolean; now: () => number },
): Promise<readonly Measurement[]> {
  if (shares.length + snapshots.length === 0) return []
  if (options.refresh) await commands.look(['btrfs', 'filesystem', 'sync', pool.layout.root])
  const listing = await listingOf(commands, pool)
  const stale = pool.qgroups.inconsistent()
  const used = await usedIn(commands, pool, new Set(shares.map(({ id }) => id)))
  const held = (id: string, subvolumeId: string | undefined, kind: 'share' | 'snapshot') => {
    if (subvolumeId === undefined) return `${kind} instance ${id} is not in the pool`
    if (stale) return rescanning
    return pool.qgroups.read(subvolumeId) ?? 'the kernel has no counters for it yet'
  }
  const measurement = (
    id: string,
    method: string,
    usedBytes: number | string,
    counters: ReturnType<typeof held>,
  ) => {
    const known = typeof counters === 'string' ? null : counters
    const reasons = [counters, usedBytes].filter((value) => typeof value === 'string')
    return {
      id,
      method,
      measuredAtUs: options.now(),
      usedBytes: typeof usedBytes === 'string' ? null : usedBytes,
      referencedBytes: known?.referenced ?? null,
      exclusiveBytes: known?.exclusive ?? null,
      reason: reasons[0] ?? null,
    }
  }
  return [
    ...shares.map(({ id }) => {
      const counters = held(id, listing.shares.get(id), 'share')
      return measurement(id, 'xfs-statfs', used.get(id) ?? `share instance ${id} is not mounted`, counters)
    }),
    ...snapshots.map(({ id }) => {
      const counters = held(id, listing.snapshots.get(id), 'snapshot')
      const all = typeof counters === 'string' ? counters : counters.referenced
      return measurement(id, 'btrfs-qgroup', all, counters)
    }),
  ]
}

/** Bytes that users fill, by share instance id; those that aren't mounted, or whose file system failed, are left out. */
export async function usedIn(
  commands: Commands,
  pool: Pool,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, number>> {
  const idOf = new Map(
    mounts().flatMap(({ path, fsType }) => {
      if (fsType !== 'xfs' || !path.startsWith(`${pool.exports}/`)) return []
      const id = path.split('/').at(-1)?.split('.')[0] ?? ''
      return ids.has(id) ? [[path, id] as const] : []
    }),
  )
  const paths = [...idOf.keys()]
  const used = new Map<string, number>()
  for (let from = 0; from < paths.length; from += atOnce) {
    const argv = [
      'stat',
      '--file-system',
      '--format',
      '%S %b %f %n',
      '--',
      ...paths.slice(from, from + atOnce),
    ]
    // One that has shut itself down is told on standard error, and the others all the same.
    const { stdout } = await commands.look(argv, { okCodes: [0, 1], maxOutputBytes })
    for (const line of stdout.split('\n')) {
      const [, unit = '', blocks = '', free = '', path = ''] = /^(\d+) (\d+) (\d+) (.+)$/.exec(line) ?? []
      const id = idOf.get(path)
      if (id === undefined) continue
      const bytes = Number(unit) * (Number(blocks) - Number(free))
      used.set(id, Math.max(0, bytes - emptyBytes(Number(unit) * Number(blocks))))
    }
  }
  return used
}

/** Of a pool that can promise less than this part of itself, shares are written anew where that lets it promise more. */
const lackingPart = 0.1

/** What of a pool's report follows from what its images may still take. */
export interface Promised {
  readonly freeGib: number
  /** Little more can be promised. */
  readonly lacksRoom: boolean
  readonly extra: { readonly free_bytes: number; readonly promised_bytes: number }
}

/**
 * What can be placed: a share of so many GiB, as a whole, is one that {@link roomStep} lets be. Where space is promised more often than
 * it is there, no more than what the file system counts as free.
 */
export async function promisedIn(commands: Commands, pool: Pool): Promise<Promised> {
  const { layout, qgroups, host, options, overSubscription } = pool
  const { said } = await carryOut(commands, [['promised', layout.root, qgroups.folder, host, seenFile(pool)]])
  const [total, available, promised] = ['total', 'available', 'promised'].map((word) =>
    Number(said.get(word)),
  ) as [number, number, number]
  const more = (overSubscription - 1 - options.reserve_percent / 100) * total - promised
  const fits = sizeThatFits(available + more)
  return {
    freeGib: Math.min(available / gib, fits),
    lacksRoom: fits * gib < lackingPart * total,
    extra: { free_bytes: available, promised_bytes: promised },
  }
}

/** What clients can still write before the pool is at its reserve. */
export async function roomLeft(commands: Commands, pool: Pool): Promise<PoolRoom> {
  const { layout, host, options } = pool
  const { said } = await carryOut(commands, [['left', layout.root, host]])
  const totalBytes = Number(said.get('total'))
  const reserveBytes = Math.round((totalBytes * options.reserve_percent) / 100)
  return { name: options.pool_name, freeBytes: Number(said.get('available')), totalBytes, reserveBytes }
}

/** Ids whose file systems are mounted and have shut themselves down. */
export async function failedIn(commands: Commands, pool: Pool): Promise<readonly string[]> {
  const { said } = await carryOut(commands, [['failed', pool.exports]])
  return (said.get('failed') ?? '').split(',').filter((id) => id !== '')
}
