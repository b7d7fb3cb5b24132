/**
 * `manila-manage share move`: a share of a `btrfs` backend goes on in an `image` one, with every byte, owner and link, and its
 * clients find it under its new location with the rules it had. Real pools, NFS-Ganesha and REST; nothing but the verb knows of the move.
 */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cannotRun, scratch } from '../../src/storage/drivers/image/bench.fixture.ts'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import type { Client } from '../../src/sdk/client.ts'
import { allowAccess } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { createShare, showShare } from '../../src/wire/shares/schema.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const { dir, clean } = scratch()
const manageProgram = join(import.meta.dirname, '..', '..', 'src', 'bin', 'manila-manage.mjs')
let running: ServiceProcess | null = null
afterAll(async () => {
  await running?.stop()
  clean()
})

const bytes = Buffer.alloc(3 * 1024 * 1024, 'every byte of it ')
const ports = { old: await freePort(), new: await freePort() }
const backend = (name: 'old' | 'new', driver: string, more: object) => ({
  driver,
  exporter: 'ganesha',
  max_over_subscription_ratio: 1,
  report_interval_s: 1,
  driver_options: { loop_file: join(dir, `${name}.img`), size_gib: 4, pool_name: 'pool' },
  exporter_options: { port: ports[name] },
  ...more,
})
const old = { old: backend('old', 'btrfs', { trusted_clients: true }) }
const both = { ...old, new: backend('new', 'image', {}) }

/** The service with these backends; with `detach` its stop unmounts everything, as the end of the test should. */
async function serve(backends: object, detach = false): Promise<Client> {
  running = await startServiceProcess({
    dir,
    kind: 'btrfs',
    settings: { backends },
    env: detach ? { TEST_DETACH: '1' } : {},
  })
  return running.connect()
}

async function stop(): Promise<void> {
  await running?.stop()
  running = null
}

function manage(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const all = [manageProgram, ...argv, '--config', join(dir, 'manila.toml')]
  return new Promise((resolve) => {
    execFile(process.execPath, all, { timeout: 120_000 }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err }),
    )
  })
}

async function locationOf(client: Client, id: string): Promise<string | undefined> {
  return (await client.call(listExportLocations, { params: { id } })).export_locations[0]?.path
}

const openAt = (path: string, port: number, from: string) => {
  const [host = '', exported = ''] = path.split(/:(?=\/)/)
  return mountNfs({ host, port, path: exported, from, timeoutMs: 20_000 })
}

