/**
 * Shares as subvolumes: made aside with mode and limit and then renamed into place, so that what is in `shares/` is
 * always complete; deleted by renaming into the trash first, so that a half-done delete is never taken for a share.
 */
import { fileURLToPath } from 'node:url'
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { isDiscarded } from './layout.ts'
import { clearPlace, freshCounters, gib, limit, notFound, rename, subvolumeIdOf } from './pool.ts'
import { removeRecords } from './records.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, ShareRef } from '../../contract/driver.ts'
import type { Pool } from './pool.ts'

const makeScript = fileURLToPath(new URL('make-share.sh', import.meta.url))

/** Makes an empty share, or finds the one an earlier call made. */
export async function createShare(commands: Commands, pool: Pool, share: ShareRef): Promise<CreatedShare> {
  return create(commands, pool, share, async (staging, path) => {
    const { share_mode: mode, data } = pool.options
    const settings = [mode, data === 'nodatacow' ? 'no' : 'yes', String(share.sizeGib * gib)]
    await commands.change(['sh', makeScript, staging, path, ...settings, pool.layout.root])
  })
}

/**
 * Makes a share from the subvolume `source` (a snapshot). `inheritedGib` is how much it may hold from the start: simple
 * quotas don't charge it for that.
 */
export async function cloneShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  source: string,
  inheritedGib: number,
): Promise<CreatedShare> {
  if ((await subvolumeIdOf(commands, source)) === null) throw notFound(`the snapshot ${source}`)
  const made = await create(commands, pool, share, async (staging, path) => {
    await clearPlace(commands, staging)
    await commands.change(['btrfs', '--quiet', 'subvolume', 'snapshot', '--', source, staging])
    // A clone inherits the limit of its source; its own replaces that before anybody can reach it.
    await limit(commands, staging, share.sizeGib * gib)
    await rename(commands, staging, path)
    await settle(commands, pool)
  })
  return { ...made, state: { ...made.state, inherited_gib: String(inheritedGib) } }
}

async function create(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  make: (staging: string, path: string) => Promise<void>,
): Promise<CreatedShare> {
  checkPool(share.pool, pool.options.pool_name)
  const path = pool.layout.share(share.id)
  if ((await subvolumeIdOf(commands, path)) === null)
    await make(pool.layout.staging(share.id, 'create'), path)
  return mountShare(commands, pool, share)
}

/** Makes what was done survive a power cut: a share that was reported as made must be there afterwards. */
export async function settle(commands: Commands, pool: Pool): Promise<void> {
  await commands.change(['btrfs', 'filesystem', 'sync', pool.layout.root])
}

/**
 * Finds the share, puts its mount and its limit back, answers where it is. Throws `not-found` when the data isn't there.
 */
export async function ensureShare(commands: Commands, pool: Pool, share: ShareRef): Promise<CreatedShare> {
  const found = await mountShare(commands, pool, share)
  const wanted = share.sizeGib * gib
  const counters = pool.qgroups.read(found.state['subvolume_id'] ?? '')
  if (counters !== null && counters.limit !== wanted) {
    // A limit moves at commit, so a power cut right after an extend can take it back.
    await limit(commands, pool.layout.share(share.id), wanted)
  }
  return found
}

/** Finds the share and puts its mount back. Throws `not-found` when the data isn't there. */
export async function mountShare(commands: Commands, pool: Pool, share: ShareRef): Promise<CreatedShare> {
  const path = pool.layout.share(share.id)
  const subvolumeId = await subvolumeIdOf(commands, path)
  if (subvolumeId === null) throw notFound(`share instance ${share.id}`)
  const options = { readOnly: false }
  const tree = await pool.binds.attach(commands, share.id, path, subvolumeId, options)
  return {
    state: { ...share.state, subvolume_id: subvolumeId },
    tree: { path: tree, readOnly: false },
  }
}

/** Removes the share and whatever half-done calls left of it. */
export async function deleteShare(commands: Commands, pool: Pool, share: ShareRef): Promise<void> {
  const { layout } = pool
  await pool.binds.release(commands, share.id)
  await discard(commands, pool, share.id)
  await clearPlace(commands, layout.staging(share.id, 'create'))
  await clearPlace(commands, layout.staging(share.id, 'revert'))
  await removeRecords(commands, [layout.record(share.id, 'revert'), layout.record(share.id, 'managed')])
  await emptyTrash(commands, pool, `${share.id}.`)
}

/** Moves the live subvolume of `id`, if there is one, into the trash. */
export async function discard(commands: Commands, pool: Pool, id: string): Promise<void> {
  const path = pool.layout.share(id)
  const subvolumeId = await subvolumeIdOf(commands, path)
  if (subvolumeId !== null) await rename(commands, path, pool.layout.discarded(id, subvolumeId))
}

/** Deletes what is in the trash, or only what begins with `prefix`. */
export async function emptyTrash(commands: Commands, pool: Pool, prefix = ''): Promise<void> {
  const { stdout } = await commands.look(['ls', '-A', '--', pool.layout.trash])
  for (const name of stdout.split('\n')) {
    // What a client planted there is nothing of ours.
    if (isDiscarded(name) && name.startsWith(prefix))
      await clearPlace(commands, `${pool.layout.trash}/${name}`)
  }
}

/** Raises the limit. */
export async function extendShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  newSizeGib: number,
): Promise<void> {
  const path = pool.layout.share(share.id)
  if ((await subvolumeIdOf(commands, path)) === null) throw notFound(`share instance ${share.id}`)
  await limit(commands, path, newSizeGib * gib)
}

/**
 * Lowers the limit, unless the share holds more. The limit goes down first and is looked at after: a client that writes
 * meanwhile is stopped by the limit, or makes the share too full and the old limit comes back.
 */
export async function shrinkShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  newSizeGib: number,
): Promise<void> {
  const path = pool.layout.share(share.id)
  const subvolumeId = await subvolumeIdOf(commands, path)
  if (subvolumeId === null) throw notFound(`share instance ${share.id}`)
  const used = async () => {
    const { referenced } = await freshCounters(commands, pool, path, subvolumeId)
    return referenced + uncharged(pool, share)
  }
  if ((await used()) > newSizeGib * gib) throw wouldLoseData(share, newSizeGib)
  await limit(commands, path, newSizeGib * gib)
  if ((await used()) <= newSizeGib * gib) return
  await limit(commands, path, share.sizeGib * gib)
  throw wouldLoseData(share, newSizeGib)
}

/** Bytes that may be in the share without being charged to it: only simple quotas have such. */
function uncharged(pool: Pool, share: ShareRef): number {
  return pool.options.quota_mode === 'simple' ? Number(share.state['inherited_gib'] ?? 0) * gib : 0
}

function wouldLoseData(share: ShareRef, newSizeGib: number): DriverError {
  return new DriverError(`share instance ${share.id} holds more than ${newSizeGib} GiB`, 'nothing-happened', {
    reason: 'shrink-would-lose-data',
  })
}
