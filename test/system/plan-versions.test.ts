/**
 * A whole service of the revision before plans had versions, and one of today, on one database and one backend. What the old one
 * began and was killed at, this one finishes by the old plan; work of newer plans starves the old one of nothing; and while both
 * live, new work is begun so that both can go on with it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/db/open.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { until } from '../faults/world.ts'
import { lackingFor, manageOf, revisionBefore, root, serving, unpack } from './two-releases.ts'

/** The last one that knew one plan per kind. */
const revision = revisionBefore('src/db/migrations/0017-operation-families.ts')
const lacks = lackingFor(revision)
const password = 'of the first administrator'
/** More than the old service has slots. */
const crowd = 3

interface Row {
  readonly kind: string
  readonly version: number
  readonly state: string
  readonly topic: string
  readonly fence: number
}

describe.runIf(lacks === '')(`plans of two releases${lacks}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-plans-'))
  const old = join(dir, 'before')
  const processes: ChildProcess[] = []
  let server: DatabaseServer
  let database: string
  let store: Store

  beforeAll(async () => {
    server = await startPostgres()
    database = await createDatabase(server)
    unpack(revision ?? '', old)
    store = await openStore(database)
  })
  afterAll(async () => {
    for (const one of processes) await kill(one)
    await store?.close()
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  async function kill(one: ChildProcess): Promise<void> {
    if (one.exitCode !== null || one.signalCode !== null) return
    one.kill('SIGKILL')
    await once(one, 'exit')
  }

  /** By its failpoint. */
  const ended = (one: ChildProcess) =>
    until('the process to reach its failpoint', 120_000, async () => one.signalCode === 'SIGKILL')

  interface Site {
    readonly code: string
    readonly file: string
    readonly url: string
  }

  /** Both serve the same backend of the same host. */
  async function configure(code: string, name: string): Promise<Site> {
    const port = await freePort()
    const file = join(dir, `${name}.toml`)
    const settings = {
      host: 'node',
      state_dir: join(dir, 'state'),
      database: { url: database },
      auth: { key_file: join(dir, 'token-key.json'), tokens_per_minute: 0 },
      api: { port },
      metrics: { port: await freePort() },
      scheduler: { slots: 2 },
      // On a busy machine a request may take longer than a tenant should.
      limits: { request_ms: 30_000 },
      backends: { alpha: { driver: 'sim', exporter: 'sim', slots: 2, report_interval_s: 2 } },
    }
    writeFileSync(file, stringify(settings))
    return { code, file, url: `http://127.0.0.1:${port}` }
  }

  /** Alone: a process that was killed counts as live for a while, and what it knows with it. */
  async function start(site: Site, program: string, failpoint = ''): Promise<ChildProcess> {
    await store.db
      .deleteFrom('processes')
      .execute()
      .catch(() => {})
    return startBeside(site, program, failpoint)
  }

  async function startBeside(site: Site, program: string, failpoint = ''): Promise<ChildProcess> {
    const running = spawn(
      process.execPath,
      [join(site.code, `src/bin/${program}.mjs`), '--config', site.file],
      {
        stdio: 'ignore',
        env: { ...process.env, MANILA_FAILPOINT: failpoint },
      },
    )
    processes.push(running)
    await serving(site.url, 120_000)
    return running
  }

  const manage = ({ code, file }: Site, ...words: readonly string[]): string => manageOf(code, file, ...words)

  let token = ''
  async function call(site: Site, method: string, path: string, body?: object): Promise<any> {
    const answer = await fetch(`${site.url}/v2${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        'x-openstack-manila-api-version': '2.65',
        connection: 'close',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }

  async function login(site: Site): Promise<void> {
    const domain = { id: 'default' }
    const user = { name: 'admin', domain, password }
    const answer = await fetch(`${site.url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user } },
          scope: { project: { name: 'admin', domain } },
        },
      }),
    })
    token = answer.headers.get('x-subject-token') ?? ''
  }

  const create = async (site: Site, name: string): Promise<string> =>
    (
      await call(site, 'POST', '/shares', {
        share: { share_proto: 'NFS', size: 1, name, share_type: 'plain' },
      })
    ).share.id

  const available = (site: Site, id: string) =>
    until(`share ${id}`, 90_000, async () => {
      const { status } = (await call(site, 'GET', `/shares/${id}`)).share
      if (status === 'error') throw new Error(`share ${id} is in error`)
      return status === 'available'
    })
  const gone = (site: Site, id: string) =>
    until(`the end of ${id}`, 90_000, () =>
      call(site, 'GET', `/shares/${id}`).then(
        () => false,
        (error: Error) => error.message.includes('404'),
      ),
    )
  const of = (id: string): Promise<Row[]> =>
    store.db
      .selectFrom('operations')
      .select(['kind', 'version', 'state', 'topic', 'fence'])
      .where('resource_id', '=', id)
      .orderBy('created_at')
      .execute()

  test(
    'this one finishes what the one before began, and starves it of nothing',
    { timeout: 600_000 },
    async () => {
      const [before, today] = [await configure(old, 'before'), await configure(root, 'today')]
      const secret = join(dir, 'password')
      writeFileSync(secret, `${password}\n`, { mode: 0o600 })
      manage(before, 'db', 'sync')
      manage(before, 'bootstrap', '--password-file', secret)

      // Killed in the middle of a creation; then the schema grows, and the service of today goes on with it.
      let running = await start(before, 'manila-all', 'create-share/export/before-effect')
      await login(before)
      await until(
        'a pool',
        60_000,
        async () => (await call(before, 'GET', '/scheduler-stats/pools')).pools.length > 0,
      )
      const extra_specs = { driver_handles_share_servers: 'false' }
      await call(before, 'POST', '/types', { share_type: { name: 'plain', extra_specs } })
      const halfMade = await create(before, 'half made')
      await ended(running)
      manage(today, 'db', 'sync')
      running = await start(today, 'manila-all')
      await available(today, halfMade)
      expect(await of(halfMade)).toMatchObject([
        { kind: 'create-share', version: 1, state: 'done', topic: 'share' },
      ])
      await kill(running)

      // And in the middle of a deletion.
      running = await start(before, 'manila-all', 'delete-share/backend/after-effect')
      await call(before, 'DELETE', `/shares/${halfMade}`)
      await ended(running)
      running = await start(today, 'manila-all')
      await gone(today, halfMade)
      expect((await of(halfMade)).at(-1)).toMatchObject({ kind: 'delete-share', version: 1, state: 'done' })

      // By itself it begins the newest plans. A crowd of such work waits, for the scheduler and for the backend.
      const doomed: string[] = []
      for (let n = 0; n < crowd; n++) doomed.push(await create(today, `doomed ${n}`))
      const spare = await create(today, 'spare')
      for (const id of [...doomed, spare]) await available(today, id)
      await kill(running)
      const api = await start(today, 'manila-api')
      for (const id of doomed) await call(today, 'DELETE', `/shares/${id}`)
      const waiting: string[] = []
      for (let n = 0; n < crowd; n++) waiting.push(await create(today, `waiting ${n}`))
      await kill(api)
      const untouched = async (): Promise<void> => {
        for (const id of waiting)
          expect(await of(id)).toEqual([
            { kind: 'create-share', version: 2, state: 'queued', topic: 'scheduler+', fence: 0 },
          ])
        for (const id of doomed)
          expect((await of(id)).at(-1)).toEqual({
            kind: 'delete-share',
            version: 2,
            state: 'queued',
            topic: 'share+',
            fence: 0,
          })
      }
      await untouched()

      // The service before, alone with them, does its own work.
      const oldOne = await start(before, 'manila-all')
      const own = await create(before, 'own')
      await available(before, own)
      await call(before, 'DELETE', `/shares/${spare}`)
      await gone(before, spare)
      expect(await of(own)).toMatchObject([{ version: 1, state: 'done' }])
      await untouched()

      // Beside it this one does the rest, and begins what both know.
      const listed = await store.db.selectFrom('processes').select('plans').execute()
      expect(listed).toEqual([{ plans: null }])
      await startBeside(today, 'manila-all')
      for (const id of waiting) await available(today, id)
      for (const id of doomed) await gone(today, id)
      const shared = await create(today, 'shared')
      await available(today, shared)
      expect(await of(shared)).toMatchObject([{ version: 1, state: 'done' }])
      await kill(oldOne)
    },
  )
})
