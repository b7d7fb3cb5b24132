/**
 * A busy day of a deployment with marked secrets: every way to log in, right and wrong; passwords made, changed and typed where they do not
 * belong; credentials, keys, a directory, TLS, a broker, the operator's tools. Then every log, row, message, reply and file is
 * searched: none of the secrets is anywhere but where it is kept. The same search finds what is planted.
 */
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'smol-toml'
import { Connection } from 'rabbitmq-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openStore } from '../../src/db/open.ts'
import { makeCertificates, type Certificates } from '../../tools/programs/certificates.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { rabbitmqNeed, startRabbitMq, type RabbitMq } from '../../tools/programs/rabbitmq.ts'
import { hasSlapd, saltedPassword, startSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { runManage } from '../auth/manage.ts'
import { until } from '../faults/world.ts'
import { placeOf } from '../helpers/place.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { inFiles, inRows, inText, type Finding } from './secret-search.ts'

const there = hasSlapd() && hasProgram(rabbitmqNeed.program)
const dir = mkdtempSync(join(tmpdir(), 'secrets-'))
const state = join(dir, 'state')
const outside = join(dir, 'outside')
const config = join(state, 'manila.toml')
const secrets = new Map<string, string>()
/** A text that is nowhere else, remembered under its name. */
function marked(name: string): string {
  const secret = `Mk-${secrets.size}-${Math.random().toString(36).slice(2, 12)}${Math.random().toString(36).slice(2, 12)}`
  secrets.set(name, secret)
  return secret
}
/** Everything that anybody was told: refusals, texts of tools. */
const told: [where: string, text: string][] = []

const suffix = 'dc=lab,dc=test'
let directory: Slapd
let broker: RabbitMq
let busUrl = ''
let tls: Certificates
let service: ServiceProcess
const messages: string[] = []

const reader = marked('bind password of the directory')
const alice = marked("alice's password in the directory")
const admin = marked("the administrator's first password")
const bob = marked("bob's password")

async function startParts(): Promise<void> {
  const person = {
    objectClass: 'inetOrgPerson',
    cn: 'alice',
    sn: 'alice',
    uid: 'alice',
    userPassword: saltedPassword(alice),
  }
  const role = {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'reader',
    userPassword: saltedPassword(reader),
  }
  directory = await startSlapd({
    suffix,
    entries: [
      { dn: suffix, attributes: { objectClass: ['dcObject', 'organization'], dc: 'lab', o: 'lab' } },
      { dn: `cn=reader,${suffix}`, attributes: role },
      { dn: `uid=alice,${suffix}`, attributes: person },
    ],
  })
  broker = await startRabbitMq()
  busUrl = (await broker.vhost()).url
  const { password } = new URL(busUrl)
  // The usual one of a new broker is a word that is everywhere.
  if (password.length > 8) secrets.set('password of the broker', password)
}

function settings(): Record<string, unknown> {
  const ldap = {
    urls: [directory.url],
    bind_dn: `cn=reader,${suffix}`,
    bind_password: reader,
    user_base: suffix,
    group_base: suffix,
  }
  return {
    log_level: 'trace',
    api: { tls: { cert_file: tls.cert, key_file: tls.key }, port: 0 },
    audit: { log_file: join(state, 'audit.log') },
    auth: { domains: { lab: { backend: 'ldap', ldap } } },
    bus: { url: busUrl },
    notifications: { enabled: true, queues: ['all'], backlog_s: 3600, exists_interval_s: 0 },
    backends: { alpha: { driver: 'sim', exporter: 'sim', trusted_clients: true } },
  }
}

async function manage(...args: readonly string[]): Promise<number> {
  const { code, out, err } = await runManage(['--config', config, ...args])
  told.push([`manila-manage ${args[0]} ${args[1]}`, `${out}\n${err}`])
  return code
}

let agent: Agent
interface Reply {
  readonly status: number
  readonly body: any
  readonly token: string
  /** What the browser sends back. */
  readonly cookie: string
}
function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const url = new URL(service.url + path)
    const sent = request(
      url,
      {
        method,
        agent,
        headers: { 'content-type': 'application/json', 'x-openstack-manila-api-version': '2.90', ...headers },
      },
      (reply) => {
        let text = ''
        reply.on('data', (part: Buffer) => (text += part.toString()))
        reply.on('end', () => {
          const status = reply.statusCode ?? 0
          // What is refused may be shown to anybody; what is granted tells its owner.
          if (status >= 400 || method === 'GET') told.push([`${method} ${path} ${status}`, text])
          const token = String(reply.headers['x-subject-token'] ?? '')
          if (token !== '') secrets.set(`token ${secrets.size}`, token)
          const cookie = (reply.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
          const id = cookie.split('=')[1] ?? ''
          if (id !== '') secrets.set(`id of a session ${secrets.size}`, id)
          resolve({
            status,
            token,
            cookie,
            body: text === '' || !text.startsWith('{') ? text : JSON.parse(text),
          })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
}

const byPassword = (name: string, password: string, domain = 'Default', project?: string) => ({
  auth: {
    identity: { methods: ['password'], password: { user: { name, password, domain: { name: domain } } } },
    ...(project === undefined ? {} : { scope: { project: { name: project, domain: { name: 'Default' } } } }),
  },
})
const login = (...given: Parameters<typeof byPassword>) =>
  ask('POST', '/identity/v3/auth/tokens', byPassword(...given))

beforeAll(async () => {
  if (!there) return
  for (const folder of [state, outside]) mkdirSync(folder)
  tls = await makeCertificates(outside)
  const pem = readFileSync(tls.key, 'utf8').split('\n')
  secrets.set('private key of TLS', pem[2] ?? pem[1] ?? '')
  await startParts()
  const place = await placeOf(state)
  writeFileSync(
    config,
    stringify({ state_dir: state, host: 'node', database: { url: place.database }, ...settings() }),
    { mode: 0o600 },
  )
  const file = (name: string, text: string): string => {
    writeFileSync(join(outside, name), text, { mode: 0o600 })
    return join(outside, name)
  }
  expect(await manage('bootstrap', '--password-file', file('admin', admin))).toBe(0)
  expect(
    await manage(
      'user',
      'create',
      'bob',
      '--project',
      'demo',
      '--role',
      'member',
      '--password-file',
      file('bob', bob),
    ),
  ).toBe(0)
  service = await startServiceProcess({
    dir: state,
    kind: 'sim',
    settings: { database: { url: place.database }, ...settings() },
  })
  agent = new Agent({ ca: readFileSync(tls.ca), keepAlive: true })
  const connection = new Connection({ url: busUrl })
  connection.on('error', () => {})
  const consumer = connection.createConsumer(
    { queue: 'all', queueOptions: { passive: true, queue: 'all' }, noAck: true },
    (message) => void messages.push(JSON.stringify(message)),
  )
  // The service makes the queue after it serves; until then this asks again.
  consumer.on('error', () => {})
})
afterAll(async () => {
  agent?.destroy()
  await service?.kill()
  await directory?.remove()
  await broker?.end()
  rmSync(dir, { recursive: true, force: true })
})

async function logins(): Promise<{ readonly rootToken: string; readonly bobToken: string }> {
  const root = await login('admin', admin, 'Default', 'admin')
  const own = await login('bob', bob, 'Default', 'demo')
  expect([root.status, own.status]).toEqual([201, 201])
  expect((await login('bob', marked('a wrong password'))).status).toBe(401)
  expect((await login(marked('a password typed as a name'), 'x')).status).toBe(401)
  expect(
    (
      await ask('POST', '/identity/v3/auth/tokens', {
        auth: { identity: { methods: ['token'], token: { id: own.token } } },
      })
    ).status,
  ).toBe(201)
  expect(
    (
      await ask(
        'POST',
        '/identity/v3/auth/tokens',
        `{"auth": {"password": "${marked('a password in a torn body')}"`,
      )
    ).status,
  ).toBe(400)
  const odd = byPassword('bob', 'x') as { auth: Record<string, unknown> }
  odd.auth[marked('a password typed as a key')] = marked('a password in a strange field')
  await ask('POST', '/identity/v3/auth/tokens', odd)
  const stranger = {
    'x-auth-token': marked('a made-up token'),
    authorization: `Bearer ${marked('a bearer token')}`,
    cookie: `session=${marked('a cookie')}`,
  }
  expect((await ask('GET', '/v2/shares', undefined, stranger)).status).toBe(401)
  expect((await ask('DELETE', '/v2/shares/1', undefined, stranger)).status).toBe(401)
  expect((await login('alice', alice, 'lab')).status).toBe(201)
  expect((await login('alice', marked('a wrong password of the directory'), 'lab')).status).toBe(401)
  return { rootToken: root.token, bobToken: own.token }
}

/** As a browser: right and wrong, used, moved, one left open and one ended. */
async function browsers(): Promise<void> {
  const ours = { 'x-manila-dashboard': '1', 'sec-fetch-site': 'same-origin' }
  const path = '/dashboard/session'
  const by = (password: string) => ask('POST', path, { name: 'bob', password }, ours)
  for (const isLeft of [true, false]) {
    const { status, cookie } = await by(bob)
    expect(status).toBe(201)
    expect((await ask('GET', '/v2/shares', undefined, { ...ours, cookie })).status).toBe(200)
    expect((await ask('GET', path, undefined, { ...ours, cookie })).status).toBe(200)
    // Refused: the page is told why, and somebody may read that.
    expect((await ask('GET', '/v2/shares', undefined, { cookie })).status).toBe(401)
    expect(
      (await ask('PUT', path, { project: { id: marked('a secret for a project') } }, { ...ours, cookie }))
        .status,
    ).toBe(403)
    if (!isLeft) expect((await ask('DELETE', path, undefined, { ...ours, cookie })).status).toBe(204)
  }
  expect((await by(marked('a wrong password of a browser'))).status).toBe(401)
  expect(
    (await ask('POST', path, { name: marked('a password for a name at the dashboard'), password: 'x' }, ours))
      .status,
  ).toBe(401)
  expect((await ask('POST', path, `{"password": "${marked('a torn body of a browser')}"`, ours)).status).toBe(
    400,
  )
  const madeUp = `__Host-manila-session=${marked('a made-up session').padEnd(43, 'x').slice(0, 43)}`
  expect((await ask('GET', '/v2/shares', undefined, { ...ours, cookie: madeUp })).status).toBe(401)
}

async function accounts(rootToken: string, bobToken: string): Promise<void> {
  const root = { 'x-auth-token': rootToken }
  const own = { 'x-auth-token': bobToken }
  const user = { name: 'carol', password: marked("carol's first password") }
  const carol = (await ask('POST', '/identity/v3/users', { user }, root)).body.user
  expect(
    (
      await ask(
        'POST',
        '/identity/v3/users',
        { user: { name: 'carol', password: marked('a password refused with 409') } },
        root,
      )
    ).status,
  ).toBe(409)
  expect(
    (
      await ask(
        'POST',
        '/identity/v3/users',
        { user: { name: 'dave', password: marked('a password refused with 403') } },
        own,
      )
    ).status,
  ).toBe(403)
  expect(
    (
      await ask(
        'PATCH',
        `/identity/v3/users/${carol.id}`,
        { user: { password: marked("carol's second password") } },
        root,
      )
    ).status,
  ).toBe(200)
  const me = (
    await ask('GET', '/identity/v3/auth/tokens', undefined, { ...own, 'x-subject-token': bobToken })
  ).body.token.user.id
  const secret = marked('secret of an application credential')
  const given = { application_credential: { name: 'ci', secret } }
  const made = (await ask('POST', `/identity/v3/users/${me}/application_credentials`, given, own)).body
    .application_credential
  const by = (told: string) => ({
    auth: {
      identity: {
        methods: ['application_credential'],
        application_credential: { id: made.id, secret: told },
      },
    },
  })
  expect((await ask('POST', '/identity/v3/auth/tokens', by(secret))).status).toBe(201)
  expect((await ask('POST', '/identity/v3/auth/tokens', by(marked('a wrong secret')))).status).toBe(401)
  const generated = (
    await ask(
      'POST',
      `/identity/v3/users/${me}/application_credentials`,
      { application_credential: { name: 'made' } },
      own,
    )
  ).body
  secrets.set('a generated secret', generated.application_credential.secret)
  const change = {
    original_password: marked('a wrong old password'),
    password: marked('a new password that was refused'),
  }
  expect((await ask('POST', `/identity/v3/users/${me}/password`, { user: change }, own)).status).toBe(401)
  const right = { original_password: bob, password: marked("bob's second password") }
  expect((await ask('POST', `/identity/v3/users/${me}/password`, { user: right }, own)).status).toBe(204)
}

async function shares(token: string): Promise<void> {
  const own = { 'x-auth-token': token }
  const made = await ask(
    'POST',
    '/v2/shares',
    { share: { size: 1, share_proto: 'NFS', name: 'day' } },
    { ...own, 'idempotency-key': 'once' },
  )
  expect(made.status).toBe(200)
  const { id } = made.body.share
  const status = async (): Promise<string> =>
    (await ask('GET', `/v2/shares/${id}`, undefined, own)).body.share.status
  const available = () =>
    until('the share is available', 60_000, async () => (await status()) === 'available')
  await available()
  await ask(
    'POST',
    `/v2/shares/${id}/action`,
    { allow_access: { access_type: 'ip', access_to: '10.0.0.1' } },
    own,
  )
  await ask(
    'PUT',
    `/v2/shares/${id}`,
    { share: { display_name: 'renamed', password: marked('a password in a share') } },
    own,
  )
  await ask(
    'POST',
    `/v2/shares/${id}/action`,
    { extend: { new_size: 2, token: marked('a token in an action') } },
    own,
  )
  // Not while it is extended: that is refused, or not, as it comes.
  await available()
  expect((await ask('DELETE', `/v2/shares/${id}`, undefined, own)).status).toBe(202)
}

/** Events of changes: each is there before its change is answered. */
const changed = [
  'create success POST /identity/v3/users',
  'create success POST /identity/v3/users/:id/password',
  'create success POST /identity/v3/users/:user_id/application_credentials',
  'create success POST /v2/shares',
  'create success manila-manage bootstrap',
  'create success manila-manage user create',
  'delete pending DELETE /v2/shares/:id',
  'delete success DELETE /dashboard/session',
  'update pending POST /v2/shares/:id/action extend',
  'update success PATCH /identity/v3/users/:id',
  'update success POST /v2/shares/:id/action allow_access',
  'update success PUT /v2/shares/:id',
]
/** Of what changes nothing. */
const noted = [
  // Of an account and an address those of a minute are one, named after the first of them.
  'authenticate failure',
  'authenticate success POST /dashboard/session',
  'authenticate success POST /identity/v3/auth/tokens',
  'create failure POST /identity/v3/users',
]
/** Each kind of event in the trail, once, in order of the alphabet. */
async function kinds(root: Readonly<Record<string, string>>): Promise<string[]> {
  const { body } = await ask('GET', '/v2/audit', undefined, root)
  const all = (body.audit as Record<string, string>[]).map(
    ({ action, outcome, operation }) =>
      `${action} ${outcome}${action === 'authenticate' && outcome === 'failure' ? '' : ` ${operation}`}`,
  )
  return [...new Set(all)].toSorted()
}

test.skipIf(!there)('secrets are where they are kept and nowhere else (slapd, rabbitmq-server)', async () => {
  const { rootToken, bobToken } = await logins()
  const root = { 'x-auth-token': rootToken }
  await shares(bobToken)
  await browsers()
  await accounts(rootToken, bobToken)
  expect(await kinds(root)).toEqual(expect.arrayContaining(changed))
  // Logins and refusals are written once a second, and the whole day above may take less.
  const day = [...changed, ...noted].toSorted()
  await until('logins and refusals are in the trail', 10_000, async () =>
    isDeepStrictEqual(await kinds(root), day),
  ).catch(async () => expect(await kinds(root)).toEqual(day))
  for (const path of ['/healthcheck', '/v2/operations?all_tenants=1', '/v2/messages?all_tenants=1'])
    await ask('GET', path, undefined, root)
  told.push(['metrics', await (await fetch(service.metricsUrl)).text()])
  await until('notifications arrive', 60_000, () => Promise.resolve(messages.length > 3))
  await service.stop()

  const again = marked("bob's third password")
  writeFileSync(join(outside, 'bob'), again, { mode: 0o600 })
  expect(await manage('user', 'password', 'bob', '--password-file', join(outside, 'bob'))).toBe(0)
  for (const words of ['config check', 'quota recount', 'db version', 'db check', 'bus permissions'])
    await manage(...words.split(' '))

  const files = () =>
    inFiles(secrets, state, [config, join(state, 'token-key.json'), join(state, 'clouds.yaml')])
  const store = await openStore((await placeOf(state)).database)
  const found: Finding[] = []
  const searched = await inRows(store, secrets)
  found.push(...searched.found)
  await store.close()
  const below = files()
  found.push(...below.found, ...told.flatMap(([where, text]) => inText(secrets, where, text)))
  found.push(...messages.flatMap((message) => inText(secrets, 'a notification', message)))
  expect(found).toEqual([])
  // It was looked where something is.
  expect(secrets.size).toBeGreaterThan(25)
  expect(searched.rows).toBeGreaterThan(100)
  expect(below.files.map((path) => path.slice(state.length + 1))).toEqual(
    expect.arrayContaining(['manila.log', 'audit.log']),
  )
  expect(readFileSync(join(state, 'audit.log'), 'utf8').split('\n').length).toBeGreaterThan(20)

  // Planted, each is found.
  const leak = secrets.get("carol's second password") ?? ''
  const other = await openStore((await placeOf(state)).database)
  await other.db
    .updateTable('audit_events')
    .set({ agent: `curl ${leak}` })
    .where('operation', 'like', 'PATCH%')
    .execute()
  expect((await inRows(other, secrets)).found).toEqual(["carol's second password: table audit_events.agent"])
  await other.close()
  appendFileSync(join(state, 'manila.log'), `{"msg":"${Buffer.from(alice).toString('base64')}"}\n`)
  expect(files().found).toContain("alice's password in the directory: manila.log")
  expect(inText(secrets, 'a reply', `{"message": "no user ${bob}"}`)).toEqual(["bob's password: a reply"])
})
