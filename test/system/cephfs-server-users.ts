/** NFS on CephFS: each export is served as a cephx user of its own, and that is what keeps a forged handle out. */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import {
  call,
  complete,
  keyringText,
  shareRef,
  type Bench,
} from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { driver as cephfs } from '../../src/storage/drivers/cephfs/index.ts'
import { servedByUsers } from '../../src/storage/host/server-users.ts'
import { exporter as ganesha } from '../../src/storage/exporters/ganesha/index.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import {
  getAttributes,
  getFh,
  lookup,
  putFh,
  putRootFh,
} from '../../src/storage/contract/conformance/nfs4/operations.ts'
import { openSession } from '../../src/storage/contract/conformance/nfs4/session.ts'
import type { GaneshaExporter } from '../../src/storage/exporters/ganesha/index.ts'
import type { Exporter, ExportRef } from '../../src/storage/contract/driver.ts'

const [mine, others] = ['127.0.0.2', '127.0.0.1']

/** A driver and two exporters of one server on a host of their own: one with users, one as an earlier release had it. */
async function open(bench: Bench) {
  const parts = bench.host('users')
  const driver = cephfs.create(complete(cephfs.options, bench.driverOptions), parts)
  await driver.setup(call())
  const plain = ganesha.create(complete(ganesha.options, bench.exporterOptions), parts) as GaneshaExporter
  const exporter = servedByUsers(plain, driver.serverUsers)!
  await exporter.setup(call())
  const share = async (through: Exporter, client: string): Promise<ExportRef> => {
    const ref = shareRef({ protocol: 'NFS' })
    const { state, tree } = await driver.create(call(), ref)
    const target: ExportRef = { id: ref.id, protocol: 'NFS', projectId: 'p', state, tree, name: ref.id }
    await through.publish(call(), target)
    const rule = { id: randomUUID(), type: 'ip', to: client, level: 'rw' } as const
    await through.applyRules(call(), target, [rule])
    return target
  }
  const port = () => plain.port() ?? 0
  const mount = ({ name }: ExportRef, from: string) =>
    mountNfs({ host: '127.0.0.1', port: port(), path: `/${name}`, from, timeoutMs: 30_000 })
  const drop = async (target: ExportRef) => {
    await exporter.unpublish(call(), target)
    await driver.delete(call(), { ...shareRef(), id: target.id, state: target.state })
  }
  const file = (id: string) => join(parts.dir, 'ganesha/exports.d', `${id}.conf`)
  /** Its server would be started again whenever it ends. */
  const end = async (): Promise<void> => {
    await exporter.stop(call(), { detach: true })
    await driver.stop(call(), { detach: true })
  }
  return { parts, driver, plain, exporter, share, port, mount, drop, file, [Symbol.asyncDispose]: end }
}

const users = async (bench: Bench): Promise<readonly string[]> =>
  [...(await bench.ceph.ceph(['auth', 'ls'])).matchAll(/client\.(manila-nfs-\S+)/g)].map(
    ([, name]) => name ?? '',
  )

