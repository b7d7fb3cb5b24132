/**
 * The sessions of the dashboard in two manila-api processes over TLS, with one PostgreSQL: a session is the deployment's and not a process's;
 * it ends everywhere, and what the database keeps of it opens nothing.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeBuild } from '../../src/api/dashboard/dashboard.fixture.ts'
import { bootstrap, ensureAccount } from '../../src/auth/bootstrap.ts'
import { AuthManager } from '../../src/auth/manager.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { makeCertificates } from '../../tools/programs/certificates.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { until } from '../faults/world.ts'
import { programs } from '../helpers/one-file.ts'
import { inRows } from './secret-search.ts'

const there = hasPostgres()
const password = 'a password for all of them'
const ours = { 'x-manila-dashboard': '1', 'sec-fetch-site': 'same-origin' }

interface Api {
  readonly port: number
  readonly process: ChildProcess
}
interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly body: any
}

describe.runIf(there)(`two API processes with TLS${there ? '' : ' (postgresql)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-sessions-'))
  let server: DatabaseServer
  let store: Store
  let auth: AuthManager
  let agent: Agent
  let configuration: (port: number) => object
  const ids = { first: '', second: '' }
  const apis: Api[] = []
  const started: ChildProcess[] = []

  beforeAll(async () => {
    server = await startPostgres()
    const url = await createDatabase(server)
    store = await openStore(url)
    await migrate(store)
    const { cert, key, ca } = await makeCertificates(dir)
    agent = new Agent({ ca: readFileSync(ca), keepAlive: true })
    writeBuild(join(dir, 'built'))
    const keyFile = join(dir, 'token-key.json')
    configuration = (port) => ({
      host: `control-${port}`,
      state_dir: join(dir, String(port)),
      database: { url },
      auth: { key_file: keyFile },
      api: { port, tls: { cert_file: cert, key_file: key } },
      dashboard: { dir: join(dir, 'built') },
    })
    auth = await AuthManager.open({ store, clock: systemClock(), keyFile })
    await bootstrap(auth, { password })
    for (const name of ['first', 'second'] as const) {
      const account = { userName: 'demo', projectName: name, password, roles: ['member'] }
      ids[name] = (await ensureAccount(auth, account)).projectId
    }
    for (let count = 0; count < 2; count++) apis.push(await startApi(await freePort()))
  })
  afterAll(async () => {
    agent?.destroy()
    for (const child of started) await end(child)
    await store?.close()
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  async function startApi(port: number, more: object = {}): Promise<Api> {
    const file = join(dir, `${port}.toml`)
    mkdirSync(join(dir, String(port)), { recursive: true })
    writeFileSync(file, stringify({ ...configuration(port), ...more }))
    const program = join(await programs(), 'src/bin/manila-api.mjs')
    const child = spawn(process.execPath, [program, '--config', file], { stdio: 'ignore' })
    started.push(child)
    const api = { port, process: child }
    await until('the API to serve', 60_000, () =>
      ask(api, '/healthcheck').then(
        ({ status }) => status === 200,
        () => false,
      ),
    )
    return api
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  function open(
    { port }: Api,
    path: string,
    method = 'GET',
    headers: Readonly<Record<string, string>> = {},
    body?: object,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port,
          path,
          method,
          agent,
          headers: { 'content-type': 'application/json', ...headers },
        },
        resolve,
      )
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
  async function ask(...call: Parameters<typeof open>): Promise<Reply> {
    const reply = await open(...call)
    let text = ''
    for await (const part of reply) text += String(part)
    const isJson = text.startsWith('{')
    return {
      status: reply.statusCode ?? 0,
      headers: reply.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    }
  }
  const at = (index: 0 | 1): Api => apis[index] as Api
  const session = '/dashboard/session'
  async function logIn(name = 'demo'): Promise<string> {
    const reply = await ask(at(0), session, 'POST', ours, { name, password })
    expect(reply.status).toBe(201)
    return (reply.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
  }

  test('a login at one is a session at both, also after a restart', async () => {
    const reply = await ask(at(0), session, 'POST', ours, { name: 'demo', password })
    expect(reply.headers['set-cookie']).toEqual([
      expect.stringMatching(/^__Host-manila-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/),
    ])
    const cookie = (reply.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
    expect(reply.body.session.project.name).toBe('first')
    for (const index of [0, 1] as const) {
      expect((await ask(at(index), '/v2/shares', 'GET', { ...ours, cookie })).status).toBe(200)
      expect((await ask(at(index), session, 'GET', { ...ours, cookie })).body.session.user.name).toBe('demo')
    }
    await end(at(0).process)
    apis[0] = await startApi(at(0).port)
    expect((await ask(at(0), '/v2/shares', 'GET', { ...ours, cookie })).status).toBe(200)
  })

  test('a cookie that another page sends along opens nothing', async () => {
    const cookie = await logIn('admin')
    for (const [what, headers] of [
      ['no header', { 'sec-fetch-site': 'same-origin' }],
      ['cross-site', { ...ours, 'sec-fetch-site': 'cross-site' }],
      ['same-site', { ...ours, 'sec-fetch-site': 'same-site' }],
      ['none', { ...ours, 'sec-fetch-site': 'none' }],
      ['silence', { 'x-manila-dashboard': '1' }],
    ] as const) {
      for (const path of ['/v2/shares', '/v2/events', '/identity/v3/users'])
        expect([what, path, (await ask(at(1), path, 'GET', { ...headers, cookie })).status]).toEqual([
          what,
          path,
          401,
        ])
      expect([what, (await ask(at(1), session, 'DELETE', { ...headers, cookie })).status]).toEqual([
        what,
        403,
      ])
    }
    expect((await ask(at(1), '/identity/v3/users', 'GET', { ...ours, cookie })).status).toBe(200)
  })

  test('over TLS the name without the prefix is none of ours', async () => {
    const cookie = await logIn()
    const id = cookie.split('=')[1] ?? ''
    for (const name of ['manila-session', `manila-session-${at(0).port}`, '__Secure-manila-session'])
      expect((await ask(at(0), '/v2/shares', 'GET', { ...ours, cookie: `${name}=${id}` })).status).toBe(401)
  })

  test('a change of project ends the streams of the one that was left, wherever they are', async () => {
    const cookie = await logIn()
    const stream = await open(at(1), '/v2/events', 'GET', {
      ...ours,
      cookie,
      'x-openstack-manila-api-version': '2.90',
    })
    expect(stream.statusCode).toBe(200)
    let heard = ''
    stream.on('data', (part: Buffer) => (heard += part.toString()))
    const ended = once(stream, 'end')
    await until('the stream to begin', 10_000, () => Promise.resolve(heard.includes('event: hello')))
    const change = await ask(at(0), session, 'PUT', { ...ours, cookie }, { project: { id: ids.second } })
    expect([change.status, change.body.session.project.name]).toEqual([200, 'second'])
    await ended
    expect(heard).toContain('"session"')
    // Both processes are in the other project now.
    for (const index of [0, 1] as const) {
      const of = (project: string) => ask(at(index), `/v2/${project}/shares`, 'GET', { ...ours, cookie })
      expect([(await of(ids.second)).status, (await of(ids.first)).status]).toEqual([200, 400])
    }
  })

  test('the end is the end at both: logged out, and when the password changes', async () => {
    const cookies = [await logIn(), await logIn()]
    const [left = '', changed = ''] = cookies
    for (const cookie of cookies)
      expect((await ask(at(1), '/v2/shares', 'GET', { ...ours, cookie })).status).toBe(200)
    expect((await ask(at(0), session, 'DELETE', { ...ours, cookie: left })).status).toBe(204)
    // Not within the time for which tokens are believed: at once.
    expect((await ask(at(1), '/v2/shares', 'GET', { ...ours, cookie: left })).status).toBe(401)
    const demo = await auth.directory.users.findUser({ name: 'demo', domainId: 'default' })
    await auth.directory.updateUser(demo?.id ?? '', { password: 'another one for demo' })
    await until(
      'the session to end',
      6000,
      async () => (await ask(at(1), '/v2/shares', 'GET', { ...ours, cookie: changed })).status === 401,
    )
    const again = await ask(at(1), session, 'GET', { ...ours, cookie: changed })
    expect([again.status, again.headers['set-cookie']?.[0]]).toEqual([
      401,
      expect.stringContaining('Max-Age=0'),
    ])
    await auth.directory.updateUser(demo?.id ?? '', { password })
  })

  test('guesses at both are counted together', async () => {
    await ensureAccount(auth, { userName: 'guessed', projectName: 'first', password, roles: ['member'] })
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) {
      const body = { name: 'guessed', password: 'no' }
      statuses.push((await ask(at(count % 2 === 0 ? 0 : 1), session, 'POST', ours, body)).status)
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('all of the database has no id of a session and no token', async () => {
    const cookie = await logIn()
    const id = cookie.split('=')[1] ?? ''
    const bytes = Buffer.from(id, 'base64url')
    const secrets = new Map([
      ['id', id],
      ['id in base64', bytes.toString('base64')],
      ['id in hex', bytes.toString('hex')],
      // As tokens of ours begin, {"alg":"ES256", in base64 once and twice.
      ['token', Buffer.from('{"alg":"ES256"').toString('base64url').slice(0, 18)],
    ])
    const { found, rows } = await inRows(store, secrets)
    expect(found).toEqual([])
    expect(rows).toBeGreaterThan(20)
    const kept = await store.db.selectFrom('dashboard_sessions').selectAll().execute()
    expect(kept.length).toBeGreaterThan(0)
  })

  test('the pages come with their policy, and assets for ever', async () => {
    const page = await ask(at(0), '/dashboard/shares')
    const nonce = /'nonce-([^']+)'/.exec(String(page.headers['content-security-policy']))?.[1] ?? 'none'
    expect([page.status, page.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(page.text).toContain(`nonce="${nonce}"`)
    const asset = await ask(at(1), '/dashboard/assets/index-Aa1_b-2.js')
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const { body } = await ask(at(1), '/dashboard/config.json')
    expect(body).toMatchObject({ session: 'cookie', endpoint: '/v2' })
  })

  test('where it is off, there are no pages and a cookie means nothing', async () => {
    const cookie = await logIn()
    const off = await startApi(await freePort(), { dashboard: { enabled: false } })
    expect((await ask(at(0), '/v2/shares', 'GET', { ...ours, cookie })).status).toBe(200)
    expect((await ask(off, '/v2/shares', 'GET', { ...ours, cookie })).status).toBe(401)
    for (const path of ['/dashboard', '/dashboard/', session, '/dashboard/config.json'])
      expect([path, (await ask(off, path, 'GET', ours)).status]).toEqual([path, 404])
    await end(off.process)
  })
})
