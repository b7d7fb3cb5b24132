/**
 * Shares as btrfs subvolumes with a quota-group limit each, in one pool: a loop file, a device or a directory on btrfs.
 *
 * It promises that a share never holds more than its size, that every call may be repeated or cut short anywhere, and
 * that loop devices and mounts of an earlier process are found again and never doubled. It refuses to know who may
 * reach a share, how it is exported, and what a status is.
 */
import { join } from 'node:path'
import { attempt, commandsOf } from '../../host/commands.ts'
import { harden } from '../../host/hardened.ts'
import { poolCalls, withPoolOf, type PoolWork } from '../../host/pool-calls.ts'
import { namesIn } from '../../host/remains.ts'
import { attach, detach } from './attach.ts'
import { bindsUnder } from './binds.ts'
import { sourceOf } from './config.ts'
import { exposedBy } from './exposes.ts'
import { layoutOf } from './layout.ts'
import { manageShare, manageSnapshot, unmanageShare, unmanageSnapshot } from './manage.ts'
import { measureBatch, reportPool } from './measure.ts'
import { prepareRecords } from './records.ts'
import { listingOf, subvolumeIdOf } from './pool.ts'
import { enableQuotas } from './quotas.ts'
import {
  cloneShare,
  createShare,
  deleteShare,
  emptyTrash,
  ensureShare,
  extendShare,
  shrinkShare,
} from './shares.ts'
import { createSnapshot, deleteSnapshot, revertShare, snapshotTree } from './snapshots.ts'
import type { Parts, StorageDriver } from '../../contract/driver.ts'
import type { BtrfsOptions } from './config.ts'
import type { Pool } from './pool.ts'

/** Builds the driver; nothing is touched before `setup`. Throws an Error when the options name no one pool. */
export function btrfsDriver(options: BtrfsOptions, parts: Parts): StorageDriver {
  const source = sourceOf(options)
  let ready: Pool | null = null

  const withPool = withPoolOf(parts, () => ready)

  return {
    name: 'btrfs',
    reach: 'host',

    exposes: (call) =>
      attempt(`looking at what lies beside the pool of ${parts.backend}`, () =>
        exposedBy(commandsOf(parts.exec, call), source, parts.dir),
      ),

    async setup(call) {
      const commands = commandsOf(parts.exec, call)
      ready = await attempt(`setting up the btrfs pool of ${parts.backend}`, async () => {
        await commands.look(['btrfs', '--version'])
        const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
        const attached = await attach(commands, source, dir)
        const qgroups = await enableQuotas(commands, attached, options.quota_mode)
        const layout = layoutOf(attached.top, dir)
        if (options.data === 'compress' && source.kind !== 'directory') {
          await commands.change(['mount', '-o', 'remount,compress-force=zstd:1', attached.top])
          await harden(commands, attached.top)
        }
        if ((await subvolumeIdOf(commands, layout.root)) === null) {
          await commands.change(['btrfs', '--quiet', 'subvolume', 'create', '--', layout.root])
        }
        await commands.change(['mkdir', '-p', '-m', '0700', '--', ...layout.folders])
        await prepareRecords(commands, layout)
        const pool: Pool = { attached, layout, qgroups, options, binds: bindsUnder(join(dir, 'exports')) }
        await emptyTrash(commands, pool).catch((err: unknown) => {
          // It holds space and nobody else up; the next start tries again.
          call.log.warn({ backend: parts.backend, err }, 'the trash of the pool was not emptied')
        })
        return pool
      })
    },

    async stop(call, { detach: leave }) {
      const pool = ready
      if (!leave) return
      ready = null
      const commands = commandsOf(parts.exec, call)
      await attempt(`detaching the btrfs pool of ${parts.backend}`, async () => {
        const dir = (await commands.look(['realpath', '-e', '--', parts.dir])).stdout.trimEnd()
        await (pool?.binds ?? bindsUnder(join(dir, 'exports'))).releaseAll(commands)
        await detach(commands, source, dir)
      })
    },

    pools: (call) =>
      withPool(call, 'reading the capacity of the pool', async (commands, pool) => [
        await reportPool(commands, pool, source),
      ]),
    ...poolCalls(withPool, work, () => parts.now()),
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
  cloneShare: (commands, pool, share, { id, sizeGib }) =>
    cloneShare(commands, pool, share, pool.layout.snapshot(id), sizeGib),
  manageShare,
  unmanageShare,
  createSnapshot,
  snapshotNeedsRoom: false,
  deleteSnapshot,
  snapshotTree,
  releaseSnapshot: (commands, pool, id) => pool.binds.release(commands, id),
  manageSnapshot,
  unmanageSnapshot,
  listing: listingOf,
  remains: async (commands, pool) => [
    ...(await namesIn(commands, pool.layout.remains)),
    ...pool.binds.names(),
  ],
  measure: measureBatch,
}
