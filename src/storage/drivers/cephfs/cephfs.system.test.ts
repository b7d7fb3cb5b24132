/** The conformance kit on a private Ceph, over NFS-Ganesha and natively; one cluster for everything in this file. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { authIds } from '../../../../test/system/cephfs-auth-ids.ts'
import { startCephfsService, walkOverNfs, walkWithKeys } from '../../../../test/system/cephfs-service.ts'
import { forgedHandles, fromSharedUser, ownUsers } from '../../../../test/system/cephfs-server-users.ts'
import { strays } from '../../../../test/system/cephfs-strays.ts'
import { twoHosts } from '../../../../test/system/cephfs-two-hosts.ts'
import { granted } from '../../exporters/ganesha/granted.fixture.ts'
import { exporter as ganesha } from '../../exporters/ganesha/index.ts'
import { hasPostgres } from '../../../../tools/programs/postgres.ts'
import { conformance } from '../../contract/conformance.ts'
import { driver as cephfs } from './index.ts'
import { call, cannotRun, complete, shareRef, sparseProbes, startBench } from './bench.fixture.ts'
import type { CephfsService } from '../../../../test/system/cephfs-service.ts'
import type { ConformanceBackend, ConformanceTarget } from '../../contract/conformance.ts'
import { servedByUsers } from '../../host/server-users.ts'
import type { Parts, StorageDriver } from '../../contract/driver.ts'

const bench = cannotRun === null ? await startBench() : null
afterAll(() => bench?.clean(), 60_000)

const undeclared = [
  'no limit of exports is stated',
  'no limit of rules is stated',
  "the driver doesn't declare mountsSnapshots",
  "the driver doesn't declare reverts",
  'the target has no breakCreate',
  'the target has no hangCreate',
]

describe.skipIf(bench === null)(`cephfs${cannotRun === null ? '' : ` (${cannotRun})`}`, async () => {
  if (bench === null) return
  const { ceph, root } = bench
  const driverOptions = complete(cephfs.options, bench.driverOptions)

  async function backend(exported: boolean): Promise<ConformanceBackend> {
    const parts = bench!.host(exported ? 'a' : 'b')
    const make = async () => {
      const driver = cephfs.create(driverOptions, parts)
      await driver.setup(call())
      return driver
    }
    const base = { driver: await make(), reopen: make, cleanup: async () => undefined }
    if (!exported) return { ...base, granted: authorized }
    const exporter = servedByUsers(makeExporter(parts), base.driver.serverUsers)!
    return { ...base, exporter, granted: (id) => granted(parts.exec, join(parts.dir, 'ganesha'), id) }
  }

  const makeExporter = (parts: Parts) =>
    ganesha.create(complete(ganesha.options, bench!.exporterOptions), parts)

  /** Asks Ceph which keys open the share. */
  async function authorized(id: string): Promise<readonly string[]> {
    const list = ['fs', 'subvolume', 'authorized_list', ceph.filesystem, id, '--group_name', 'manila']
    const rows = JSON.parse(await ceph.ceph([...list, '--format', 'json'])) as readonly object[]
    return rows.flatMap((row) => Object.keys(row))
  }

  const target = (exported: boolean): ConformanceTarget => {
    let whole: Promise<ConformanceBackend> | null = null
    return {
      name: exported ? 'cephfs over NFS' : 'cephfs natively',
      make: () => (whole ??= backend(exported)),
      protocol: exported ? 'NFS' : 'CEPHFS',
      probes: sparseProbes(root),
      limits: { enforcesSize: true },
    }
  }

  const checks = await conformance(target(false))
  describe('natively', () => {
    for (const check of checks) if (check.notDeclared === null) test(check.name, () => check.run())
    test('nothing but the faults of a pretend backend and going back is undeclared', () => {
      expect([...new Set(checks.flatMap((check) => check.notDeclared ?? []))].sort()).toEqual(undeclared)
    })
  })

  // What the driver does with trees was asked above: these are the laws about who reaches them.
  const aboutExports = /publish|rule|location|names never become paths/
  const exported = (await conformance(target(true))).filter(({ name }) => aboutExports.test(name))
  describe('over NFS', () => {
    for (const check of exported) test(check.name, () => check.run())
  })

  test('an owner that was replaced on another host changes nothing', async () => {
    const owners = ['a', 'b'].map((name) => cephfs.create(driverOptions, bench.host(name)))
    const [late, present] = owners as [StorageDriver, StorageDriver]
    for (const driver of owners) await driver.setup(call())
    // Each host has files of its own, so only what is in the cluster can tell the two apart.
    const as = (host: string, id: string, number: number) =>
      call({ lockFile: join(bench.dir, host, id), number })
    const ref = shareRef()
    const { state } = await late.create(as('a', ref.id, 4), ref)
    await present.extend(as('b', ref.id, 5), { ...ref, state }, 2)
    const refusal = { outcome: 'nothing-happened', reason: 'fenced' }
    await expect(late.delete(as('a', ref.id, 4), { ...ref, state })).rejects.toMatchObject(refusal)
    await present.delete(as('b', ref.id, 6), { ...ref, state })
    await expect(late.create(as('a', ref.id, 4), ref)).rejects.toMatchObject(refusal)
    expect((await present.inventory(call())).shares).not.toContain(ref.id)
    for (const driver of owners) await driver.stop(call(), { detach: true })
  })

  test('an export has a user of its own, made and removed with it', () => ownUsers(bench))
  test('exports of an earlier release move to users of their own', () => fromSharedUser(bench))
  test('a forged handle is refused by the user that serves it', () => forgedHandles(bench))
  test('an auth id that Ceph can not grant, or not take away, is alone with that', () => authIds(bench))
  test('what no row knows is listed, and goes by its id alone', () => strays(bench))

  describe('through the API', () => {
    let service: CephfsService
    beforeAll(async () => {
      service = await startCephfsService(bench)
    })
    afterAll(() => service?.stop())
    test('NFS: a size that holds, extend, snapshot, clone, sizes', () => walkOverNfs(service))
    test('CEPHFS: keys that write, read, and are taken away', () => walkWithKeys(bench, service))
  })

  test.runIf(hasPostgres())(
    'two hosts serve it: what one has in its hands when it is struck, the other finishes',
    () => twoHosts(bench),
  )

  test('nothing is left', async () => {
    const driver = cephfs.create(driverOptions, bench.host('a'))
    await driver.setup(call())
    expect(await driver.inventory(call())).toEqual({ shares: [], snapshots: [], remains: [] })
    const records = join(root, 'volumes/_manila/manila')
    const { exec } = bench.host('a')
    expect((await exec.run(['find', records, '-type', 'l'], { deadlineMs: 10_000 })).stdout).toBe('')
    expect(await ceph.ceph(['auth', 'ls'])).not.toMatch(/client\.(alice|bob|carol|dave|manila-nfs)/)
  })
})
