/**
 * Taking over images that an administrator put at the top of the pool, each alone in a subvolume, and giving them back. No byte
 * moves; the old name is noted first, so that a repeat and an undo both find their way.
 */
import { randomUUID } from 'node:crypto'
import { checkedId, typedName } from '../btrfs/layout.ts'
import { readRecord } from '../btrfs/records.ts'
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { imageIn } from './layout.ts'
import { carryOut } from './plan.ts'
import { checkMounts, isThere, lockOf, lockStep, notFound, renewStep, writeRecordStep } from './pool.ts'
import { ensureShare } from './shares.ts'
import { overheadVersion, sizeOfImage } from './size.ts'
import { releaseSteps, snapshotState } from './snapshots.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Pool } from './pool.ts'

/**
 * Takes over `host:/name` or `name`: a subvolume that holds one file `image`, root's, with a sound XFS in it. The size is the
 * smallest whose image is no shorter. A UUID that another image of the pool has is replaced.
 */
export async function manageShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  exportPath: string,
): Promise<CreatedShare & { sizeGib: number }> {
  checkPool(share.pool, pool.options.pool_name)
  const { layout } = pool
  const name = typedName(exportPath)
  const path = layout.share(share.id)
  const record = layout.record(share.id, 'managed')
  if (!(await isThere(commands, path))) {
    checkMounts(pool)
    const from = layout.foreign(name)
    if (!(await isThere(commands, from))) throw notFound(from)
    const { uuid, said } = await carryOut(commands, [
      lockStep(pool, share.id),
      ['examine', from, pool.aside, 'rw'],
      ['twin', layout.records, imageIn(from), share.id],
    ])
    const twin = said.get('twin')
    const own = twin === undefined ? uuid : randomUUID()
    if (twin !== undefined)
      commands.call.log.warn(
        { from, uuid, twin, own },
        'a managed image had the UUID of another and got its own',
      )
    await carryOut(commands, [
      lockStep(pool, share.id),
      ...(twin === undefined ? [] : [renewStep(pool, imageIn(from), own)]),
      writeRecordStep(record, { from: name }),
      writeRecordStep(layout.record(share.id, 'image'), { uuid: own, overhead: overheadVersion }),
      ['move', from, path],
      ['sync', layout.root],
    ])
  } else if ((await readRecord(commands, record))?.['from'] !== name) {
    throw new DriverError(`share instance ${share.id} exists already`, 'nothing-happened', { reason: 'busy' })
  }
  const { bytes } = await carryOut(commands, [['identify', imageIn(path)]])
  const sizeGib = sizeOfImage(bytes)
  return { ...(await ensureShare(commands, pool, { ...share, state: {}, sizeGib })), sizeGib }
}

/** Gives the share back under its old name, or one derived from its id when that is taken. */
export async function unmanageShare(commands: Commands, pool: Pool, share: ShareRef): Promise<void> {
  const { layout } = pool
  const path = layout.share(share.id)
  const record = layout.record(share.id, 'managed')
  const there = await isThere(commands, path)
  const noted = (await readRecord(commands, record))?.['from'] ?? share.mountPointName ?? share.id
  const staging = layout.staging(share.id, 'replace')
  await carryOut(commands, [
    lockStep(pool, share.id),
    ['unmount', pool.exports, share.id, imageIn(path)],
    ['destroy', staging],
    ...(there
      ? ([
          ['move', path, await freePlace(commands, pool, noted, share.id)],
          ['sync', layout.root],
        ] as const)
      : []),
    [
      'forget',
      record,
      layout.record(share.id, 'image'),
      layout.record(share.id, 'replace'),
      lockOf(pool, share.id),
    ],
  ])
}

/**
 * Takes over a read-only subvolume at the top of the pool as a snapshot. A read-only subvolume can't be moved between
 * folders, so a snapshot of it is taken (which shares every byte) and the original deleted afterwards.
 */
export async function manageSnapshot(
  commands: Commands,
  pool: Pool,
  snapshot: SnapshotRef,
  providerLocation: string,
): Promise<{ state: DriverState; sizeGib: number }> {
  const { layout } = pool
  const from = layout.foreign(typedName(providerLocation))
  const path = layout.snapshot(snapshot.id)
  if (!(await isThere(commands, path))) {
    if (!(await isThere(commands, from))) throw notFound(from)
    await carryOut(commands, [
      lockStep(pool, snapshot.id),
      ['examine', from, pool.aside, 'ro'],
      ['snapshot', from, path, 'ro'],
      ['sync', layout.root],
    ])
  }
  const { bytes } = await carryOut(commands, [
    lockStep(pool, snapshot.id),
    ['destroy', from],
    ['identify', imageIn(path)],
  ])
  return { state: snapshotState(snapshot), sizeGib: sizeOfImage(bytes) }
}

/** Gives a snapshot back: a read-only subvolume at the top of the pool, named after its id. */
export async function unmanageSnapshot(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<void> {
  const path = pool.layout.snapshot(snapshot.id)
  const to = pool.layout.foreign(checkedId(snapshot.id))
  const there = await isThere(commands, path)
  const given = await isThere(commands, to)
  await carryOut(commands, [
    ...releaseSteps(pool, snapshot.id),
    ...(there && !given ? ([['snapshot', path, to, 'ro']] as const) : []),
    ['sync', pool.layout.root],
    ['destroy', path],
    ['forget', lockOf(pool, snapshot.id)],
  ])
}

async function freePlace(commands: Commands, pool: Pool, name: string, id: string): Promise<string> {
  const wanted = pool.layout.foreign(typedName(name))
  return (await isThere(commands, wanted)) ? pool.layout.foreign(`${checkedId(id)}.unmanaged`) : wanted
}
