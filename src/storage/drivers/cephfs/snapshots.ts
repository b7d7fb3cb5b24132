/** Snapshots of subvolumes, and shares filled from them by Ceph's own background copy. */
import { setTimeout as sleep } from 'node:timers/promises'
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { codes, expectAll, failureOf } from './agent.ts'
import { placesOf } from './inventory.ts'
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
  places,
  snapshotName,
  sizesFrom,
  subvolume,
} from './volume.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Step, StepResult } from './agent.ts'
import type { Volume } from './volume.ts'

/** Takes the snapshot, or finds the one that an earlier call took: its moment stays the first. */
export async function createSnapshot(volume: Volume, snapshot: SnapshotRef): Promise<{ state: DriverState }> {
  const name = checkedId(snapshot.id)
  const of = knownName(snapshot.share)
  const create = subvolume(volume, 'snapshot create', of, { snap_name: name })
  await changeAll(volume, snapshot.share.id, [
    belongsTo(volume, of, checkedId(snapshot.share.id)),
    { ...create, ok: [0, codes.exists] },
  ])
  return { state: snapshotState(volume, of, name) }
}

/** Throws `busy` while shares are being filled from it. Where only its id is known, it is looked for in all of the group. */
export async function deleteSnapshot(volume: Volume, snapshot: SnapshotRef): Promise<void> {
  const id = checkedId(snapshot.id)
  if (snapshot.share.id !== id) return deleteOf(volume, snapshot)
  const { share } = snapshot
  for (const { of, name } of await placesOf(volume, id))
    await deleteOf(volume, {
      ...snapshot,
      share: { ...share, state: { subvolume: of } },
      state: { snapshot: name },
    })
  // A record of what is gone with its share.
  await changeAll(volume, id, [{ do: 'unlink', paths: [places(volume.options).name(id)] }])
}

async function deleteOf(volume: Volume, snapshot: SnapshotRef): Promise<void> {
  const at = places(volume.options)
  const id = checkedId(snapshot.id)
  const [of, shareId] = [knownName(snapshot.share), checkedId(snapshot.share.id)]
  const known = snapshotName(snapshot)
  const remove = async (name: string): Promise<boolean> => {
    const steps: Step[] = [
      { do: 'expect', path: at.snapshotOwner(of, name), value: name === id ? null : id },
      { do: 'expect', path: at.name(id), value: name === id ? null : name },
      {
        ...subvolume(volume, 'snapshot rm', of, { snap_name: name, force: true }),
        ok: [0, codes.notFound],
      },
      { do: 'unlink', paths: [at.snapshotOwner(of, name), at.name(id)] },
    ]
    const results = await volume.agent.change(shareId, steps)
    if (results.length <= 2 && results.at(-1)?.code === codes.stale) return false
    expectAll(steps, results)
    return true
  }
  if (await remove(known)) return
  const [taken] = await lookAll(volume, [{ do: 'readlink', path: at.name(id) }])
  if (typeof taken?.value === 'string' && taken.value !== known) await remove(taken.value)
}

export function snapshotState({ options }: Volume, of: string, name: string): DriverState {
  return {
    subvolume: of,
    snapshot: name,
    location: `/volumes/${options.subvolume_group}/${of}/.snap/${name}`,
  }
}

/** Milliseconds between two looks at a clone that is being filled: the first, and the longest. */
const [firstLookMs, longestLookMs] = [150, 3000]
/** A call that still waits this long before its end says so; the next one goes on waiting. */
const leaveMs = 5000

/**
 * Fills a new share from the snapshot. Ceph copies every byte in the background, four clones at a time; this waits, tells
 * how far it is, and goes on waiting where an earlier call was cut. `share.sizeGib` may be larger than the source.
 */
export async function cloneShare(
  volume: Volume,
  share: ShareRef,
  snapshot: SnapshotRef,
): Promise<CreatedShare> {
  const { options, agent } = volume
  checkPool(share.pool, options.pool_name)
  const id = checkedId(share.id)
  const of = knownName(snapshot.share)
  const start = subvolume(volume, 'snapshot clone', of, {
    snap_name: snapshotName(snapshot),
    target_sub_name: id,
    target_group_name: options.subvolume_group,
    ...(options.data_pool === undefined ? {} : { pool_layout: options.data_pool }),
  })
  const status = cloneCommand(volume, 'status', id)
  const sizes: Step = {
    do: 'sizes',
    paths: [
      `${places(options).group}/${of}/.snap/${snapshotName(snapshot)}`,
      `${places(options).group}/${id}`,
    ],
  }
  const begin: Step[] = [{ ...start, ok: [0, codes.exists] }, status]
  const results = await agent.change(id, begin)
  // A share of that name that is no clone: an earlier call had finished, and Ceph forgot; or create made it.
  if (results[1]?.code === codes.unsupported) return resized(volume, share)
  const [, first] = expectAll(begin, results)
  let state = stateOf(first)
  for (let pause = firstLookMs; ; pause = Math.min(longestLookMs, pause * 1.5)) {
    if (state === 'complete') return resized(volume, share)
    if (state === 'failed' || state === 'canceled') {
      await changeAll(volume, id, [
        { ...subvolume(volume, 'rm', id, { force: true }), ok: [0, codes.notFound] },
      ])
      throw new DriverError(`Ceph's copy of the snapshot ended ${state}`, 'maybe-happened', {
        retryAfterS: 5,
      })
    }
    if (agent.remainingMs() < leaveMs || agent.call.signal.aborted)
      throw new DriverError('Ceph is still copying the snapshot', 'maybe-happened', { retryAfterS: 1 })
    await sleep(pause, undefined, { signal: agent.call.signal }).catch(() => undefined)
    // Looking into a directory that Ceph fills makes it wait for us, so only a long copy is looked at.
    const long = pause === longestLookMs
    const [now, found] = await lookAll(volume, long ? [status, sizes] : [status])
    state = stateOf(now)
    const [total, copied] = sizesFrom(found)
    if (long && total) agent.call.progress(Math.min(99, Math.floor((100 * (copied ?? 0)) / total)))
  }
}

/** A clone begins with the size of its source. */
async function resized(volume: Volume, share: ShareRef): Promise<CreatedShare> {
  const id = checkedId(share.id)
  const [, info] = await changeAll(volume, id, [
    subvolume(volume, 'resize', id, { new_size: String(share.sizeGib * gib) }),
    subvolume(volume, 'info', id),
  ])
  return createdShare(volume, share, id, infoFrom(info ?? { code: 0 }))
}

/** `pending`, `in-progress`, `complete`, `failed`, `canceled`. */
function stateOf(result: StepResult | undefined): string {
  const raw = JSON.parse(result?.out ?? '{}') as { status?: { state?: string } }
  const state = raw.status?.state
  if (state !== undefined) return state
  throw failureOf(
    { do: 'list', path: 'fs clone status' },
    { code: codes.invalid, err: 'no state in the answer' },
  )
}
