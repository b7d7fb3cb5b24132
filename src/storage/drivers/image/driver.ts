/**
 * Shares as file systems of their own: each is an image file in a pool on btrfs, attached by a loop device. A client that sends
 * handles which no server gave it reaches nothing of another share, because the handles of one file system mean nothing in another.
 *
 * It promises that a share holds at least its size and never more than some per cent above, that every call may be repeated or
 * cut short anywhere, and that loop devices and mounts of an earlier process are found again and never doubled. It refuses to
 * know who may reach a share, how it is exported, and what a status is.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attach, detach } from '../btrfs/attach.ts'
import { sourceOf } from '../btrfs/config.ts'
import { reportPool } from '../btrfs/measure.ts'
import { enableQuotas } from '../btrfs/quotas.ts'
import { attempt, commandsOf, hostLacks } from '../../host/commands.ts'
import { poolCalls, withPoolOf, type PoolWork } from '../../host/pool-calls.ts'
import { mountedBelow, namesIn } from '../../host/remains.ts'
import { compactShare, exceedingIn, exceedingReport, whyStuck } from './compact.ts'
import { layoutOf } from './layout.ts'
import { manageShare, manageSnapshot, unmanageShare, unmanageSnapshot } from './manage.ts'
import { failedIn, listingOf, measureBatch, promisedIn, roomLeft } from './measure.ts'
import { carryOut } from './plan.ts'
import { isThere, seenFile } from './pool.ts'
import { cloneShare, createShare, deleteShare, ensureShare, extendShare } from './shares.ts'
import { checkShrink, shrinkShare } from './shrink.ts'
import { createSnapshot, deleteSnapshot, releaseSnapshot, revertShare, snapshotTree } from './snapshots.ts'
import type { Commands } from '../../host/commands.ts'
import type { Parts, StorageDriver } from '../../contract/driver.ts'
import type { ImageOptions } from './config.ts'
import type { Pool } from './pool.ts'

/** An image that finds no room when a client writes is an I/O error inside; so nothing is promised twice. */
const usualOverSubscription = 1