/** Limited to one share, kept where the server reads it and nowhere else, gone with the export, also when calls were cut. */
export async function ownUsers(bench: Bench): Promise<void> {
  await using host = await open(bench)
  const { driver, exporter, share, drop, file, mount } = host
  const [one, two] = [await share(exporter, mine), await share(exporter, mine)]
  const auth = async (id: string) =>
    (
      JSON.parse(await bench.ceph.ceph(['auth', 'get', `client.manila-nfs-${id}`, '--format', 'json'])) as {
        key: string
        caps: Record<string, string>
      }[]
    )[0]!
  const { key, caps } = await auth(one.id)
  const path = one.tree?.path ?? ''
  expect(caps).toEqual({
    mds: `allow rw path=${path}`,
    mon: 'allow r',
    osd: `allow rw pool=${bench.ceph.dataPool} namespace=fsvolumens_${one.id}`,
  })
  const keyring = join(bench.dir, 'server.keyring')
  writeFileSync(keyring, keyringText(`manila-nfs-${one.id}`, key), { mode: 0o600 })
  await bench.unmount(await bench.mount(`manila-nfs-${one.id}`, keyring, path))
  for (const elsewhere of ['/', '/volumes/manila', two.tree?.path ?? ''])
    await expect(bench.mount(`manila-nfs-${one.id}`, keyring, elsewhere)).rejects.toThrow('ceph-fuse')

  const text = readFileSync(file(one.id), 'utf8')
  expect(text.split('\n')[0]).not.toContain(key)
  expect(text.split(key)).toHaveLength(2)
  expect(statSync(file(one.id)).mode & 0o777).toBe(0o600)
  expect(statSync(join(file(one.id), '..')).mode & 0o777).toBe(0o700)
  expect(readdirSync(join(file(one.id), '..')).filter((name) => !name.endsWith('.conf'))).toEqual([])
  expect(JSON.stringify([one.state, one.tree])).not.toContain(key)

  // The same user at every call, and clients go on.
  const nfs = await mount(one, mine)
  await nfs.write('before', Buffer.from('written'))
  await exporter.publish(call(), one)
  await exporter.applyRules(call(), one, [{ id: randomUUID(), type: 'ip', to: mine, level: 'rw' }])
  expect((await auth(one.id)).key).toBe(key)
  expect(Buffer.from(await nfs.read('before')).toString()).toBe('written')
  await nfs.close()

  // Rules of tenants get no such key.
  const native = { ...one, protocol: 'CEPHFS' }
  await driver.native?.publish(call(), native)
  const asked = { id: randomUUID(), type: 'cephx', to: `manila-nfs-${one.id}`, level: 'rw' } as const
  const [refused] = (await driver.native?.applyRules(call(), native, [asked])) ?? []
  expect(refused).toMatchObject({ state: 'error', accessKey: null, reason: 'client-forbidden' })

  await exporter.unpublish(call(), one)
  expect(await users(bench)).toEqual([`manila-nfs-${two.id}`])
  await exporter.unpublish(call(), { ...one, protocol: '', state: {}, tree: null })
  // Cut between the user and the export: by id alone, and by the share's deletion.
  await driver.serverUsers?.grant(call(), one)
  await driver.serverUsers?.withdraw(call(), { ...one, protocol: '', state: {}, tree: null })
  expect(await users(bench)).toEqual([`manila-nfs-${two.id}`])
  await driver.serverUsers?.grant(call(), one)
  await drop(one)
  await drop(two)
  expect(await users(bench)).toEqual([])
}

/** What an earlier release served as one user for all goes on as a user of its own, with the files that clients hold. */
export async function fromSharedUser(bench: Bench): Promise<void> {
  await using host = await open(bench)
  const { plain, exporter, share, mount, drop, file } = host
  const target = await share(plain, mine)
  expect(readFileSync(file(target.id), 'utf8')).toContain('User_Id = "ganesha"')
  const nfs = await mount(target, mine)
  await nfs.write('old', Buffer.from('of the earlier release'))
  await exporter.publish(call(), target)
  expect(readFileSync(file(target.id), 'utf8')).toContain(`User_Id = "manila-nfs-${target.id}"`)
  // The same mount: its handles are those of the same files.
  expect(Buffer.from(await nfs.read('old')).toString()).toBe('of the earlier release')
  await nfs.write('new', Buffer.from('of this one'))
  await nfs.close()
  await drop(target)
}

/** A client of one share sends handles of another: refused, and let through where one user serves both. */
export async function forgedHandles(bench: Bench): Promise<void> {
  await using host = await open(bench)
  const { plain, exporter, share, port, mount, drop } = host
  const attack = async (through: Exporter): Promise<readonly string[]> => {
    const [own, foreign] = [await share(through, mine), await share(through, others)]
    const victim = await mount(foreign, others)
    await victim.write('secret', Buffer.from('secret'))
    await victim.close()
    const [attacker, owner] = await Promise.all(
      [mine, others].map((from) =>
        openSession({ host: '127.0.0.1', port: port(), from, timeoutMs: 10_000, uid: 0, gid: 0 }),
      ),
    )
    const handle = async (session: typeof attacker, ...way: string[]) =>
      (await session!.compound([putRootFh, ...way.map((name) => lookup(name)), getFh] as const)).at(
        -1,
      ) as Buffer
    const root = await handle(attacker, own.name)
    const theirs = [await handle(owner, foreign.name), await handle(owner, foreign.name, 'secret')]
    const forged = theirs.flatMap((bytes) => [
      bytes,
      // Under one's own export.
      Buffer.concat([bytes.subarray(0, 2), root.subarray(2, 4), bytes.subarray(4)]),
    ])
    const ends: string[] = []
    for (const bytes of forged) {
      const end = attacker!.compound([putFh(bytes as never), getAttributes(['size'])] as const)
      ends.push(
        await end.then(
          () => 'through',
          (error: { code?: string }) => error.code ?? String(error),
        ),
      )
    }
    for (const session of [attacker, owner]) await session?.end()
    for (const target of [own, foreign]) await drop(target)
    return ends
  }
  const kept = await attack(exporter)
  for (const end of kept) expect(end).toMatch(/^NFS4ERR_(STALE|BADHANDLE|NOENT|ACCESS|PERM)$/)
  // The same check where nothing separates them finds the hole.
  expect(await attack(plain)).toContain('through')
}
