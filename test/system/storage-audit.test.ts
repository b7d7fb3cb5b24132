/**
 * `manila-manage storage audit` on real storage: one thing of each kind is planted that rows and storage disagree about, and it finds
 * these and nothing else, with the service running and stopped; what it has taken away is what it listed. Real pools, NFS-Ganesha, REST.
 */
import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore } from '../../src/db/open.ts'
import { confirmUs } from '../../src/db/store/storage-findings.ts'
import { cannotRun, scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import { freePort } from '../../src/exec/free-port.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasMariadb, startMariadb } from '../../tools/programs/mariadb.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import type { Client } from '../../src/sdk/client.ts'
import { allowAccess } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { createShare, showShare } from '../../src/wire/shares/schema.ts'
import { createSnapshot, showSnapshot } from '../../src/wire/snapshots/schema.ts'
import { until } from '../faults/world.ts'
import { serverOfRun } from '../helpers/place.ts'
import { openRows } from '../helpers/rows.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const manageProgram = join(import.meta.dirname, '..', '..', 'src', 'bin', 'manila-manage.mjs')
const servers = (
  [
    ['postgres', hasPostgres(), startPostgres],
    ['mariadb', hasMariadb(), startMariadb],
  ] as const
).filter(([kind]) => kind === serverOfRun())
const drivers = ['btrfs', 'image', 'directory'] as const
type Driver = (typeof drivers)[number]

const run = (...argv: readonly [string, ...string[]]): string =>
  execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' })

interface Told {
  readonly problem: string
  readonly kind: string
  readonly resourceId: string
  readonly fate?: string
  readonly why?: string
}

const [[, there, start]] = servers as [(typeof servers)[number]]
describe.runIf(there && cannotRun === null).each(drivers)('what %s holds', (driver: Driver) => {
  const bench = scratch()
  const { dir } = bench
  const own = join(dir, 'var/backends/alpha')
  const plain = join(dir, 'plain')
  const isPool = driver !== 'directory'
  const shares = isPool ? join(own, 'pool/manila/shares') : plain
  const inPool = (...names: readonly string[]): string => join(own, 'pool/manila', ...names)
  const exportFile = (id: string): string => join(own, 'ganesha/exports.d', `${id}.conf`)
  let server: DatabaseServer
  let url: string
  let port: number
  let service: ServiceProcess | undefined
  let client: Client

  beforeAll(async () => {
    server = await start()
    url = await createDatabase(server)
    const store = await openStore(url)
    await migrate(store)
    await store.close()
    port = await freePort()
    if (isPool) return
    mkdirSync(plain)
    run('mount', '-t', 'tmpfs', '-o', 'size=4g,nodev,nosuid,nosymfollow', 'none', plain)
  })
  afterAll(async () => {
    await service?.stop()
    if (!isPool) run('umount', plain)
    await server?.remove()
    bench.clean()
  })

  async function serve(): Promise<void> {
    const driver_options = isPool
      ? { loop_file: join(dir, 'pool.img'), size_gib: 8, pool_name: 'pool' }
      : { path: plain }
    const alpha = {
      driver,
      exporter: 'ganesha',
      trusted_clients: driver !== 'image',
      report_interval_s: 1,
      storage_audit_interval_s: 1,
      driver_options,
      exporter_options: { port },
    }
    service = await startServiceProcess({
      dir: join(dir, 'var'),
      kind: driver,
      env: { TEST_DETACH: '1' },
      // How long a database may take is another test's question.
      settings: { database: { url }, limits: { request_ms: 60_000 }, backends: { alpha } },
    })
    client = await service.connect()
  }

  async function share(): Promise<{ readonly id: string; readonly instance: string; readonly path: string }> {
    const { share: made } = await client.call(createShare, {
      body: { share: { share_proto: 'NFS', size: 1 } },
    })
    const status = async () => (await client.call(showShare, { params: { id: made.id } })).share.status
    await until('the share', 60_000, async () => (await status()) === 'available')
    const { export_locations } = await client.call(listExportLocations, { params: { id: made.id } })
    const path = export_locations[0]?.path.split(/:(?=\/)/)[1] ?? ''
    return { id: made.id, instance: path.slice(1), path }
  }

  async function snapshot(of: string): Promise<string> {
    const body = { snapshot: { share_id: of } }
    const { snapshot: made } = await client.call(createSnapshot, { body })
    const status = async () => (await client.call(showSnapshot, { params: { id: made.id } })).snapshot.status
    await until('the snapshot', 60_000, async () => (await status()) === 'available')
    await using rows = await openRows(url)
    const found = await rows.all<{ id: string }>(
      'select id from snapshot_instances where snapshot_id = ?',
      made.id,
    )
    return found[0]?.id ?? ''
  }

  /** As after a database of before was put back: nothing names it any more. */
  async function forgetRows(instance: string): Promise<void> {
    await using rows = await openRows(url)
    const [locations, names] = ['share_instance_export_locations', 'mount_point_names']
    await rows.run(`delete from ${locations} where share_instance_id = ?`, instance)
    await rows.run(`delete from ${names} where instance_id = ?`, instance)
    await rows.run('delete from share_instances where id = ?', instance)
  }

  function manage(...argv: readonly string[]): Promise<{ code: number; told: Told[]; err: string }> {
    const all = [manageProgram, 'storage', 'audit', ...argv, '-f', 'json']
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [...all, '--config', join(dir, 'var/manila.toml')],
        { timeout: 60_000 },
        (error, out, err) =>
          resolve({
            code: error === null ? 0 : Number(error.code ?? -1),
            told: out === '' ? [] : (JSON.parse(out) as Told[]),
            err,
          }),
      )
    })
  }
  const words = (told: readonly Told[]): string[] =>
    told.map(({ problem, kind, resourceId }) => `${problem} ${kind} ${resourceId}`).toSorted()

  /** Lets five minutes pass between two looks, and waits for the second. */
  async function confirmed(count: number): Promise<void> {
    await using rows = await openRows(url)
    const noted = async () =>
      rows.all<{ id: string; first_seen_at: number; last_seen_at: number }>(
        'select resource_id as id, first_seen_at, last_seen_at from storage_findings',
      )
    await until('what is planted to be seen', 60_000, async () => (await noted()).length === count)
    await until('a look that tells no more', 60_000, async () => {
      await rows.run('update storage_findings set first_seen_at = last_seen_at - ?', confirmUs + 60_000_000)
      const before = Math.max(0, ...(await noted()).map((one) => one.last_seen_at))
      const all = await until('the next look', 60_000, async () => {
        const now = await noted()
        return now.length === 0 || now.some((one) => one.last_seen_at > before) ? now : null
      })
      return all.length === count && all.every((one) => one.last_seen_at - one.first_seen_at >= confirmUs)
    })
  }

  /** Everything of the storage and the server that carries an id of ours, as the tools of the system see it. */
  function carried(): string[] {
    const names = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])
    const folders = isPool
      ? ['shares', 'snapshots', 'staging', 'trash', 'mounted', 'records'].map((name) => inPool(name))
      : [plain, join(plain, '.trash')]
    const files = [...folders, join(own, 'records'), join(own, 'ganesha/exports.d')].flatMap(names)
    const mounted = mounts().flatMap(({ path }) =>
      path.startsWith(`${own}/exports/`) ? [path.split('/').at(-1) ?? ''] : [],
    )
    const ids = [...files, ...mounted].flatMap((name) => /^[0-9a-f-]{36}(?=\.|$)/.exec(name)?.[0] ?? [])
    return [...new Set(ids)].toSorted()
  }

  test(
    'what is planted is found, nothing else is, and nothing else is taken away',
    { timeout: 240_000 },
    async () => {
      await serve()
      const kept = await share()
      const body = { access_type: 'ip', access_to: '127.0.0.1' }
      await client.act(allowAccess, { params: { id: kept.id }, body })
      const keptSnapshot = isPool ? await snapshot(kept.id) : null
      expect(words((await manage()).told)).toEqual([])
      const lost = await share()
      const orphan = await share()
      const exported = await share()
      const planted: string[] = []
      const missing: string[] = []
      /** A path that an administrator could type, of an id that no row has. */
      const stray = (id = randomUUID()): string => id

      // A share that no row knows, its export with it.
      await forgetRows(orphan.instance)
      planted.push(`orphan share ${orphan.instance}`)
      // An export whose share is gone, and one that can't even be read.
      await forgetRows(exported.instance)
      if (isPool) {
        const bind = mounts().find(({ path }) => path.includes(`/${exported.instance}.`))?.path ?? ''
        run('umount', '--lazy', bind)
        rmSync(bind, { recursive: true })
        run('btrfs', 'subvolume', 'delete', join(shares, exported.instance))
        rmSync(inPool('records', `${exported.instance}.image`), { force: true })
      } else rmSync(join(shares, exported.instance), { recursive: true })
      planted.push(`orphan export ${exported.instance}`)
      const unreadable = stray()
      writeFileSync(exportFile(unreadable), 'EXPORT { Export_Id =')
      planted.push(`orphan export ${unreadable}`)
      // A share whose tree is gone.
      if (isPool) run('btrfs', 'subvolume', 'delete', join(shares, lost.instance))
      else rmSync(join(shares, lost.instance), { recursive: true })
      missing.push(`missing share ${lost.instance}`)
      if (isPool) {
        const lostSnapshot = await snapshot(kept.id)
        const snapshots = inPool('snapshots')
        run('btrfs', 'subvolume', 'delete', join(snapshots, lostSnapshot))
        missing.push(`missing snapshot ${lostSnapshot}`)
        const strange = stray()
        run('btrfs', 'subvolume', 'snapshot', '-r', join(shares, kept.instance), join(snapshots, strange))
        planted.push(`orphan snapshot ${strange}`)
        // Half made, half deleted, and what was noted of something that is gone.
        const [made, deleted, noted] = [stray(), stray(), stray()]
        run(
          'btrfs',
          'subvolume',
          'snapshot',
          join(shares, kept.instance),
          inPool('staging', `${made}.create`),
        )
        run('btrfs', 'subvolume', 'create', inPool('trash', `${deleted}.4711`))
        const records = driver === 'image' ? inPool('records') : join(own, 'records')
        writeFileSync(join(records, `${noted}.managed`), '{"from":"somewhere"}\n')
        planted.push(...[made, deleted, noted].map((id) => `orphan remains ${id}`))
        if (driver === 'image') {
          // The copy of a snapshot that was mounted for clients.
          const copy = stray()
          run('btrfs', 'subvolume', 'snapshot', join(shares, kept.instance), inPool('mounted', copy))
          planted.push(`orphan remains ${copy}`)
        }
      } else {
        const deleted = stray()
        mkdirSync(join(plain, '.trash', deleted, 'half'), { recursive: true })
        planted.push(`orphan remains ${deleted}`)
      }
      // One that can't be taken away by itself: it holds a subvolume of somebody else's.
      const full = driver === 'btrfs' ? stray('00000000-0000-4000-8000-000000000001') : null
      if (full !== null) {
        run('btrfs', 'subvolume', 'create', join(shares, full))
        run('btrfs', 'subvolume', 'create', join(shares, full, 'within'))
        planted.push(`orphan share ${full}`)
      }
      // What is no id of ours is nobody's business.
      mkdirSync(join(isPool ? join(own, 'pool') : plain, "an-administrator's"))

      const all = [...planted, ...missing].toSorted()
      await confirmed(all.length)
      const running = await manage()
      expect(running.err).toBe('')
      expect(words(running.told)).toEqual(all)
      expect(running.code).toBe(1)

      await service?.kill()
      const stopped = await manage()
      expect(words(stopped.told)).toEqual(all)
      const held = carried()
      const asked = await manage('--repair')
      expect(asked.told.map(({ problem, fate }) => `${problem}: ${fate}`).toSorted()).toEqual([
        ...missing.map(() => 'missing: '),
        ...planted.map(() => 'orphan: would be taken away'),
      ])
      const queued = await manage('--repair', '--yes')
      expect(queued.told.filter(({ fate }) => fate === 'will be taken away')).toHaveLength(planted.length)
      // Nobody serves the backend, so nobody took anything.
      expect(carried()).toEqual(held)
      expect((await manage()).told.filter(({ problem }) => problem === 'leaving')).toHaveLength(
        planted.length,
      )

      await serve()
      const leaving = async () => (await manage()).told.filter(({ problem }) => problem === 'leaving')
      if (full !== null) {
        const stays = await until('all but one to go', 60_000, async () => {
          const [one, ...more] = await leaving()
          return more.length === 0 && /holds subvolumes/.test(one?.why ?? '') ? one : null
        })
        expect(stays).toMatchObject({ kind: 'share', resourceId: full })
        // It is in the trash by now, where nobody takes it for a share.
        for (const name of readdirSync(inPool('trash')))
          run('btrfs', 'subvolume', 'delete', inPool('trash', name, 'within'))
        await service?.kill()
        await serve()
      }
      await until('what was planted to go', 60_000, async () => (await leaving()).length === 0)
      await confirmed(missing.length)
      expect(words((await manage()).told)).toEqual(missing.toSorted())
      const mine = [kept.instance, ...(keptSnapshot === null ? [] : [keptSnapshot])]
      const left = new Set([...mine, ...missing.map((one) => one.split(' ')[2])])
      expect(carried().filter((id) => !left.has(id))).toEqual([])
      for (const id of mine) expect(carried()).toContain(id)
      const nfs = await mountNfs({ host: '127.0.0.1', port, path: kept.path, timeoutMs: 30_000 })
      await nfs.write('still', Buffer.from('here'))
      await nfs.close()
    },
  )
})
