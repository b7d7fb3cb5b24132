/** Read-only snapshots, reverts to them, and the copies of them that are mounted for an exporter. */
import { randomUUID } from 'node:crypto'
import { readRecord } from '../btrfs/records.ts'
import { projectFolder } from '../../host/project-folder.ts'
import { imageIn } from './layout.ts'
import { carryOut } from './plan.ts'
import {
  checkMounts,
  isThere,
  lockOf,
  lockStep,
  notFound,
  renewStep,
  roomStep,
  writeRecordStep,
} from './pool.ts'
import { replaceImage } from './replace.ts'
import { copyBytes, imageBytes } from './size.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef, Tree } from '../../contract/driver.ts'
import type { Step } from './plan.ts'
import type { Pool } from './pool.ts'

/**
 * Takes the snapshot, or finds the one an earlier call took. What clients wrote is brought into the image first; what is written
 * meanwhile is in it or not, as after a power cut, and what was acknowledged as stable is.
 */
export async function createSnapshot(
  commands: Commands,
  pool: Pool,
  snapshot: SnapshotRef,
): Promise<{ state: DriverState }> {
  const path = pool.layout.snapshot(snapshot.id)
  const source = pool.layout.share(snapshot.share.id)
  if (!(await isThere(commands, path))) {
    if (!(await isThere(commands, source))) throw notFound(`share instance ${snapshot.share.id}`)
    await carryOut(commands, [
      lockStep(pool, snapshot.share.id),
      ['flush', pool.exports, snapshot.share.id],
      roomStep(pool, 0, [source]),
      ['snapshot', source, path, 'ro'],
      ['sync', pool.layout.root],
    ])
  }
  return { state: snapshotState(snapshot) }
}

/** What is kept for a snapshot; `location` is the name it gets when it is given back. */
export const snapshotState = (snapshot: SnapshotRef): DriverState => ({ location: snapshot.id })

/** Removes the snapshot and the copy that may be mounted of it. */
export async function deleteSnapshot(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<void> {
  await carryOut(commands, [
    ...releaseSteps(pool, snapshot.id),
    ['destroy', pool.layout.snapshot(snapshot.id)],
    ['forget', lockOf(pool, snapshot.id)],
  ])
}

/**
 * The snapshot as a read-only tree: a copy of it whose log has been replayed, with a UUID of its own, which it keeps until it is
 * released. It lies beside the share and never below it.
 */
export async function snapshotTree(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<Tree> {
  const { layout, exports } = pool
  const { id } = snapshot
  const source = layout.snapshot(id)
  const path = layout.mounted(id)
  const record = layout.record(id, 'mounted')
  const mount = (uuid: string): Step => {
    const project = projectFolder(snapshot.share.projectId)
    // One that was mounted before comes back whatever the number.
    const most = noted === undefined ? pool.options.max_mounts : 0
    return ['mount', imageIn(path), uuid, exports, project, id, 'ro', String(most)]
  }
  const there = await isThere(commands, path)
  const noted = there ? (await readRecord(commands, record))?.['uuid'] : undefined
  const make = (uuid: string): readonly Step[] => {
    const staging = layout.staging(id, 'mounted')
    return [
      ...releaseSteps(pool, id).slice(1),
      roomStep(pool, copyBytes),
      ['snapshot', source, staging, 'rw'],
      renewStep(pool, imageIn(staging), uuid),
      writeRecordStep(record, { uuid }),
      ['move', staging, path],
    ]
  }
  if (noted === undefined) {
    if (!(await isThere(commands, source))) throw notFound(`snapshot instance ${id}`)
    checkMounts(pool)
  }
  const uuid = noted ?? randomUUID()
  const steps = noted === undefined ? make(uuid) : []
  const found = await carryOut(commands, [lockStep(pool, id), ...steps, mount(uuid)])
  return { path: found.tree, readOnly: true, fileSystem: { uuid: found.uuid, backing: imageIn(path) } }
}

/** Takes the copy of a snapshot away; the snapshot stays. */
export async function releaseSnapshot(commands: Commands, pool: Pool, id: string): Promise<void> {
  await carryOut(commands, [...releaseSteps(pool, id), ['forget', lockOf(pool, id)]])
}

export function releaseSteps(pool: Pool, id: string): readonly Step[] {
  const { layout } = pool
  const copies = [layout.mounted(id), layout.staging(id, 'mounted')]
  return [
    lockStep(pool, id),
    ['unmount', pool.exports, id, ...copies.map(imageIn)],
    ...copies.map((copy): Step => ['destroy', copy]),
    ['forget', layout.record(id, 'mounted')],
  ]
}

/**
 * Replaces the live image by a copy of the snapshot. The copy is made aside and noted with the operation before the two change
 * places, so a repeat can tell “took effect” (the live one is the noted copy) from “still to do”, and never throws away what was
 * written after the first time.
 */
export async function revertShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  snapshot: SnapshotRef,
  operationId: string,
): Promise<CreatedShare> {
  const { layout } = pool
  const source = layout.snapshot(snapshot.id)
  if (!(await isThere(commands, source))) throw notFound(`snapshot instance ${snapshot.id}`)
  const wanted = { ...share, sizeGib: snapshot.sizeGib }
  return replaceImage(commands, pool, wanted, operationId, (staging, uuid, liveBytes) => {
    // What the share was promised goes over to the copy.
    const more = imageBytes(snapshot.sizeGib) - liveBytes
    return [
      ...(more > 0 ? [roomStep(pool, more)] : []),
      ['snapshot', source, staging, 'rw'],
      ['claimed'],
      renewStep(pool, imageIn(staging), uuid),
    ]
  })
}
