/**
 * The driver on a real pool with a real NFS server: what a tenant sees through NFS, what survives a restart, and the
 * conformance kit.
 */
import { createHash, type Hash, randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exporter as ganesha } from '../../exporters/ganesha/index.ts'
import { mounts } from '../../host/mountinfo.ts'
import { driver as btrfs } from './index.ts'
import { call, cannotRun, complete, nfsClient, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { GaneshaExporter } from '../../exporters/ganesha/index.ts'
import type { ExportRef, ExportRule, Parts, ShareRef, StorageDriver, Tree } from '../../contract/driver.ts'
import { pidIn } from '../../exporters/ganesha/pid.fixture.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3

describe.skipIf(cannotRun !== null)(
  `btrfs and NFS-Ganesha${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    let bench: ReturnType<typeof scratch>
    let parts: Parts
    let driver: StorageDriver
    let exporter: GaneshaExporter
    let client: Awaited<ReturnType<typeof nfsClient>>

    const options = () => ({ loop_file: join(bench.dir, 'pool.img'), size_gib: 10 })
    const makeDriver = (over: object = {}) =>
      btrfs.create(complete(btrfs.options, { ...options(), ...over }), parts)
    const makeExporter = () =>
      ganesha.create(complete(ganesha.options, { port: 0 }), parts) as GaneshaExporter
    const file = (name: string, bytes: number | string) => {
      const path = join(bench.dir, name)
      writeFileSync(path, typeof bytes === 'string' ? bytes : randomBytes(bytes))
      return path
    }

    beforeAll(async () => {
      bench = scratch()
      parts = bench.parts('alpha')
      driver = makeDriver()
      await driver.setup(call())
      exporter = makeExporter()
      await exporter.setup(call())
      client = await nfsClient('127.0.0.1', exporter.port() ?? 0)
    })
    afterAll(() => {
      client?.close()
      bench?.clean()
    })

    const rule = (to: string, level: 'rw' | 'ro', type = 'ip'): ExportRule => ({
      id: randomUUID(),
      type,
      to,
      level,
    })
    const target = (id: string, tree: Tree | null): ExportRef => ({
      id,
      protocol: 'NFS',
      projectId: 'p',
      state: {},
      tree,
      name: id,
    })

    async function published(over: Partial<ShareRef> = {}) {
      const ref = shareRef(randomUUID(), over)
      const created = await driver.create(call(), ref)
      const share = { ...ref, state: created.state }
      const exported = target(ref.id, created.tree)
      await exporter.publish(call(), exported)
      await exporter.applyRules(call(), exported, [rule('127.0.0.1', 'rw')])
      return { share, exported, tree: created.tree as Tree }
    }
    async function removed({ share, exported }: { share: ShareRef; exported: ExportRef }) {
      await exporter.unpublish(call(), exported)
      await driver.delete(call(), share)
    }

    test('rw, ro, nobody: each client gets what its rule says', async () => {
      const it = await published()
      const id = it.share.id
      const outcomes = await exporter.applyRules(call(), it.exported, [
        rule('127.0.0.0/8', 'ro'),
        rule('127.0.0.1', 'rw'),
        rule('alice', 'rw', 'user'),
        rule('10.0.0.0/33', 'rw'),
      ])
      expect(outcomes.map(({ state, reason }) => [state, reason])).toEqual([
        ['active', null],
        ['active', null],
        ['error', 'access-type-unsupported'],
        ['error', 'unsupported'],
      ])
      const hello = file('hello', 'hello')
      await client.put(hello, `${id}/hello`)
      const reader = await nfsClient('127.0.0.2', exporter.port() ?? 0)
      expect(await reader.cat(`${id}/hello`)).toBe('hello')
      await expect(reader.put(hello, `${id}/other`)).rejects.toThrow(/failed/i)
      await exporter.applyRules(call(), it.exported, [rule('127.0.0.1', 'ro')])
      await expect(reader.cat(`${id}/hello`)).rejects.toThrow(/failed/i)
      expect(await client.cat(`${id}/hello`)).toBe('hello')
      await expect(client.put(hello, `${id}/other`)).rejects.toThrow(/failed/i)
      await exporter.applyRules(call(), it.exported, [rule('0.0.0.0/0', 'rw')])
      await reader.put(hello, `${id}/other`)
      await exporter.applyRules(call(), it.exported, [])
      await expect(client.cat(`${id}/hello`)).rejects.toThrow(/failed/i)
      reader.close()
      await removed(it)
      await expect(client.cat(`${id}/hello`)).rejects.toThrow(/failed/i)
      expect(await exporter.inventory(call())).not.toContain(id)
      expect((await driver.inventory(call())).shares).not.toContain(id)
    })

    test('the size holds through NFS, extend gives room, shrink below use is refused', async () => {
      const it = await published()
      const id = it.share.id
      fill(it.tree, 'one', 700 * mib)
      expect(() => fill(it.tree, 'two', 700 * mib)).toThrow('EDQUOT')
      // libnfs 4.0 can't send more than some 3 KB a file, so the client's own try comes when the share is full.
      const hello = file('hello', 'hello')
      await expect(client.put(hello, `${id}/late`)).rejects.toThrow(/failed/i)
      await driver.extend(call(), it.share, 2)
      await client.put(hello, `${id}/after`)
      fill(it.tree, 'two', 700 * mib)
      const wider = { ...it.share, sizeGib: 2 }
      await expect(driver.shrinks?.shrink(call(), wider, 1)).rejects.toMatchObject({
        outcome: 'nothing-happened',
        reason: 'shrink-would-lose-data',
      })
      const [row] = (await driver.measures?.measure(call(), [wider], [], { refresh: true })) ?? []
      expect(row).toMatchObject({ method: 'btrfs-qgroup', reason: null })
      expect(row?.usedBytes).toBeGreaterThan(1400 * mib)
      expect(row?.usedBytes).toBeLessThan(1430 * mib)
      await removed(it)
    })

    test('a share that is 90 % full can be overwritten in place, and NFS reads the new bytes', async () => {
      const it = await published({ sizeGib: 0.25 })
      fill(it.tree, 'data', 230 * mib)
      const fresh = createHash('sha256')
      fill(it.tree, 'data', 230 * mib, fresh)
      expect(await client.digest(`${it.share.id}/data`)).toBe(fresh.digest('hex'))
      await removed(it)
    })

    test('snapshot, clone and revert keep the bytes, and each has its own size', async () => {
      const it = await published({ sizeGib: 0.25 })
      const id = it.share.id
      await client.put(file('v1', 'first'), `${id}/f`)
      const snapshot = snapshotRef(randomUUID(), it.share)
      const taken = await driver.snapshots?.create(call(), snapshot)
      expect(await driver.snapshots?.create(call(), snapshot)).toEqual(taken)
      writeFileSync(join(it.tree.path, 'f'), 'second')
      expect(await client.cat(`${id}/f`)).toBe('second')

      const tree = (await driver.mountsSnapshots?.tree(call(), snapshot)) as Tree
      const frozen = target(snapshot.id, tree)
      await exporter.publish(call(), frozen)
      await exporter.applyRules(call(), frozen, [rule('127.0.0.1', 'rw')])
      expect(await client.cat(`${snapshot.id}/f`)).toBe('first')
      await expect(client.put(file('v3', 'third'), `${snapshot.id}/g`)).rejects.toThrow(/failed/i)

      const clone = shareRef(randomUUID(), { sizeGib: 0.5 })
      const cloned = await driver.clones?.clone(call(), clone, snapshot)
      const cloneExport = target(clone.id, cloned?.tree ?? null)
      await exporter.publish(call(), cloneExport)
      await exporter.applyRules(call(), cloneExport, [rule('127.0.0.1', 'rw')])
      expect(await client.cat(`${clone.id}/f`)).toBe('first')
      // Larger than the snapshot's share: the clone has a size of its own.
      fill(cloned?.tree, 'big', 300 * mib)
      expect(() => fill(cloned?.tree, 'more', 300 * mib)).toThrow('EDQUOT')

      const operation = randomUUID()
      const reverted = await driver.reverts?.revert(call(), it.share, snapshot, operation)
      expect(reverted?.state['subvolume_id']).not.toBe(it.share.state['subvolume_id'])
      const moved = target(id, reverted?.tree ?? null)
      await exporter.publish(call(), moved)
      expect(await client.cat(`${id}/f`)).toBe('first')
      fill(reverted?.tree, 'big', 225 * mib)
      expect(() => fill(reverted?.tree, 'more', 50 * mib)).toThrow('EDQUOT')
      rmSync(join(reverted?.tree?.path ?? '', 'more'))
      await client.put(file('v4', 'fourth'), `${id}/g`)
      // The answer got lost and the call is repeated: what was written since stays.
      const state = reverted?.state ?? {}
      const again = await driver.reverts?.revert(call(), { ...it.share, state }, snapshot, operation)
      expect(again).toEqual(reverted)
      expect(await client.cat(`${id}/g`)).toBe('fourth')

      await exporter.unpublish(call(), frozen)
      await driver.mountsSnapshots?.release(call(), snapshot)
      await driver.snapshots?.delete(call(), snapshot)
      await driver.snapshots?.delete(call(), snapshot)
      await removed({ share: clone, exported: cloneExport })
      await removed(it)
    })

    test('a share made by hand is taken over, and given back under its name', async () => {
      const it = await published()
      await client.put(file('kept', 'kept'), `${it.share.id}/f`)
      await exporter.unpublish(call(), it.exported)
      await driver.manages?.unmanage(call(), it.share)
      await driver.manages?.unmanage(call(), it.share)
      const ref = shareRef(randomUUID())
      const typed = `nfs.example.org:/${it.share.id}`
      const managed = await driver.manages?.manage(call(), ref, typed, {})
      expect(managed?.sizeGib).toBe(1)
      expect(await driver.manages?.manage(call(), ref, typed, {})).toEqual(managed)
      expect(readFileSync(join(managed?.tree?.path ?? '', 'f'), 'utf8')).toBe('kept')
      for (const bad of ['..', '/', 'host:/../etc', 'a/b', 'manila', '-rf', `nowhere-${ref.id}`]) {
        await expect(driver.manages?.manage(call(), shareRef(randomUUID()), bad, {})).rejects.toMatchObject({
          reason: 'not-found',
        })
      }
      await driver.delete(call(), ref)
    })

    test('a new process finds mounts, loop device and daemon again; a client notices nothing', async () => {
      const it = await published()
      await client.put(file('before', 'before'), `${it.share.id}/f`)
      const before = ownMounts()
      const pid = pidIn(join(parts.dir, 'ganesha'))
      const port = exporter.port()
      driver = makeDriver()
      await driver.setup(call())
      await driver.ensure(call(), it.share)
      exporter = makeExporter()
      await exporter.setup(call())
      expect(exporter.port()).toBe(port)
      expect(pidIn(join(parts.dir, 'ganesha'))).toBe(pid)
      expect(ownMounts()).toEqual(before)
      expect(await client.cat(`${it.share.id}/f`)).toBe('before')
      await removed(it)
    })

    test('a daemon that died comes back with its exports, and never serves an unmounted directory', async () => {
      const [kept, lost] = [await published(), await published()]
      await client.put(file('x', 'x'), `${kept.share.id}/f`)
      await client.put(file('x', 'x'), `${lost.share.id}/f`)
      process.kill(pidIn(join(parts.dir, 'ganesha')), 'SIGKILL')
      await localUmount(lost.tree.path)
      await exporter.setup(call())
      expect(await client.cat(`${kept.share.id}/f`)).toBe('x')
      await expect(client.list(lost.share.id)).rejects.toThrow(/failed/i)
      const found = await driver.ensure(call(), lost.share)
      await exporter.publish(call(), target(lost.share.id, found.tree))
      expect(await client.cat(`${lost.share.id}/f`)).toBe('x')
      await removed(kept)
      await removed(lost)
    })

    test('an older owner changes nothing', async () => {
      const it = await published()
      const lockFile = join(bench.dir, `${it.share.id}.lock`)
      await driver.extend(call({ lockFile, number: 9 }), it.share, 2)
      await expect(driver.extend(call({ lockFile, number: 8 }), it.share, 1)).rejects.toMatchObject({
        outcome: 'nothing-happened',
        retryAfterS: null,
      })
      await expect(driver.delete(call({ lockFile, number: 8 }), it.share)).rejects.toMatchObject({
        reason: 'fenced',
      })
      expect((await driver.inventory(call())).shares).toContain(it.share.id)
      await removed(it)
    })

    test('ids and names that would walk are refused before anything runs', async () => {
      for (const id of ['../x', '', 'a b', `${randomUUID()}/..`]) {
        await expect(driver.create(call(), shareRef(id))).rejects.toMatchObject({
          outcome: 'nothing-happened',
        })
        await expect(driver.delete(call(), shareRef(id))).rejects.toMatchObject({
          outcome: 'nothing-happened',
        })
      }
    })

    test('the pool grows with its configured size, and never beyond what its host has', async () => {
      const [before] = await driver.pools(call())
      driver = makeDriver({ size_gib: 11 })
      await driver.setup(call())
      const [after] = await driver.pools(call())
      expect((after?.totalGib ?? 0) - (before?.totalGib ?? 0)).toBeCloseTo(1, 1)
      expect(statSync(options().loop_file).size).toBe(11 * gib)
      await expect(makeDriver({ size_gib: 900_000 }).setup(call())).rejects.toMatchObject({
        reason: 'host-lacks',
      })
      expect(statSync(options().loop_file).size).toBe(11 * gib)
    })

    test('space of a deleted share is free only when the cleaner is done', async () => {
      const it = await published()
      fill(it.tree, 'f', 600 * mib)
      const full = (await freeNow()) ?? 0
      await removed(it)
      const [pending] = await driver.pools(call())
      expect(pending?.extra['deleted_pending']).toBeGreaterThan(0)
      expect(pending?.freeGib).toBeLessThan(full + 0.5)
      await expect.poll(freeNow, { timeout: 90_000, interval: 500 }).toBeGreaterThan(full + 0.5)
    })

    test('simple quotas keep the size of a share and of a clone, and say what they can not tell', async () => {
      const own = bench.parts('simple')
      const given = { loop_file: join(bench.dir, 'simple.img'), size_gib: 4, quota_mode: 'simple' }
      const simple = btrfs.create(complete(btrfs.options, given), own)
      await simple.setup(call())
      await simple.setup(call())
      const share = shareRef(randomUUID())
      const { tree } = await simple.create(call(), share)
      fill(tree, 'f', 300 * mib)
      expect(() => fill(tree, 'g', 900 * mib)).toThrow('EDQUOT')
      rmSync(join(tree?.path ?? '', 'g'))
      const snapshot = snapshotRef(randomUUID(), share)
      await simple.snapshots?.create(call(), snapshot)
      const rows = await simple.measures?.measure(call(), [share], [snapshot], { refresh: true })
      expect(rows?.[0]?.usedBytes).toBeGreaterThan(300 * mib)
      expect(rows?.[0]).toMatchObject({ method: 'btrfs-squota', exclusiveBytes: null })
      expect(rows?.[1]).toMatchObject({ usedBytes: null, exclusiveBytes: null })
      expect(rows?.[0]?.reason).toContain('first')
      const full = btrfs.create(complete(btrfs.options, { ...given, quota_mode: 'full' }), own)
      await expect(full.setup(call())).rejects.toMatchObject({ reason: 'host-lacks' })
      await simple.snapshots?.delete(call(), snapshot)
      await simple.delete(call(), share)
      await simple.stop(call(), { detach: true })
    })

    test('stopping with detach leaves no mount, loop device or daemon, and setup brings all back', async () => {
      const it = await published()
      await client.put(file('y', 'y'), `${it.share.id}/f`)
      await exporter.stop(call(), { detach: true })
      await driver.stop(call(), { detach: true })
      expect(ownMounts()).toEqual([])
      expect(loopsOf(options().loop_file)).toEqual([])
      driver = makeDriver({ size_gib: 11 })
      await driver.setup(call())
      await exporter.setup(call())
      await expect(client.cat(`${it.share.id}/f`)).rejects.toThrow(/failed/i)
      const found = await driver.ensure(call(), it.share)
      await exporter.publish(call(), target(it.share.id, found.tree))
      expect(await client.cat(`${it.share.id}/f`)).toBe('y')
      await removed(it)
    })

    function ownMounts(): readonly string[] {
      return mounts()
        .map(({ path }) => path)
        .filter((path) => path.startsWith(`${bench.dir}/`))
        .toSorted()
    }
    async function freeNow(): Promise<number | null | undefined> {
      // The cleaner starts with a commit, which otherwise comes every 30 s.
      const argv = ['btrfs', 'filesystem', 'sync', join(parts.dir, 'pool')]
      await parts.exec.run(argv, { deadlineMs: 30_000 })
      return (await driver.pools(call()))[0]?.freeGib
    }
    async function localUmount(path: string): Promise<void> {
      await parts.exec.run(['umount', '--lazy', path], { deadlineMs: 10_000 })
    }
    function loopsOf(path: string): readonly string[] {
      return readdirSync('/sys/block').filter((name) => {
        try {
          return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim() === path
        } catch {
          return false
        }
      })
    }
  },
)

/** Writes or overwrites a file in place with bytes that don't compress, synced, and tells `hash` of them. */
function fill(tree: Tree | null | undefined, name: string, bytes: number, hash?: Hash): void {
  const path = join(tree?.path ?? 'no tree', name)
  // The same noise again and again, under a stamp on every page: no page is another's.
  const noise = randomBytes(4 * mib)
  let handle: number | null = null
  try {
    handle = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o666)
    for (let offset = 0; offset < bytes; offset += 4 * mib) {
      for (let page = 0; page < noise.length; page += 4096) noise.writeDoubleLE(offset + page, page)
      const block = noise.subarray(0, bytes - offset)
      hash?.update(block)
      for (let at = 0; at < block.length;) at += writeSync(handle, block, at, block.length - at, offset + at)
    }
    fsyncSync(handle)
  } catch (error) {
    // Node has no name for EDQUOT (122).
    throw (error as NodeJS.ErrnoException).errno === -122 ? new Error('EDQUOT', { cause: error }) : error
  } finally {
    if (handle !== null) closeSync(handle)
  }
}
