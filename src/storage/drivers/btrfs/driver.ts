/**
 * Shares as btrfs subvolumes with a quota-group limit each, in one pool: a loop file, a device or a directory on btrfs.
 *
 * It promises that a share never holds more than its size, that every call may be repeated or cut short anywhere, and
 * that loop devices and mounts of an earlier process are found again and never doubled. It refuses to know who may
 * reach a share, how it is exported, and what a status is.
 */
import { join } from 'node:path'
import { attempt, commandsOf } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { harden } from '../../host/hardened.ts'
import { namesIn, withRemains } from '../../host/remains.ts'
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
import type { Commands } from '../../host/commands.ts'
import type { CallContext, Parts, StorageDriver } from '../../contract/driver.ts'
import type { BtrfsOptions } from './config.ts'
import type { Pool } from './pool.ts'

/** Builds the driver; nothing is touched before `setup`. Throws an Error when the options name no one pool. */
export function btrfsDriver(options: BtrfsOptions, parts: Parts): StorageDriver {
  const source = sourceOf(options)
  let ready: Pool | null = null

  /** Runs one call of the contract against the pool. */
  const withPool = <T>(
    call: CallContext,
    what: string,
    work: (commands: Commands, pool: Pool) => Promise<T>,
    errors: { fullMeans?: 'no-room-here' } = {},
  ): Promise<T> => {
    const pool = ready
    if (pool === null) {
      const why = `${what}: the backend ${parts.backend} is not set up yet`
      return Promise.reject(new DriverError(why, 'nothing-happened', { retryAfterS: 5 }))
    }
    return attempt(what, () => work(commandsOf(parts.exec, call), pool), errors)
  }

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
    create: (call, share) =>
      withPool(call, `creating share instance ${share.id}`, (c, pool) => createShare(c, pool, share), {
        fullMeans: 'no-room-here',
      }),
    delete: (call, share) =>
      withPool(call, `deleting share instance ${share.id}`, (c, pool) => deleteShare(c, pool, share)),
    extend: (call, share, newSizeGib) =>
      withPool(call, `extending share instance ${share.id}`, (c, pool) =>
        extendShare(c, pool, share, newSizeGib),
      ),
    ensure: (call, share) =>
      withPool(call, `finding share instance ${share.id}`, (c, pool) => ensureShare(c, pool, share)),
    inventory: (call) =>
      withPool(call, 'listing the pool', async (commands, pool) => {
        const { shares, snapshots } = await listingOf(commands, pool)
        const names = [...(await namesIn(commands, pool.layout.remains)), ...pool.binds.names()]
        return withRemains({ shares: shares.keys(), snapshots: snapshots.keys() }, names)
      }),

    snapshots: {
      create: (call, snapshot) =>
        withPool(call, `taking snapshot instance ${snapshot.id}`, (c, pool) =>
          createSnapshot(c, pool, snapshot),
        ),
      delete: (call, snapshot) =>
        withPool(call, `deleting snapshot instance ${snapshot.id}`, (c, pool) =>
          deleteSnapshot(c, pool, snapshot),
        ),
    },
    clones: {
      clone: (call, share, snapshot) =>
        withPool(
          call,
          `creating share instance ${share.id} from snapshot instance ${snapshot.id}`,
          (c, pool) => cloneShare(c, pool, share, pool.layout.snapshot(snapshot.id), snapshot.sizeGib),
          { fullMeans: 'no-room-here' },
        ),
    },
    reverts: {
      revert: (call, share, snapshot, operationId) =>
        withPool(call, `reverting share instance ${share.id}`, (c, pool) =>
          revertShare(c, pool, share, snapshot, operationId),
        ),
    },
    mountsSnapshots: {
      tree: (call, snapshot) =>
        withPool(call, `mounting snapshot instance ${snapshot.id}`, (c, pool) =>
          snapshotTree(c, pool, snapshot),
        ),
      release: (call, snapshot) =>
        withPool(call, `unmounting snapshot instance ${snapshot.id}`, (c, pool) =>
          pool.binds.release(c, snapshot.id),
        ),
    },
    shrinks: {
      shrink: (call, share, newSizeGib) =>
        withPool(call, `shrinking share instance ${share.id}`, (c, pool) =>
          shrinkShare(c, pool, share, newSizeGib),
        ),
    },
    manages: {
      manage: (call, share, exportPath) =>
        withPool(call, `taking over share instance ${share.id}`, (c, pool) =>
          manageShare(c, pool, share, exportPath),
        ),
      unmanage: (call, share) =>
        withPool(call, `giving back share instance ${share.id}`, (c, pool) => unmanageShare(c, pool, share)),
    },
    managesSnapshots: {
      manage: (call, snapshot, providerLocation) =>
        withPool(call, `taking over snapshot instance ${snapshot.id}`, (c, pool) =>
          manageSnapshot(c, pool, snapshot, providerLocation),
        ),
      unmanage: (call, snapshot) =>
        withPool(call, `giving back snapshot instance ${snapshot.id}`, (c, pool) =>
          unmanageSnapshot(c, pool, snapshot),
        ),
    },
    measures: {
      measure: (call, shares, snapshots, { refresh }) =>
        withPool(call, 'measuring the pool', (commands, pool) =>
          measureBatch(commands, pool, shares, snapshots, { refresh, now: () => parts.now() }),
        ),
    },
  }
}
