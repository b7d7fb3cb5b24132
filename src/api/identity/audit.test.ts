import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuditTrail } from '../../audit/trail.ts'
import { adminPassword, authBench, demoPassword, type AuthBench } from '../../auth/parts.fixture.ts'
import { memoryBus } from '../../bus/memory.ts'
import { loadSettings } from '../../config/load.ts'
import { listAuditEvents, type AuditFilters } from '../../db/store/audit-events.ts'
import { Policy } from '../../policy/enforce.ts'
import { buildServer } from '../server.ts'
import { identityRoutes } from './plugin.ts'

let bench: AuthBench
let app: FastifyInstance
let trail: AuditTrail
let adminToken: string

beforeEach(async () => {
  bench = await authBench({ limits: { maxAddressFailures: 1_000_000 } })
  const { store, clock, auth } = bench
  const log = pino({ level: 'silent' })
  const policy = new Policy({ clock })
  trail = new AuditTrail({ store, clock, log, stream: null, queue: 1000, keptUs: 0 })
  const audit = { trail, observer: 'manila-api@bench' }
  const settings = loadSettings({})
  app = buildServer({
    store,
    clock,
    bus: memoryBus(() => {}),
    policy,
    settings,
    auth,
    routes: [],
    log,
    audit,
  })
  await app.register(identityRoutes({ auth, policy, clock, audit }), { prefix: '/identity' })
  adminToken = (await login('admin', adminPassword)).token
  await trail.flush()
})
afterEach(async () => {
  await app.close()
  await trail.close()
  await bench.close()
})

async function ask(
  method: string,
  path: string,
  body?: unknown,
  token?: string,
  remoteAddress = '192.0.2.7',
) {
  const answer = await app.inject({
    method: method as 'GET',
    url: `/identity/v3${path}`,
    remoteAddress,
    headers: {
      ...(token === undefined ? {} : { 'x-auth-token': token }),
      'content-type': 'application/json',
    },
    payload: JSON.stringify(body ?? {}),
  })
  const text = answer.body
  return {
    status: answer.statusCode,
    // oxlint-disable-next-line typescript/no-explicit-any -- a reply's shape is what the test is about
    body: (text === '' ? {} : JSON.parse(text)) as any,
    token: String(answer.headers['x-subject-token'] ?? ''),
    requestId: String(answer.headers['x-openstack-request-id']),
  }
}

const passwordBody = (name: string, password: string) => ({
  auth: {
    identity: { methods: ['password'], password: { user: { name, domain: { id: 'default' }, password } } },
    scope: { project: { name, domain: { id: 'default' } } },
  },
})
const login = (name: string, password: string, from?: string) =>
  ask('POST', '/auth/tokens', passwordBody(name, password), undefined, from)

async function rows(filters: AuditFilters = {}) {
  await trail.flush()
  return listAuditEvents(bench.store.db, filters, {
    limit: 1000,
    marker: null,
    descending: false,
    back: false,
  })
}

test('a login is one event: whose, how, from where', async () => {
  const { token, requestId } = await login('demo', demoPassword, '2001:db8::7')
  const made = await ask(
    'POST',
    `/users/${bench.demo.userId}/application_credentials`,
    { application_credential: { name: 'ci', secret: 'marked-secret' } },
    token,
  )
  expect(made.status).toBe(201)
  const credential = made.body.application_credential
  const identity = {
    methods: ['application_credential'],
    application_credential: { id: credential.id, secret: 'marked-secret' },
  }
  expect((await ask('POST', '/auth/tokens', { auth: { identity } })).status).toBe(201)
  expect(
    (await ask('POST', '/auth/tokens', { auth: { identity: { methods: ['token'], token: { id: token } } } }))
      .status,
  ).toBe(201)
  const all = await rows({ user_id: bench.demo.userId })
  expect(
    all.map(({ action, outcome, reason, method, targetType }) => [
      action,
      outcome,
      reason,
      method,
      targetType,
    ]),
  ).toEqual([
    ['authenticate', 'success', 201, 'password', 'user'],
    ['create', 'success', 201, 'password', 'application_credential'],
    ['authenticate', 'success', 201, 'application_credential', 'user'],
    ['authenticate', 'success', 201, 'password', 'user'],
  ])
  expect(all[0]).toMatchObject({
    requestId,
    address: '2001:db8::7',
    projectId: bench.demo.projectId,
    tokenHash: '',
  })
  expect(all[1]).toMatchObject({ targetId: credential.id })
  expect(all[2]).toMatchObject({ credentialId: credential.id })
  expect(all[0]?.tokenId).toMatch(/^[\w-]{22}$/)
  const text = JSON.stringify(all)
  expect([text.includes('marked'), text.includes(token), text.includes(demoPassword)]).toEqual([
    false,
    false,
    false,
  ])
})

