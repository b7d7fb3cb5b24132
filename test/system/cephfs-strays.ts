/** What a CephFS holds and no row knows: it is listed for `manila-manage storage audit`, and goes by its id alone. */
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { call, complete, shareRef, type Bench } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { driver as cephfs } from '../../src/storage/drivers/cephfs/index.ts'
import { bareExport, bareShareRef } from '../../src/share-manager/refs.ts'
import type { Inventory, SnapshotRef } from '../../src/storage/contract/driver.ts'

const sorted = ({ shares, snapshots, remains = [] }: Inventory) => ({
  shares: shares.toSorted(),
  snapshots: snapshots.toSorted(),
  remains: remains.toSorted(),
})

export async function strays(bench: Bench): Promise<void> {
  const driver = cephfs.create(complete(cephfs.options, bench.driverOptions), bench.host('strays'))
  await driver.setup(call())
  const inventory = async () => sorted(await driver.inventory(call()))
  const ceph = (verb: string, ...args: readonly string[]) =>
    bench.ceph.ceph(['fs', 'subvolume', ...verb.split(' '), bench.ceph.filesystem, ...args])
  const group = ['--group_name', 'manila']
  const before = await inventory()

  const kept = shareRef()
  const { state } = await driver.create(call(), kept)
  const held = { ...kept, state }
  const snapshotRef = (over: Partial<SnapshotRef> = {}): SnapshotRef => {
    const id = randomUUID()
    return { id, snapshotId: id, share: held, sizeGib: 1, state: {}, ...over }
  }
  const snapshot = snapshotRef()
  await driver.snapshots!.create(call(), snapshot)

  // A subvolume and a snapshot with names of ours, and a share with a key of a tenant.
  const [share, moment, keyed] = [randomUUID(), randomUUID(), shareRef()]
  await ceph('create', share, ...group)
  await ceph('snapshot create', kept.id, moment, ...group)
  const made = await driver.create(call(), keyed)
  const target = { ...bareExport(keyed.id), protocol: 'CEPHFS', projectId: 'p', name: keyed.id, ...made }
  await driver.native!.publish(call(), target)
  const rule = { id: randomUUID(), type: 'cephx', to: 'erin', level: 'rw' } as const
  await driver.native!.applyRules(call(), target, [rule])
  // A snapshot that was taken over, which has another name than its id.
  await ceph('snapshot create', kept.id, 'of-an-administrator', ...group)
  const managed = snapshotRef()
  await driver.managesSnapshots!.manage(call(), managed, 'of-an-administrator', {})
  // A share and its snapshot that were taken over, and that somebody removed since.
  await ceph('create', 'of-another', ...group)
  await ceph('snapshot create', 'of-another', 'of-before', ...group)
  const gone = shareRef()
  const taken = await driver.manages!.manage(call(), gone, 'of-another', {})
  const goneSnapshot = snapshotRef({ share: { ...gone, ...taken } })
  await driver.managesSnapshots!.manage(call(), goneSnapshot, 'of-before', {})
  await ceph('snapshot rm', 'of-another', 'of-before', ...group)
  await ceph('rm', 'of-another', ...group)

  const orphans = [share, keyed.id, moment, managed.id, gone.id, goneSnapshot.id]
  expect(await inventory()).toEqual({
    shares: [...before.shares, kept.id, share, keyed.id].toSorted(),
    snapshots: [...before.snapshots, snapshot.id, moment, managed.id].toSorted(),
    remains: [...before.remains, gone.id, goneSnapshot.id].toSorted(),
  })
  for (const id of orphans) {
    await driver.native!.unpublish(call(), bareExport(id))
    const bare = bareShareRef(id, id)
    if (![moment, managed.id].includes(id)) await driver.delete(call(), bare)
    if (![share, keyed.id].includes(id))
      await driver.snapshots!.delete(call(), { id, snapshotId: id, share: bare, sizeGib: 0, state: {} })
  }
  expect(await inventory()).toEqual({
    shares: [...before.shares, kept.id].toSorted(),
    snapshots: [...before.snapshots, snapshot.id].toSorted(),
    remains: before.remains,
  })
  expect(await bench.ceph.ceph(['auth', 'ls'])).not.toContain('client.erin')

  await driver.snapshots!.delete(call(), snapshot)
  await driver.delete(call(), held)
  expect(await inventory()).toEqual(before)
  await driver.stop(call(), { detach: true })
}
