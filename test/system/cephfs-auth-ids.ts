/** What a real Ceph says to auth ids that it can't grant, or can't take away: of each rule alone, whatever the others are. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { call, complete, shareRef, type Bench } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { driver as cephfs } from '../../src/storage/drivers/cephfs/index.ts'
import type { ExportRule, RuleOutcome } from '../../src/storage/contract/driver.ts'

export async function authIds(bench: Bench): Promise<void> {
  const driver = cephfs.create(complete(cephfs.options, bench.driverOptions), bench.host('auth-ids'))
  await driver.setup(call())
  const share = shareRef()
  const made = await driver.create(call(), share)
  const target = { id: share.id, protocol: 'CEPHFS', projectId: share.projectId, name: share.id, ...made }
  await driver.native!.publish(call(), target)
  const apply = (...ids: readonly string[]) =>
    driver.native!.applyRules(
      call(),
      target,
      ids.map((to): ExportRule => ({ id: to, type: 'cephx', to, level: 'rw' })),
    )
  const said = (outcomes: readonly RuleOutcome[]) =>
    outcomes.map(({ id, state, reason, stays }) => [stays?.to ?? id, state, reason])
  const list = ['fs', 'subvolume', 'authorized_list', bench.ceph.filesystem, share.id]
  const granted = async () =>
    (
      JSON.parse(
        await bench.ceph.ceph([...list, '--group_name', 'manila', '--format', 'json']),
      ) as readonly object[]
    )
      .flatMap((row) => Object.keys(row))
      .toSorted()
  const fine = (id: string) => [id, 'active', null]

  // EPERM: of Ceph's own, of an administrator, of another share's project.
  expect(said(await apply('alice', 'admin', 'bob', 'manila'))).toEqual([
    fine('alice'),
    ['admin', 'error', 'client-forbidden'],
    fine('bob'),
    ['manila', 'error', 'client-forbidden'],
  ])
  // ENOENT within Ceph: an administrator removed the key, and it is made anew.
  await bench.ceph.ceph(['auth', 'rm', 'client.alice'])
  expect(said(await apply('alice', 'bob'))).toEqual([fine('alice'), fine('bob')])
  expect(await bench.ceph.ceph(['auth', 'get-key', 'client.alice'])).not.toBe('')

  // EINVAL: what Ceph keeps of one id can't be read.
  const record = join(bench.root, 'volumes', '$bob.meta')
  const whole = readFileSync(record)
  writeFileSync(record, 'torn')
  const refused = await apply('alice', 'bob', 'carol')
  expect(said(refused)).toEqual([fine('alice'), ['bob', 'error', 'unsupported'], fine('carol')])
  expect(refused[1]?.why).toBe('Ceph does not take "bob" as an auth id of this share.')
  // Nor can its key be taken away: that denial fails, no other does, and who is new is let in.
  const stays = ['bob', 'error', null]
  expect(said(await apply('carol', 'dave'))).toEqual([fine('carol'), fine('dave'), stays])
  expect(await granted()).toEqual(['bob', 'carol', 'dave'])
  writeFileSync(record, whole)
  expect(said(await apply('carol'))).toEqual([fine('carol')])
  expect(await granted()).toEqual(['carol'])

  // ENOENT of the share itself is no rule's fault.
  await driver.native!.unpublish(call(), target)
  await driver.delete(call(), { ...share, state: made.state })
  await expect(apply('carol')).rejects.toMatchObject({ reason: 'not-found' })
  await driver.stop(call(), { detach: true })
}