test('failed logins are one counted row for an account, an address and a minute', async () => {
  for (let times = 0; times < 4; times++) {
    expect((await login('demo', 'wrong-marked')).status).toBe(401)
    expect((await login('marked-password-typed-as-name', 'x')).status).toBe(401)
    if (times === 1) await trail.flush()
  }
  expect((await login('demo', 'wrong-marked', '192.0.2.8')).status).toBe(401)
  // By its id it is the same account; and what is refused before the comparison counts, too.
  for (let times = 0; times < 3; times++) {
    const user = { id: bench.demo.userId, password: 'wrong-marked' }
    await ask('POST', '/auth/tokens', { auth: { identity: { methods: ['password'], password: { user } } } })
  }
  const all = await rows({ action: 'authenticate', outcome: 'failure' })
  const events = all.map(({ userId, address, count }) => [
    userId.replace(/^unknown:.{4}$/, 'nobody'),
    address,
    count,
  ])
  const byText = (a: unknown, b: unknown): number => (String(a) < String(b) ? -1 : 1)
  expect(events.toSorted(byText)).toEqual(
    [
      [bench.demo.userId, '192.0.2.7', 7],
      [bench.demo.userId, '192.0.2.8', 1],
      ['nobody', '192.0.2.7', 4],
    ].toSorted(byText),
  )
  const demo = all.find(({ count }) => count === 7)
  expect(demo?.lastAt).toBeGreaterThan(demo?.at ?? Infinity)
  expect(JSON.stringify(all)).not.toContain('marked')
  bench.clock.pass(60)
  await login('demo', 'wrong-marked', '192.0.2.8')
  expect(await rows({ action: 'authenticate', outcome: 'failure' })).toHaveLength(4)
})

test('a change of accounts is written before it, with its end after it; a refused one is only counted', async () => {
  const user = { name: 'eve', password: 'marked-new-password' }
  const { status, body } = await ask('POST', '/users', { user }, adminToken)
  expect(status).toBe(201)
  const [made] = await rows({ action: 'create', target_type: 'user' })
  expect(made).toMatchObject({
    outcome: 'success',
    reason: 201,
    targetId: body.user.id,
    userName: 'admin',
    operation: 'POST /identity/v3/users',
    method: 'password',
  })
  expect(made?.tokenHash).toMatch(/^[0-9a-f]{32}$/)
  for (let times = 0; times < 3; times++)
    expect((await ask('POST', '/users', { user }, adminToken)).status).toBe(409)
  const role = (await ask('GET', '/roles', undefined, adminToken)).body.roles.find(
    ({ name }: { name: string }) => name === 'reader',
  )
  const grant = `/projects/${bench.demo.projectId}/users/${body.user.id}/roles/${role.id}`
  expect((await ask('PUT', grant, undefined, adminToken)).status).toBe(204)
  const { token } = await login('demo', demoPassword)
  expect((await ask('DELETE', `/users/${body.user.id}`, undefined, token)).status).toBe(403)
  const passwords = { original_password: 'wrong-marked', password: 'marked-later' }
  expect((await ask('POST', `/users/${bench.demo.userId}/password`, { user: passwords }, token)).status).toBe(
    401,
  )
  const right = { original_password: demoPassword, password: 'marked-later' }
  expect((await ask('POST', `/users/${bench.demo.userId}/password`, { user: right }, token)).status).toBe(204)
  expect((await ask('DELETE', `/users/${body.user.id}`, undefined, adminToken)).status).toBe(204)
  const all = (await rows()).filter(
    ({ action, outcome }) => action !== 'authenticate' || outcome === 'failure',
  )
  const events = all.map(({ operation, outcome, reason, count }) => [
    operation.replace(/ \/identity\/v3/, ' '),
    outcome,
    reason,
    count,
  ])
  expect(events).toEqual([
    ['POST /users', 'success', 201, 1],
    ['POST /users', 'failure', 409, 3],
    ['PUT /projects/:target_id/users/:actor_id/roles/:role_id', 'success', 204, 1],
    ['DELETE /users/:id', 'failure', 403, 1],
    ['POST /users/:id/password', 'failure', 401, 1],
    ['POST /users/:id/password', 'success', 204, 1],
    ['DELETE /users/:id', 'success', 204, 1],
  ])
  expect(all[2]).toMatchObject({
    targetType: 'project',
    targetId: bench.demo.projectId,
    targetPath: `/v3${grant}`,
  })
  expect(JSON.stringify(all)).not.toContain('marked')
})

test('what failed half way stays written as begun, and without its event nothing is done', async () => {
  const { db } = bench.store
  const directory = bench.auth.directory as unknown as { createUser: unknown }
  directory.createUser = () => Promise.reject(new Error('killed here'))
  expect((await ask('POST', '/users', { user: { name: 'half' } }, adminToken)).status).toBe(500)
  const [begun] = await rows({ target_type: 'user', outcome: 'pending' })
  expect(begun).toMatchObject({ operation: 'POST /identity/v3/users', reason: 0 })
  let made = 0
  directory.createUser = () => Promise.resolve(made++)
  await db.schema.alterTable('audit_events').renameTo('audit_events_away').execute()
  expect((await ask('POST', '/users', { user: { name: 'none' } }, adminToken)).status).toBeGreaterThanOrEqual(
    500,
  )
  expect(made).toBe(0)
  // Logins go on, and wait.
  expect((await login('demo', demoPassword)).status).toBe(201)
  await trail.flush()
  expect(trail.state.rows).toMatchObject({ state: 'failing', dropped: 0 })
  await db.schema.alterTable('audit_events_away').renameTo('audit_events').execute()
  const back = await rows({ user_id: bench.demo.userId, outcome: 'success' })
  expect(back).toHaveLength(1)
  expect(trail.state.rows).toMatchObject({ state: 'ok', waiting: 0 })
})
