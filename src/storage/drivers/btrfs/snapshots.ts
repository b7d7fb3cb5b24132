/** Read-only snapshots, reverts to them, and their mounts for an exporter. */
import { discard, emptyTrash, mountShare, settle } from './shares.ts'
import { clearPlace, deleteSubvolume, gib, limit, notFound, rename, subvolumeIdOf } from './pool.ts'
import { readRecord, writeRecord } from './records.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef, Tree } from '../../contract/driver.ts'
import type { Pool } from './pool.ts'

/** Takes the snapshot, or finds the one an earlier call took. The kernel makes it in one piece. */
export async function createSnapshot(
  commands: Commands,
  pool: Pool,
  snapshot: SnapshotRef,
): Promise<{ state: DriverState }> {
  const path = pool.layout.snapshot(snapshot.id)
  let subvolumeId = await subvolumeIdOf(commands, path)
  if (subvolumeId === null) {
    const source = pool.layout.share(snapshot.share.id)
    if ((await subvolumeIdOf(commands, source)) === null)
      throw notFound(`share instance ${snapshot.share.id}`)
    await commands.change(['btrfs', '--quiet', 'subvolume', 'snapshot', '-r', '--', source, path])
    subvolumeId = await subvolumeIdOf(commands, path)
  }
  // Full quotas hand the share's limit on to the snapshot, where it would only confuse whoever looks.
  await limit(commands, path, null)
  return { state: snapshotState(snapshot, subvolumeId ?? '') }
}

/** What is kept for a snapshot; `location` is the name it gets when it is given back. */
export function snapshotState(snapshot: SnapshotRef, subvolumeId: string): DriverState {
  return { subvolume_id: subvolumeId, location: snapshot.id }
}

/** Removes the snapshot; its deletion is one atomic step, so it needs no trash (a read-only subvolume can't move). */
export async function deleteSnapshot(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<void> {
  await pool.binds.release(commands, snapshot.id)
  await deleteSubvolume(commands, pool.layout.snapshot(snapshot.id))
}

/** The snapshot as a read-only tree. */
export async function snapshotTree(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<Tree> {
  const source = pool.layout.snapshot(snapshot.id)
  const subvolumeId = await subvolumeIdOf(commands, source)
  if (subvolumeId === null) throw notFound(`snapshot instance ${snapshot.id}`)
  const options = { readOnly: true }
  const path = await pool.binds.attach(commands, snapshot.id, source, subvolumeId, options)
  return { path, readOnly: true }
}

/**
 * Replaces the live subvolume by a writable copy of the snapshot. The copy is made aside and noted with the operation
 * before the swap, so a repeat can tell “took effect” (the live one is the noted copy) from “still to do”, and never
 * throws away what was written after the first time.
 */
export async function revertShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  snapshot: SnapshotRef,
  operationId: string,
): Promise<CreatedShare> {
  const { layout } = pool
  const live = layout.share(share.id)
  const staging = layout.staging(share.id, 'revert')
  const record = await readRecord(commands, layout.record(share.id, 'revert'))
  const prepared = record?.['operation'] === operationId ? record['subvolume_id'] : undefined
  const liveId = await subvolumeIdOf(commands, live)
  if (
    prepared === undefined ||
    (liveId !== prepared && (await subvolumeIdOf(commands, staging)) !== prepared)
  ) {
    await prepare(commands, pool, share, snapshot, operationId)
  }
  if (prepared === undefined || liveId !== prepared) {
    await pool.binds.release(commands, share.id)
    await discard(commands, pool, share.id)
    await rename(commands, staging, live)
    await settle(commands, pool)
  }
  await emptyTrash(commands, pool, `${share.id}.`)
  const reverted = await mountShare(commands, pool, share)
  return { ...reverted, state: { ...reverted.state, inherited_gib: String(snapshot.sizeGib) } }
}

async function prepare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  snapshot: SnapshotRef,
  operationId: string,
): Promise<void> {
  const source = pool.layout.snapshot(snapshot.id)
  const staging = pool.layout.staging(share.id, 'revert')
  if ((await subvolumeIdOf(commands, source)) === null) throw notFound(`snapshot instance ${snapshot.id}`)
  await clearPlace(commands, staging)
  await commands.change(['btrfs', '--quiet', 'subvolume', 'snapshot', '--', source, staging])
  await limit(commands, staging, snapshot.sizeGib * gib)
  const subvolumeId = (await subvolumeIdOf(commands, staging)) ?? ''
  const fields = { operation: operationId, subvolume_id: subvolumeId }
  await writeRecord(commands, pool.layout.record(share.id, 'revert'), fields)
}
