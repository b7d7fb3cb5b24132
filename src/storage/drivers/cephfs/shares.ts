/** Shares as subvolumes with a quota of exactly their size. */
import { setTimeout as sleep } from 'node:timers/promises'
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { codes, expectAll } from './agent.ts'
import {
  belongsTo,
  changeAll,
  checkedId,
  cloneCommand,
  createdShare,
  gib,
  infoFrom,
  knownName,
  lookAll,
  nameOf,
  places,
  sizesFrom,
  subvolume,
} from './volume.ts'
import type { CreatedShare, ShareRef } from '../../contract/driver.ts'
import type { Step } from './agent.ts'
import type { Info, Volume } from './volume.ts'

/** How long a cancelled clone may take to stop, and a deletion to be let through. */
const deleteAgainS = 30

/** Makes the subvolume or finds the one that an earlier call made. */
export async function createShare(volume: Volume, share: ShareRef): Promise<CreatedShare> {
  const { options, dataPool } = volume
  checkPool(share.pool, options.pool_name)
  const id = checkedId(share.id)
  const args = {
    size: share.sizeGib * gib,
    mode: options.share_mode,
    ...(options.namespace_isolated ? { namespace_isolated: true } : {}),
    ...(options.data_pool === undefined ? {} : { pool_layout: dataPool }),
  }
  const steps = [subvolume(volume, 'create', id, args), subvolume(volume, 'info', id)]
  const [, info] = await changeAll(volume, id, steps)
  return createdShare(volume, share, id, infoFrom(info ?? { code: 0 }))
}

/**
 * Removes the subvolume: Ceph moves it to its trash at once and gives the space back in the background. A clone that is
 * still being filled is cancelled first.
 */
export async function deleteShare(volume: Volume, share: ShareRef): Promise<void> {
  const id = checkedId(share.id)
  if (await deleteNamed(volume, id, knownName(share))) return
  // Without its state a share that was taken over is known by its record alone; one that was let go is nobody's.
  const name = await nameOf(volume, share)
  if (name !== null && name !== knownName(share)) await deleteNamed(volume, id, name)
}

/** False when the subvolume isn't the share instance's, and nothing was done. */
async function deleteNamed(volume: Volume, id: string, name: string): Promise<boolean> {
  const at = places(volume.options)
  const owned: Step[] = [
    belongsTo(volume, name, id),
    { do: 'expect', path: at.name(id), value: name === id ? null : name },
  ]
  const remove: Step = { ...subvolume(volume, 'rm', name, { force: true }), ok: [0, codes.notFound] }
  const forget: Step = { do: 'unlink', paths: [at.owner(name), at.name(id), at.published(id)] }
  const steps = [...owned, remove, forget]
  const results = await volume.agent.change(id, steps)
  const last = results.at(-1)?.code
  if (results.length <= owned.length && last === codes.stale) return false
  if (results.length > owned.length && last === codes.again) {
    // It is being filled. Asked only now: `clone cancel` takes up to 5 s even where there is nothing to cancel.
    await changeAll(volume, id, [
      ...owned,
      cloneCommand(volume, 'cancel', name),
      { ...remove, again: [codes.again], again_for_s: deleteAgainS },
      forget,
    ])
    return true
  }
  expectAll(steps, results)
  return true
}

/** Sets the quota; the same again changes nothing. */
export async function extendShare(volume: Volume, share: ShareRef, newSizeGib: number): Promise<void> {
  const name = knownName(share)
  await changeAll(volume, share.id, [
    belongsTo(volume, name, checkedId(share.id)),
    subvolume(volume, 'resize', name, { new_size: String(newSizeGib * gib) }),
  ])
}

/**
 * Lowers the quota unless more is used. What clients wrote in the last seconds is counted late, so the counters are looked
 * at again after the quota was lowered, when nothing more can be added; if they have outgrown it the old one comes back.
 */
export async function shrinkShare(volume: Volume, share: ShareRef, newSizeGib: number): Promise<void> {
  const name = knownName(share)
  const [bytes, before] = [newSizeGib * gib, share.sizeGib * gib]
  const id = checkedId(share.id)
  const resize = (to: number, noShrink: boolean) =>
    subvolume(volume, 'resize', name, { new_size: String(to), ...(noShrink ? { no_shrink: true } : {}) })
  const info = subvolume(volume, 'info', name)
  const now = infoOf(await lookAll(volume, [info]))
  if (now.usedBytes <= bytes) {
    const steps = [belongsTo(volume, name, id), { ...resize(bytes, true), ok: [0, codes.invalid] }]
    const resized = (await changeAll(volume, id, steps)).at(-1)
    if (resized?.code === 0 && (await settledBytes(volume, now.path)) <= bytes) return
    await changeAll(volume, id, [belongsTo(volume, name, id), resize(before, false)])
  } else if (now.quotaBytes !== null && now.quotaBytes < before) {
    // An earlier try was cut between its two looks.
    await changeAll(volume, id, [belongsTo(volume, name, id), resize(before, false)])
  }
  throw new DriverError(
    `the share holds more than ${newSizeGib} GiB, so it can't be shrunk to that`,
    'nothing-happened',
    { reason: 'shrink-would-lose-data' },
  )
}

/** Finds the share; throws `not-found` when it isn't there or isn't this instance's. */
export async function ensureShare(volume: Volume, share: ShareRef): Promise<CreatedShare> {
  const name = knownName(share)
  const steps = [belongsTo(volume, name, checkedId(share.id)), subvolume(volume, 'info', name)]
  return createdShare(volume, share, name, infoOf(await lookAll(volume, steps)))
}

/** Milliseconds between two looks at counters that Ceph updates with a delay (mds_dirstat_min_interval, 1 s), and looks. */
const [settleMs, settleLooks] = [1200, 4]

/** Bytes below a directory once two looks agree, or after the last look. */
async function settledBytes(volume: Volume, path: string): Promise<number> {
  return (await settledSizes(volume, [path]))[0] ?? 0
}

/** As the counters say once two looks in a row agree; null for what isn't there. Paths are absolute, below /volumes. */
export async function settledSizes(
  volume: Volume,
  paths: readonly string[],
): Promise<readonly (number | null)[]> {
  let sizes = await sizesOf(volume, paths)
  for (let look = 1; look < settleLooks && volume.agent.remainingMs() > 2 * settleMs; look++) {
    await sleep(settleMs, undefined, { signal: volume.agent.call.signal }).catch(() => undefined)
    const again = await sizesOf(volume, paths)
    const same = again.every((size, index) => size === sizes[index])
    sizes = again
    if (same) break
  }
  return sizes
}

/** Recursive bytes of each directory by one command, whatever their number. */
export async function sizesOf(volume: Volume, paths: readonly string[]): Promise<readonly (number | null)[]> {
  const below = paths.map((path) => path.slice('/volumes'.length))
  const [result] = await lookAll(volume, [{ do: 'sizes', paths: below }])
  return sizesFrom(result)
}

/** The last step's answer, when that was `info`. */
function infoOf(results: Awaited<ReturnType<typeof lookAll>>): Info {
  return infoFrom(results.at(-1) ?? { code: 0 })
}
