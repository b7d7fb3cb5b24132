/**
 * Taking over subvolumes that an administrator made at the top of the pool, and giving them back. A share is renamed
 * (no byte moves) and its old name is noted first, so that a repeat and an undo both find their way.
 */
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { checkedId, typedName } from './layout.ts'
import { deleteSubvolume, freshCounters, gib, limit, notFound, rename, subvolumeIdOf } from './pool.ts'
import { readRecord, removeRecords, writeRecord } from './records.ts'
import { mountShare, settle } from './shares.ts'
import { snapshotState } from './snapshots.ts'
import type { Commands } from '../../host/commands.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Pool } from './pool.ts'

/** Takes over `host:/name` or `name`. The size is the limit it has, or else what it holds, in whole GiB rounded up. */
export async function manageShare(
  commands: Commands,
  pool: Pool,
  share: ShareRef,
  exportPath: string,
): Promise<CreatedShare & { sizeGib: number }> {
  checkPool(share.pool, pool.options.pool_name)
  const name = typedName(exportPath)
  const path = pool.layout.share(share.id)
  const record = pool.layout.record(share.id, 'managed')
  if ((await subvolumeIdOf(commands, path)) === null) {
    const from = pool.layout.foreign(name)
    await checkForeign(commands, from, { readOnly: false })
    await writeRecord(commands, record, { from: name })
    await rename(commands, from, path)
    await settle(commands, pool)
  } else if ((await readRecord(commands, record))?.['from'] !== name) {
    throw new DriverError(`share instance ${share.id} exists already`, 'nothing-happened', { reason: 'busy' })
  }
  const created = await mountShare(commands, pool, share)
  const counters = await freshCounters(commands, pool, path, created.state['subvolume_id'] ?? '')
  const bytes = Math.max(counters.limit ?? 0, counters.referenced)
  const sizeGib = Math.max(1, Math.ceil(bytes / gib))
  await limit(commands, path, sizeGib * gib)
  return { ...created, sizeGib }
}

/** Gives the share back, limit and all, under its old name, or one derived from its id when that is taken. */
export async function unmanageShare(commands: Commands, pool: Pool, share: ShareRef): Promise<void> {
  const path = pool.layout.share(share.id)
  const record = pool.layout.record(share.id, 'managed')
  await pool.binds.release(commands, share.id)
  if ((await subvolumeIdOf(commands, path)) !== null) {
    const noted = (await readRecord(commands, record))?.['from'] ?? share.mountPointName ?? share.id
    await rename(commands, path, await freePlace(commands, pool, noted, share.id))
    await settle(commands, pool)
  }
  await removeRecords(commands, [record, pool.layout.record(share.id, 'revert')])
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
  const from = pool.layout.foreign(typedName(providerLocation))
  const path = pool.layout.snapshot(snapshot.id)
  if ((await subvolumeIdOf(commands, path)) === null) {
    await checkForeign(commands, from, { readOnly: true })
    await commands.change(['btrfs', '--quiet', 'subvolume', 'snapshot', '-r', '--', from, path])
  }
  await deleteSubvolume(commands, from)
  await limit(commands, path, null)
  const subvolumeId = (await subvolumeIdOf(commands, path)) ?? ''
  const { referenced } = await freshCounters(commands, pool, path, subvolumeId)
  const sizeGib = Math.max(snapshot.share.sizeGib, Math.ceil(referenced / gib))
  return { state: snapshotState(snapshot, subvolumeId), sizeGib }
}

/** Gives a snapshot back: a read-only subvolume at the top of the pool, named after its id. */
export async function unmanageSnapshot(commands: Commands, pool: Pool, snapshot: SnapshotRef): Promise<void> {
  const path = pool.layout.snapshot(snapshot.id)
  const to = pool.layout.foreign(checkedId(snapshot.id))
  await pool.binds.release(commands, snapshot.id)
  if ((await subvolumeIdOf(commands, path)) === null) return
  if ((await subvolumeIdOf(commands, to)) === null) {
    await commands.change(['btrfs', '--quiet', 'subvolume', 'snapshot', '-r', '--', path, to])
    await limit(commands, to, null)
  }
  await deleteSubvolume(commands, path)
}

/** Throws unless `path` is a subvolume, of the wanted kind, that holds no other subvolume. */
async function checkForeign(commands: Commands, path: string, wanted: { readOnly: boolean }): Promise<void> {
  if ((await subvolumeIdOf(commands, path)) === null) throw notFound(path)
  const { stdout } = await commands.look(['btrfs', 'property', 'get', '-ts', path, 'ro'])
  if (stdout.includes('ro=true') !== wanted.readOnly) {
    const is = wanted.readOnly ? 'writable; a snapshot must be' : 'read-only; a share must not be'
    throw new DriverError(`${path} is ${is} read-only`, 'nothing-happened', { reason: 'unsupported' })
  }
  const nested = await commands.look(['btrfs', 'subvolume', 'list', '-o', path])
  if (nested.stdout.trim() !== '') {
    throw new DriverError(`${path} holds other subvolumes, which NFS can't serve`, 'nothing-happened', {
      reason: 'unsupported',
    })
  }
}

async function freePlace(commands: Commands, pool: Pool, name: string, id: string): Promise<string> {
  const wanted = pool.layout.foreign(typedName(name))
  const taken = await commands.look(['test', '-e', wanted], { okCodes: [0, 1] })
  return taken.code === 1 ? wanted : pool.layout.foreign(`${checkedId(id)}.unmanaged`)
}
