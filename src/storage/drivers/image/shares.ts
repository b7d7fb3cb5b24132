/**
 * Shares as images: made and mounted aside and then renamed into place, so that what is in `shares/` is always complete; deleted
 * by renaming into the trash first, so that a half-done delete is never taken for a share.
 */
import { randomUUID } from 'node:crypto'
import { checkPool } from '../../host/commands.ts'
import { DriverError, isDriverError } from '../../contract/driver.ts'
import { projectFolder } from '../../host/project-folder.ts'
import { imageIn } from './layout.ts'
import { carryOut } from './plan.ts'
import {
  checkMounts,
  isThere,
  lockOf,
  lockStep,
  mayHave,
  notedOf,
  notFound,
  renewStep,
  roomStep,
  writeRecordStep,
} from './pool.ts'
import { format, imageBytes, mostGroups, overheadVersion, sizeOfImage } from './size.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, ShareRef } from '../../contract/driver.ts'
import type { Found, Step } from './plan.ts'
import type { Noted, Pool } from './pool.ts'

/** Makes an empty share, or finds the one an earlier call made. */
export async function createShare(commands: Commands, pool: Pool, share: ShareRef): Promise<CreatedShare> {
  return make(commands, pool, share, (staging, uuid) => [
    roomStep(pool, imageBytes(share.sizeGib)),
    ['subvolume', staging],
    ['format', imageIn(staging), String(imageBytes(share.sizeGib)), uuid, ...format],
    mountStep(pool, imageIn(staging), [uuid], share, pool.options.max_mounts),
    ['mode', imageIn(staging), pool.exports, share.id, pool.options.share_mode],
  ])
}

/** Makes a share of its own size from the snapshot in the folder `source`. */
export async function cloneShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  source: string,
): Promise<CreatedShare> {
  return make(commands, pool, share, (staging, uuid) => [
    ['present', source],
    roomStep(pool, imageBytes(share.sizeGib)),
    ['snapshot', source, staging, 'rw'],
    ['grow-file', imageIn(staging), String(imageBytes(share.sizeGib))],
    ['claimed'],
    renewStep(pool, imageIn(staging), uuid),
    mountStep(pool, imageIn(staging), [uuid], share, pool.options.max_mounts),
    ['grow', imageIn(staging), pool.exports, share.id],
  ])
}

async function make(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  steps: (staging: string, uuid: string) => readonly Step[],
): Promise<CreatedShare> {
  checkPool(share.pool, pool.options.pool_name)
  const { layout } = pool
  const path = layout.share(share.id)
  if (await isThere(commands, path)) return ensureShare(commands, pool, { ...share, state: {} })
  checkMounts(pool)
  const staging = layout.staging(share.id, 'create')
  const uuid = randomUUID()
  const anew: readonly Step[] = [
    lockStep(pool, share.id),
    // Somebody may have made it since.
    ['absent', path],
    ['unmount', pool.exports, share.id, imageIn(staging)],
    ['destroy', staging],
  ]
  try {
    const found = await carryOut(commands, [
      ...anew,
      ...steps(staging, uuid),
      writeRecordStep(layout.record(share.id, 'image'), { uuid, overhead: overheadVersion }),
      ['move', staging, path],
      ['sync', layout.root],
    ])
    return answer(pool, share, found)
  } catch (error) {
    // Another pool gets it: nothing of it stays here. What can't be taken away goes with the share.
    if (isDriverError(error) && error.outcome === 'no-room-here')
      await carryOut(commands, anew).catch(() => undefined)
    throw error
  }
}

/** Where and how the image of a share is mounted; `no-room-here` when the host has `most` already, 0: as many as there are. */
export function mountStep(
  pool: Pool,
  image: string,
  uuids: readonly string[],
  share: ShareRef,
  most = 0,
): Step {
  const where = [pool.exports, projectFolder(share.projectId), share.id, 'rw', String(most)]
  return ['mount', image, uuids.join(','), ...where]
}