describe.skipIf(cannotRun !== null)(`share move${cannotRun === null ? '' : ` (${cannotRun})`}`, () => {
  it('copies, compares, and goes on elsewhere', async () => {
    let client = await serve(old)
    const { share } = await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1 } } })
    const { id } = share
    const status = async () => (await client.call(showShare, { params: { id } })).share.status
    await expect.poll(status, { timeout: 30_000 }).toBe('available')
    for (const [to, level] of [
      ['127.0.0.1', 'rw'],
      ['127.0.0.2', 'ro'],
    ])
      await client.act(allowAccess, {
        params: { id },
        body: { access_type: 'ip', access_to: to ?? '', access_level: level as 'rw' },
      })
    const before = (await locationOf(client, id)) ?? ''
    await expect
      .poll(
        () =>
          openAt(before, ports.old, '127.0.0.2').then(
            (nfs) => nfs.close().then(() => true),
            () => false,
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe(true)
    const nfs = await openAt(before, ports.old, '127.0.0.1')
    await nfs.mkdir('folder')
    await nfs.write('folder/bytes', bytes)
    await nfs.close()
    const instance = before.split('/').at(-1) ?? ''
    const planted = join(dir, 'backends/old/pool/manila/shares', instance)
    plant(planted)
    await stop()

    // The new backend registers its pool; then both rest.
    await serve(both)
    const to = 'node@new#pool'
    const refused = await manage('share', 'move', id, '--to', to, '--apply')
    // One process has a SQLite file, which the service is; on a server its heartbeat says so.
    expect(refused).toMatchObject({
      out: '',
      err: expect.stringMatching(/in use by another process|stop it first/) as string,
    })
    await expect.poll(() => isReady('node@new'), { timeout: 20_000 }).toBe(true)
    await stop()

    expect((await manage('share', 'move', id, '--to', 'node@nowhere#pool')).err).toMatch(
      /no backend has reported a pool/,
    )
    const trial = await manage('share', 'move', id, '--to', to)
    expect(trial).toMatchObject({ code: 0, out: expect.stringContaining('nothing was changed') as string })
    const moved = await manage('share', 'move', id, '--to', to, '--apply')
    expect(moved).toMatchObject({
      code: 0,
      out: expect.stringContaining('copied, compared and moved') as string,
    })

    client = await serve(both, true)
    await expect.poll(() => locationOf(client, id), { timeout: 30_000 }).toMatch(/^127\.0\.0\.1:\//)
    const after = (await locationOf(client, id)) ?? ''
    const opened = () => openAt(after, ports.new, '127.0.0.1')
    await expect
      .poll(
        () =>
          opened().then(
            (one) => one.close().then(() => true),
            () => false,
          ),
        { timeout: 20_000 },
      )
      .toBe(true)
    const there = await opened()
    expect(Buffer.compare(await there.read('folder/bytes'), bytes)).toBe(0)
    await there.write('again', Buffer.from('and it can be written to'))
    await there.close()
    const reader = await openAt(after, ports.new, '127.0.0.2')
    await expect(reader.write('no', Buffer.from('x'))).rejects.toMatchObject({ code: 'NFS4ERR_ROFS' })
    await reader.close()
    checkPlanted(newTree(instance))
    // What was copied stays in the old pool under the share's id, as an administrator's.
    expect(existsSync(join(dir, 'backends/old/pool', instance, 'folder/bytes'))).toBe(true)
    expect((await client.call(showShare, { params: { id } })).share.status).toBe('available')
  }, 170_000)
})

/** A backend is ready when its pool was reported once. */
const isReady = (label: string): boolean =>
  readFileSync(join(dir, 'manila.log'), 'utf8').includes(`"backend":"${label}","msg":"the backend is ready"`)

/** What a share may hold that NFS clients of this test can't make. */
function plant(tree: string): void {
  const sh = (command: string) => execFileSync('sh', ['-c', command, '-', tree])
  sh('ln "$1/folder/bytes" "$1/twin"; ln -s /etc/hostname "$1/away"; mkfifo "$1/pipe"')
  sh(
    'truncate -s 1G "$1/holes"; chown 1234:4321 "$1/holes"; chmod 4750 "$1/holes"; touch -h -d 2001-02-03T04:05:06 "$1/away" "$1/folder"',
  )
}

function newTree(instance: string): string {
  const exported = join(dir, 'backends/new/exports/')
  const found = mounts().find(({ path }) => path.startsWith(exported) && path.includes(`/${instance}.`))
  if (found === undefined) throw new Error(`no tree of ${instance} is mounted`)
  return found.path
}

function checkPlanted(tree: string): void {
  const at = (name: string) => lstatSync(join(tree, name))
  expect(at('twin').ino).toBe(at('folder/bytes').ino)
  expect(readlinkSync(join(tree, 'away'))).toBe('/etc/hostname')
  expect(at('pipe').isFIFO()).toBe(true)
  expect(at('folder').mtime.toISOString()).toBe(new Date('2001-02-03T04:05:06').toISOString())
  const holes = at('holes')
  expect([holes.uid, holes.gid, holes.mode & 0o7777, holes.size]).toEqual([1234, 4321, 0o4750, 1024 ** 3])
  expect(holes.blocks * 512).toBeLessThan(1024 ** 2)
}