/** Builds the driver; nothing is touched before `setup`. Throws an Error when the options name no one pool. */
export function imageDriver(options: ImageOptions, parts: Parts): StorageDriver {
  const source = sourceOf(options, 'image')
  const overSubscription = parts.overSubscription ?? usualOverSubscription
  let ready: Pool | null = null
  /** Why shares that hold too much stay so. */
  const stuck = new Map<string, string>()
  /** As of the last report. */
  let lacksRoom = false

  const withPool = withPoolOf(parts, () => ready)
  const calls = poolCalls(withPool, work, () => parts.now())

  return {
    name: 'image',
    reach: 'host',
    separates: 'file-system',
    overSubscription: usualOverSubscription,

    async setup(call) {
      const commands = commandsOf(parts.exec, call)
      ready = await attempt(`setting up the image pool of ${parts.backend}`, async () => {
        await checkHost(commands)
        const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
        const attached = await attach(commands, source, dir)
        const qgroups = await enableQuotas(commands, attached, 'full')
        const layout = layoutOf(attached.top)
        if (!(await isThere(commands, layout.root)))
          await commands.change(['btrfs', '--quiet', 'subvolume', 'create', '--', layout.root])
        const [exports, aside, locks] = ['exports', 'aside', 'locks'].map((name) => join(dir, name)) as [
          string,
          string,
          string,
        ]
        await commands.change(['mkdir', '-p', '-m', '0700', '--', ...layout.folders, exports, aside, locks])
        await carryOut(commands, [
          ['empty', layout.trash, ''],
          ['forget', seenFile({ locks })],
        ])
        const host = source.kind === 'loop' ? source.path : ''
        return { attached, layout, qgroups, options, host, overSubscription, exports, aside, locks }
      })
    },

    async stop(call, { detach: leave }) {
      if (!leave) return
      ready = null
      const commands = commandsOf(parts.exec, call)
      await attempt(`detaching the image pool of ${parts.backend}`, async () => {
        const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
        const exports = join(dir, 'exports')
        if (await isThere(commands, exports)) await carryOut(commands, [['unmount-all', exports]])
        await detach(commands, source, dir)
      })
    },

    pools: (call) =>
      withPool(call, 'reading the capacity of the pool', async (commands, pool) => {
        const { attached, qgroups } = pool
        const poolOptions = { pool_name: options.pool_name, quota_mode: 'full' } as const
        const report = await reportPool(commands, { attached, qgroups, options: poolOptions }, source)
        const { freeGib, extra, lacksRoom: lacks } = await promisedIn(commands, pool)
        lacksRoom = lacks
        const exceeding = exceedingReport(await exceedingIn(commands, pool, false), stuck)
        return [{ ...report, freeGib, extra: { ...report.extra, ...extra, ...exceeding } }]
      }),
    ...calls,
    shrinks: {
      moves: (call, share, newSizeGib) =>
        withPool(call, `looking whether share instance ${share.id} can shrink`, async (c, pool) => {
          // With the size that it is to have: one that has been shrunk already must not grow back.
          await checkShrink(c, pool, { ...share, sizeGib: newSizeGib }, newSizeGib)
        }),
      ...calls.shrinks,
    },
    watches: {
      room: (call) =>
        withPool(call, 'looking what is left of the pool', async (c, pool) => [await roomLeft(c, pool)]),
      failed: (call) =>
        withPool(call, 'looking for file systems that have shut down', (c, pool) => failedIn(c, pool)),
    },
    compacts: {
      exceeding: (call) =>
        withPool(call, 'looking for shares that exceed their images', (c, pool) =>
          exceedingIn(c, pool, lacksRoom),
        ),
      compact: (call, id) =>
        withPool(call, `compacting share instance ${id}`, async (c, pool) => {
          const ended = await compactShare(c, pool, id, lacksRoom)
          const why = pool.options.compact_mib_per_s === 0 ? 'it is switched off' : whyStuck(ended)
          if (why === null) stuck.delete(id)
          else stuck.set(id, why)
          return ended
        }),
    },
  }
}

/** What each call does in the pool. */
const work: PoolWork<Pool> = {
  createShare,
  deleteShare,
  extendShare,
  shrinkShare,
  ensureShare,
  revertShare,
  cloneShare: (commands, pool, share, { id }) => cloneShare(commands, pool, share, pool.layout.snapshot(id)),
  manageShare,
  unmanageShare,
  createSnapshot,
  snapshotNeedsRoom: true,
  deleteSnapshot,
  snapshotTree,
  releaseSnapshot,
  manageSnapshot,
  unmanageSnapshot,
  listing: listingOf,
  remains: async (commands, pool) => [
    ...(await namesIn(commands, pool.layout.remains)),
    ...mountedBelow(pool.exports),
  ],
  measure: measureBatch,
}

/** Throws `host-lacks` when a program is missing, the kernel has no XFS or no loop devices. */
async function checkHost(commands: Commands): Promise<void> {
  for (const program of ['btrfs', 'mkfs.xfs', 'xfs_db']) {
    await commands.look([program, program === 'btrfs' ? '--version' : '-V'])
  }
  const knowsXfs = () => /^\s*xfs$/m.test(readFileSync('/proc/filesystems', 'utf8'))
  // A kernel that has it as a module loads it here, where a failure can be told in words.
  if (!knowsXfs()) await commands.change(['modprobe', '--quiet', 'xfs'], { okCodes: [0, 1] })
  if (!knowsXfs()) throw hostLacks('the kernel has no XFS, which the images are formatted with')
  if (!(await isThere(commands, '/dev/loop-control')))
    throw hostLacks('there is no /dev/loop-control: this host (or container) can attach no loop devices')
}