/** What the driver answers for a share whose image is mounted at `found.tree`. */
export function answer(pool: Pool, share: ShareRef, found: Found): CreatedShare {
  return {
    state: { ...share.state, uuid: found.uuid, overhead: overheadVersion },
    tree: {
      path: found.tree,
      readOnly: false,
      fileSystem: { uuid: found.uuid, backing: imageIn(pool.layout.share(share.id)) },
    },
  }
}

/**
 * Finds the share, puts back its mount and the end of an extend that was cut short. Throws `not-found` when the image isn't there
 * or is another than it was.
 */
export async function ensureShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  sizeGib = share.sizeGib,
  before: readonly Step[] = [],
): Promise<CreatedShare> {
  const image = imageIn(pool.layout.share(share.id))
  const noted = await notedOf(commands, pool, share.id)
  const uuids = mayHave(noted, share.state['uuid'])
  if (uuids.length === 0) throw notFound(`share instance ${share.id}`)
  const found = await carryOut(commands, [
    lockStep(pool, share.id),
    mountStep(pool, image, uuids, share),
    ...before,
    ['grow-file', image, String(imageBytes(sizeGib))],
    ['claimed'],
    ['grow', image, pool.exports, share.id],
  ])
  await settleReplace(commands, pool, share.id, noted, found.uuid)
  return answer(pool, share, found)
}

/** What was left to do after a copy took the share's place, or when it never will: only who owns the share knows that. */
async function settleReplace(
  commands: Commands,
  pool: Pool,
  id: string,
  { own, replace }: Noted,
  uuid: string,
): Promise<void> {
  if (replace === null) return
  const { layout } = pool
  const leftover: Step = ['destroy', layout.staging(id, 'replace')]
  if (replace['uuid'] === uuid && own !== uuid) {
    const record = writeRecordStep(layout.record(id, 'image'), { uuid, overhead: overheadVersion })
    await carryOut(commands, [lockStep(pool, id), leftover, record, ['sync', layout.root]])
  } else if (replace['uuid'] !== uuid && commands.call.fence !== null) {
    await carryOut(commands, [lockStep(pool, id), leftover, ['forget', layout.record(id, 'replace')]])
  }
}

/**
 * Grows the image, the device and the file system under the clients' hands. Refuses to make more allocation groups of it than
 * {@link mostGroups}: their size is that of the day it was formatted.
 */
export async function extendShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  newSizeGib: number,
): Promise<void> {
  const { bytes, group } = await carryOut(commands, [['identify', imageIn(pool.layout.share(share.id))]])
  if (imageBytes(newSizeGib) > mostGroups * group) {
    const most = sizeOfImage(mostGroups * group) - 1
    const why = `share instance ${share.id} was formatted so small that it can grow to ${most} GiB and no further; make a new share and copy`
    throw new DriverError(why, 'nothing-happened', { reason: 'unsupported' })
  }
  const more = imageBytes(newSizeGib) - bytes
  await ensureShare(commands, pool, share, newSizeGib, more > 0 ? [roomStep(pool, more)] : [])
}

/** Removes the share and whatever half-done calls left of it. */
export async function deleteShare(commands: Commands, pool: Pool, share: ShareRef): Promise<void> {
  const { layout } = pool
  const staged = [layout.staging(share.id, 'create'), layout.staging(share.id, 'replace')]
  const path = layout.share(share.id)
  await carryOut(commands, [
    lockStep(pool, share.id),
    ['unmount', pool.exports, share.id, ...[path, ...staged].map(imageIn)],
    ['discard', path, layout.discarded(share.id)],
    ...staged.map((staging): Step => ['destroy', staging]),
    ['empty', layout.trash, `${share.id}.`],
    // The kernel begins to free space at a commit, and by itself makes one only every 30 s.
    ['sync', layout.root],
    [
      'forget',
      ...(['image', 'replace', 'managed'] as const).map((what) => layout.record(share.id, what)),
      lockOf(pool, share.id),
    ],
  ])
}
