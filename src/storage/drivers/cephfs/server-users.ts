/**
 * One cephx user per NFS export. NFS-Ganesha serves a share as that user, so a client that forges a handle asks the metadata
 * server for what this user may not see. Ceph's volumes module makes it, as it makes those of CEPHFS rules: the driver's own
 * user needs no right to make users.
 */
import { DriverError } from '../../contract/driver.ts'
import { codes, failureOf } from './agent.ts'
import { authorized, denials } from './access.ts'
import { changeAll, checkedId, knownName, nameOf, serverPrefix, subvolume } from './volume.ts'
import type { ExportRef, ServerUser } from '../../contract/driver.ts'
import type { Volume } from './volume.ts'

/** Whom Ceph takes these users to belong to: no project has such an id, so none can ask for their keys. */
const tenant = 'manila-nfs'
const cephKey = /^[A-Za-z0-9+/]{20,100}={0,2}$/

const userOf = (id: string): string => `${serverPrefix}${checkedId(id)}`

/** Makes the user, or finds the one that an earlier call made, with the same key. */
export async function grantServer(volume: Volume, target: ExportRef): Promise<ServerUser> {
  const name = userOf(target.id)
  const grant = { auth_id: name, access_level: 'rw', tenant_id: tenant }
  const [made] = await changeAll(volume, target.id, [
    subvolume(volume, 'authorize', knownName(target), grant),
  ])
  const key = (made?.out ?? '').trim()
  if (cephKey.test(key)) return { name, key }
  throw new DriverError(`Ceph made the user ${name} and told no key`, 'maybe-happened', { retryAfterS: 5 })
}

/** Removes the user and ends what it had open, on whatever host; fine when there is none. */
export async function withdrawServer(volume: Volume, target: Pick<ExportRef, 'id' | 'state'>): Promise<void> {
  const user = userOf(target.id)
  const name = await nameOf(volume, { ...bare, ...target })
  if (name === null) return
  const list = subvolume(volume, 'authorized_list', name)
  const [granted] = await volume.agent.look([list])
  if (granted === undefined || granted.code === codes.notFound) return
  if (granted.code !== 0) throw failureOf(list, granted)
  if (authorized(list, granted).has(user)) await changeAll(volume, target.id, denials(volume, name, [user]))
}

const bare = {
  shareId: '',
  projectId: '',
  sizeGib: 0,
  pool: '',
  protocol: '',
  specs: {},
  mountPointName: null,
}
