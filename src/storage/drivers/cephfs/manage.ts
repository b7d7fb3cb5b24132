/**
 * Taking over subvolumes and snapshots of the backend's group that Manila didn't make, and letting go. Nothing is renamed:
 * a record says whose it is, so a repeat and an undo both find their way.
 */
import { checkPool } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { codes, expectAll } from './agent.ts'
import { snapshotState } from './snapshots.ts'
import {
  belongsTo,
  changeAll,
  checkedId,
  createdShare,
  gib,
  infoFrom,
  isId,
  isPlainName,
  knownName,
  lookAll,
  nameOf,
  nobody,
  places,
  snapshotName,
  sizesFrom,
  subvolume,
} from './volume.ts'
import type { CreatedShare, DriverState, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import type { Step } from './agent.ts'
import type { Volume } from './volume.ts'

/**
 * Takes over `mon:port,…:/volumes/<group>/<name>[/<id>]`, that path alone, or `<name>`. The size is the quota it has, or
 * else what it holds, in whole GiB rounded up, and becomes the quota.
 */
export async function manageShare(
  volume: Volume,
  share: ShareRef,
  exportPath: string,
): Promise<CreatedShare & { sizeGib: number }> {
  checkPool(share.pool, volume.options.pool_name)
  const id = checkedId(share.id)
  const typed = typedPath(volume, exportPath)
  const { name } = typed
  const at = places(volume.options)
  const look: Step[] = [{ do: 'readlink', path: at.owner(name) }, subvolume(volume, 'info', name)]
  const [owner, answer] = await lookAll(volume, look)
  const info = infoFrom(answer ?? { code: 0 })
  if (typed.inner !== null && info.path.split('/').at(-1) !== typed.inner) throw unknownPlace(exportPath)
  checkFree(name, id, owner?.value)
  const bytes = Math.max(info.quotaBytes ?? 0, info.usedBytes)
  const sizeGib = Math.max(1, Math.ceil(bytes / gib))
  const claim: Step[] = [
    { do: 'claim', path: at.owner(name), target: id, over: nobody },
    { do: 'link', path: at.name(id), target: name },
    subvolume(volume, 'resize', name, { new_size: String(sizeGib * gib) }),
  ]
  const results = await volume.agent.change(id, claim)
  if (results.at(-1)?.code === codes.exists) throw taken(name)
  expectAll(claim, results)
  return { ...createdShare(volume, share, name, info), sizeGib }
}

/** Lets go, quota and all; the subvolume keeps its name and its snapshots. */
export async function unmanageShare(volume: Volume, share: ShareRef): Promise<void> {
  const id = checkedId(share.id)
  const at = places(volume.options)
  const name = await nameOf(volume, share)
  if (name === null) return
  const found = await volume.agent.look([subvolume(volume, 'info', name)])
  // A record of what isn't there would be kept for ever.
  const gone = found[0]?.code === codes.notFound
  await changeAll(volume, id, [
    belongsTo(volume, name, id),
    name === id && !gone
      ? { do: 'link', path: at.owner(name), target: nobody }
      : { do: 'unlink', paths: [at.owner(name)] },
    { do: 'unlink', paths: [at.name(id), at.published(id)] },
  ])
}

/** Takes over `/volumes/<group>/<share's subvolume>/.snap/<name>`, or `<name>`. */
export async function manageSnapshot(
  volume: Volume,
  snapshot: SnapshotRef,
  providerLocation: string,
): Promise<{ state: DriverState; sizeGib: number }> {
  const id = checkedId(snapshot.id)
  const of = knownName(snapshot.share)
  const at = places(volume.options)
  const prefix = `/volumes/${volume.options.subvolume_group}/${of}/.snap/`
  const name = providerLocation.startsWith(prefix) ? providerLocation.slice(prefix.length) : providerLocation
  if (!isPlainName(name)) throw unknownPlace(providerLocation)
  const size: Step = { do: 'sizes', paths: [`${at.group}/${of}/.snap/${name}`] }
  const [owner, , bytes] = await lookAll(volume, [
    { do: 'readlink', path: at.snapshotOwner(of, name) },
    subvolume(volume, 'snapshot info', of, { snap_name: name }),
    size,
  ])
  checkFree(name, id, owner?.value)
  const claim: Step[] = [
    { do: 'claim', path: at.snapshotOwner(of, name), target: id, over: nobody },
    { do: 'link', path: at.name(id), target: name },
  ]
  const results = await volume.agent.change(snapshot.share.id, claim)
  if (results.at(-1)?.code === codes.exists) throw taken(name)
  expectAll(claim, results)
  const held = Math.ceil((sizesFrom(bytes)[0] ?? 0) / gib)
  return { state: snapshotState(volume, of, name), sizeGib: Math.max(snapshot.share.sizeGib, held) }
}

/** Lets go of the snapshot, which keeps its name. */
export async function unmanageSnapshot(volume: Volume, snapshot: SnapshotRef): Promise<void> {
  const id = checkedId(snapshot.id)
  const of = knownName(snapshot.share)
  const name = snapshotName(snapshot)
  const at = places(volume.options)
  const owner = at.snapshotOwner(of, name)
  const found = await volume.agent.look([
    { do: 'expect', path: owner, value: name === id ? null : id },
    subvolume(volume, 'snapshot info', of, { snap_name: name }),
  ])
  if (found.at(-1)?.code === codes.stale || found.at(-1)?.code === codes.notFound) return
  await changeAll(volume, snapshot.share.id, [
    name === id ? { do: 'link', path: owner, target: nobody } : { do: 'unlink', paths: [owner] },
    { do: 'unlink', paths: [at.name(id)] },
  ])
}

/** Subvolume and, when it was typed, Ceph's own id below it. Throws `not-found` for anything else. */
function typedPath({ options }: Volume, typed: string): { name: string; inner: string | null } {
  const path = typed.replace(/^[A-Za-z0-9.,:[\]-]{1,1024}:(?=\/)/, '')
  const segments = path.startsWith('/')
    ? path.split('/').slice(1)
    : ['volumes', options.subvolume_group, path]
  const [root, group, name = '', inner = null, ...more] = segments
  const known = root === 'volumes' && group === options.subvolume_group && more.length === 0
  if (!known || !isPlainName(name) || (inner !== null && !isPlainName(inner))) throw unknownPlace(typed)
  return { name, inner }
}

/** Throws unless the name is the instance's already, or nobody's. */
function checkFree(name: string, id: string, owner: unknown): void {
  if (owner === id || owner === nobody) return
  if (owner !== null && owner !== undefined) throw taken(name)
  // What Manila made is called after its instance.
  if (isId(name)) throw taken(name)
}

function taken(name: string): DriverError {
  return new DriverError(`${name} is managed already`, 'nothing-happened', { reason: 'busy' })
}

function unknownPlace(typed: string): DriverError {
  const what = JSON.stringify(typed.slice(0, 256))
  return new DriverError(`${what} is nothing in this backend's subvolume group`, 'nothing-happened', {
    reason: 'not-found',
  })
}
