/** How one comes in. Each test is one defence: with it taken out, the test named after it fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureAccount } from '../../auth/bootstrap.ts'
import { fault } from '../../model/errors.ts'
import { openDashboard, ours, passwords, type Asking, type DashboardBench } from './dashboard.fixture.ts'

let world: DashboardBench
beforeEach(async () => {
  world = await openDashboard()
})
afterEach(() => world.close())

const session = '/dashboard/session'
const shares = '/v2/shares'
const ask = (url: string, asking?: Asking) => world.ask(url, asking)
const cookieOf = async (name: 'admin' | 'demo' = 'demo'): Promise<string> => (await world.logIn(name)).cookie

describe('logging in', () => {
  test('answers who one is and where, a cookie, and no token', async () => {
    const reply = await world.logIn('demo')
    expect(reply.status).toBe(201)
    const { demo } = world.bench
    const domain = { id: 'default', name: 'Default' }
    expect(reply.body).toEqual({
      session: {
        user: { id: demo.userId, name: 'demo', domain },
        project: { id: demo.projectId, name: 'demo', domain },
        roles: expect.arrayContaining(['member', 'reader']),
        expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        projects: [{ id: demo.projectId, name: 'demo', domain_id: 'default' }],
        is_admin: false,
      },
    })
    expect(reply.headers['set-cookie']).toMatch(
      /^manila-session-8786=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
    expect(reply.headers).toMatchObject({ 'cache-control': 'no-store', vary: 'Cookie' })
    // Ours begin so: {"alg" in base64.
    expect(reply.text + JSON.stringify(reply.headers)).not.toContain('eyJ')
  })

  test('opens the API: as that account, in that project', async () => {
    const headers = { ...ours, cookie: await cookieOf() }
    expect((await ask(shares, { headers })).status).toBe(200)
    const me = await ask(`/identity/v3/users/${world.bench.demo.userId}`, { headers })
    expect([me.status, me.body.user.name]).toEqual([200, 'demo'])
    expect((await ask('/v2/audit', { headers })).status).toBe(403)
    expect((await ask('/v2/audit', { headers: { ...ours, cookie: await cookieOf('admin') } })).status).toBe(
      200,
    )
    const body = { share: { size: 1, share_proto: 'NFS' } }
    const made = await ask(shares, {
      method: 'POST',
      body,
      headers: { ...headers, 'x-openstack-manila-api-version': '2.90' },
    })
    expect([made.status, made.body.share.project_id]).toEqual([200, world.bench.demo.projectId])
  })

  test('says who is an administrator', async () => {
    expect((await world.logIn('admin')).body.session.is_admin).toBe(true)
  })

  test('goes where it is told to, by id and by name, and nowhere else', async () => {
    const { auth, demo } = world.bench
    const other = await ensureAccount(auth, {
      userName: 'demo',
      projectName: 'aaa',
      password: passwords.demo,
      roles: ['reader'],
    })
    const projectOf = async (more: object) => (await world.logIn('demo', more)).body.session?.project?.name
    // The first one by name.
    expect(await projectOf({})).toBe('aaa')
    expect(await projectOf({ project: { id: demo.projectId } })).toBe('demo')
    expect(await projectOf({ project: { name: 'demo' } })).toBe('demo')
    expect(await projectOf({ project: { id: other.projectId } })).toBe('aaa')
    for (const project of [{ id: world.bench.admin.projectId }, { name: 'admin' }, { name: 'nowhere' }]) {
      const reply = await world.logIn('demo', { project })
      // The password was right: it is not said to be wrong.
      expect([reply.status, reply.cookie]).toEqual([403, ''])
      expect(reply.body.error.message).toContain('no role in that project')
    }
  })

  test('takes somebody in who has no project', async () => {
    const { directory } = world.bench.auth
    await directory.createUser({ name: 'alone', domainId: 'default', password: 'alone and away' } as never)
    const reply = await ask(session, {
      method: 'POST',
      headers: ours,
      body: { name: 'alone', password: 'alone and away' },
    })
    expect(reply.body.session).toMatchObject({ project: null, roles: [], projects: [], is_admin: false })
    expect((await ask(shares, { headers: { ...ours, cookie: reply.cookie } })).status).toBe(403)
  })

  test('takes an application credential', async () => {
    const headers = { ...ours, cookie: await cookieOf() }
    const given = { application_credential: { name: 'ci', secret: 'a secret of its own' } }
    const { userId } = world.bench.demo
    const made = await ask(`/identity/v3/users/${userId}/application_credentials`, {
      method: 'POST',
      headers,
      body: given,
    })
    const by = (secret: string) =>
      ask(session, {
        method: 'POST',
        headers: ours,
        body: { application_credential: { id: made.body.application_credential.id, secret } },
      })
    expect((await by('a wrong one')).status).toBe(401)
    const reply = await by('a secret of its own')
    expect([reply.status, reply.body.session.project.name, reply.body.session.projects.length]).toEqual([
      201,
      'demo',
      1,
    ])
    expect((await ask(shares, { headers: { ...ours, cookie: reply.cookie } })).status).toBe(200)
  })

  test.each([
    ['no body', undefined],
    ['no JSON', '{"name": "demo"'],
    ['a list', []],
    ['no password', { name: 'demo' }],
    ['a number for a name', { name: 1, password: 'x' }],
    ['more than is asked', { name: 'demo', password: 'x', token: 'x' }],
    ['a project of nothing', { name: 'demo', password: 'x', project: {} }],
    ['a name without end', { name: 'x'.repeat(300), password: 'x' }],
    ['half a credential', { application_credential: { id: 'x' } }],
  ])('refuses %s with 400', async (_what, body) => {
    const reply = await ask(session, {
      method: 'POST',
      headers: ours,
      ...(body === undefined ? {} : { body }),
    })
    expect([reply.status, reply.body.error.code, reply.cookie]).toEqual([400, 400, ''])
  })

  test('an identity service that is away is never a wrong password', async () => {
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({
        ...desk,
        byPassword: () =>
          Promise.reject(fault('Unavailable', { message: 'The identity service is away.', retryAfterS: 2 })),
      }),
    })
    const reply = await world.logIn('demo')
    expect([reply.status, reply.body.error.message, reply.headers['retry-after']]).toEqual([
      503,
      'The identity service is away.',
      '2',
    ])
  })
})

describe('guessing', () => {
  test('is limited as at the identity face, and counted with it', async () => {
    const wrong = (url: string, body: object) =>
      ask(url, { method: 'POST', headers: ours, body, remoteAddress: '127.0.0.9' })
    const user = { name: 'demo', domain: { name: 'Default' }, password: 'no' }
    const there = () =>
      wrong('/identity/v3/auth/tokens', { auth: { identity: { methods: ['password'], password: { user } } } })
    const here = () => wrong(session, { name: 'demo', password: 'no' })
    for (const one of [here, there, here, there, here]) expect((await one()).status).toBe(401)
    const reply = await here()
    expect([reply.status, reply.body.error.message]).toEqual([
      429,
      'Too many failed logins; try again later.',
    ])
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(0)
    expect((await there()).status).toBe(429)
  })

  test('says the same of a wrong password and of a name that nobody has', async () => {
    const reply = (name: string) =>
      ask(session, { method: 'POST', headers: ours, body: { name, password: 'no' } })
    const [known, unknown] = [await reply('demo'), await reply('nobody at all')]
    expect([known.status, known.text]).toEqual([401, unknown.text])
    // A browser would ask for a password of its own.
    expect(known.headers).not.toHaveProperty('www-authenticate')
  })

  test('of ids is counted by address', async () => {
    await world.close()
    world = await openDashboard({
      adjust: (settings) => void (settings.limits.address_requests_per_minute = 3),
    })
    const statuses = []
    for (let count = 0; count < 5; count++) statuses.push((await ask(session, { headers: ours })).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
  })
})

test('a login that is refused half way leaves no token behind', async () => {
  const made: string[] = []
  await world.close()
  world = await openDashboard({
    desk: (desk) => ({
      ...desk,
      byPassword: async (login) => {
        const granted = await desk.byPassword(login)
        made.push(granted.token)
        return granted
      },
    }),
  })
  expect((await world.logIn('demo', { project: { name: 'admin' } })).status).toBe(403)
  const [token = ''] = made
  expect((await ask('/identity/v3/auth/projects', { headers: { 'x-auth-token': token } })).status).toBe(401)
})
