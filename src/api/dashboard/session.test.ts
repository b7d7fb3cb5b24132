/** Each test is one defence: with it taken out, the test named after it fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { listAuditEvents } from '../../db/store/audit-events.ts'
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
const tokens = async (name: 'admin' | 'demo') => {
  const user = { name, password: passwords[name], domain: { name: 'Default' } }
  const auth = {
    identity: { methods: ['password'], password: { user } },
    scope: { project: { name, domain: { name: 'Default' } } },
  }
  const reply = await ask('/identity/v3/auth/tokens', { method: 'POST', body: { auth } })
  return String(reply.headers['x-subject-token'])
}
const rows = () => world.bench.store.db.selectFrom('dashboard_sessions').selectAll().execute()
const events = async () => {
  await world.trail.flush()
  const page = { limit: 100, marker: null, descending: false, back: false }
  return listAuditEvents(world.bench.store.db, {}, page)
}

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

describe('a cookie is not enough', () => {
  const cases: readonly (readonly [what: string, headers: Record<string, string>])[] = [
    ['without the header', { 'sec-fetch-site': 'same-origin' }],
    ['with another value of it', { ...ours, 'x-manila-dashboard': '2' }],
    ['when another site asks', { ...ours, 'sec-fetch-site': 'cross-site' }],
    ['when another origin of the site asks', { ...ours, 'sec-fetch-site': 'same-site' }],
    ['when the person typed the address', { ...ours, 'sec-fetch-site': 'none' }],
    ['when the browser does not say who asks', { 'x-manila-dashboard': '1' }],
    ['when two things are said', { ...ours, 'sec-fetch-site': 'same-origin, cross-site' }],
    ['in other letters', { ...ours, 'sec-fetch-site': 'Same-Origin' }],
  ]
  test.each(cases)('%s', async (_what, headers) => {
    const cookie = await cookieOf('admin')
    for (const url of [shares, '/v2/events', '/identity/v3/users', '/identity/v3/auth/projects']) {
      expect([url, (await ask(url, { headers: { ...headers, cookie } })).status]).toEqual([url, 401])
    }
    for (const method of ['GET', 'PUT', 'DELETE', 'POST'] as const) {
      const body = method === 'POST' ? { name: 'demo', password: passwords.demo } : { project: { id: 'x' } }
      const reply = await ask(session, {
        method,
        headers: { ...headers, cookie },
        ...(method === 'GET' ? {} : { body }),
      })
      expect([method, reply.status, reply.cookie]).toEqual([method, 403, ''])
    }
    // Nothing of it was done.
    expect((await ask(session, { headers: { ...ours, cookie } })).status).toBe(200)
  })

  test('and the header without the cookie is nothing', async () => {
    expect((await ask(shares, { headers: ours })).status).toBe(401)
    expect((await ask(session, { headers: ours })).status).toBe(401)
  })

  test('a cookie of another name, or two of one name, is none', async () => {
    const cookie = await cookieOf()
    const id = cookie.split('=')[1] ?? ''
    for (const other of [
      `manila-session=${id}`,
      `__Host-manila-session=${id}`,
      `manila-session-8787=${id}`,
      `${cookie}; ${cookie.replace(id, 'A'.repeat(43))}`,
      `${cookie.replace(id, 'A'.repeat(43))}; ${cookie}`,
      `${cookie}x`,
      `manila-session-8786=`,
      `manila-session-8786=${'%41'.repeat(43)}`,
    ]) {
      expect([other, (await ask(shares, { headers: { ...ours, cookie: other } })).status]).toEqual([
        other,
        401,
      ])
    }
    expect((await ask(shares, { headers: { ...ours, cookie: `a=b; ${cookie}; c` } })).status).toBe(200)
  })

  test('it opens the API and nothing beside it', async () => {
    const headers = { ...ours, cookie: await cookieOf('admin') }
    for (const url of ['/v2x', '/', '/healthcheck', '/identityx/v3/users'])
      expect([200, 300, 401, 404]).toContain((await ask(url, { headers })).status)
  })
})

test('a token of its own goes before the session, an empty one is none', async () => {
  const cookie = await cookieOf('admin')
  const demo = await tokens('demo')
  const status = async (token: string) =>
    (await ask('/v2/audit', { headers: { ...ours, cookie, 'x-auth-token': token } })).status
  expect(await status('')).toBe(200)
  // Of demo, which may not; of nobody.
  expect(await status(demo)).toBe(403)
  expect(await status('made-up')).toBe(401)
})

test('what needs a subject still needs it, and no route tells the token', async () => {
  const headers = { ...ours, cookie: await cookieOf('admin') }
  for (const method of ['GET', 'DELETE'] as const) {
    const reply = await ask('/identity/v3/auth/tokens', { method, headers })
    expect([method, reply.status]).toEqual([method, 400])
  }
  const found = [...(await rows())].length
  expect(found).toBe(1)
  for (const url of [
    shares,
    '/v2/audit',
    '/identity/v3/auth/catalog',
    '/identity/v3/auth/projects',
    session,
    '/dashboard/config.json',
  ]) {
    const reply = await ask(url, { headers })
    expect([url, reply.status]).toEqual([url, 200])
    expect(reply.text + JSON.stringify(reply.headers)).not.toMatch(/eyJ[\w-]{10}/)
  }
})

describe('pages of other origins', () => {
  const origin = 'https://dashboard.example.org'
  beforeEach(async () => {
    await world.close()
    world = await openDashboard({ adjust: (settings) => void (settings.api.cors.origins = [origin]) })
  })
  test('are never allowed credentials, and not the header', async () => {
    const cookie = await cookieOf()
    for (const url of [shares, session, '/identity/v3/auth/projects', '/dashboard/config.json']) {
      for (const method of ['GET', 'OPTIONS'] as const) {
        const headers = {
          origin,
          cookie,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'x-manila-dashboard',
        }
        const reply = await ask(url, { method, headers })
        expect(reply.headers).not.toHaveProperty('access-control-allow-credentials')
        expect(String(reply.headers['access-control-allow-headers'] ?? '').toLowerCase()).not.toContain(
          'dashboard',
        )
      }
    }
    // Also where the browser were to send all of it.
    const headers = { ...ours, origin, cookie, 'sec-fetch-site': 'cross-site' }
    expect((await ask(shares, { headers })).status).toBe(401)
  })
})

test('answers under the API say that they differ by cookie', async () => {
  expect((await ask(shares)).headers.vary).toContain('Cookie')
  expect((await ask('/identity/v3/auth/projects')).headers.vary).toContain('Cookie')
})

describe('fixation', () => {
  test('a login never takes an id that came along', async () => {
    const planted = `manila-session-8786=${'A'.repeat(43)}`
    const login = (cookie: string) =>
      ask(session, {
        method: 'POST',
        headers: { ...ours, cookie },
        body: { name: 'demo', password: passwords.demo },
      })
    const first = await login(planted)
    expect(first.status).toBe(201)
    expect(first.cookie).not.toBe(planted)
    expect((await ask(shares, { headers: { ...ours, cookie: planted } })).status).toBe(401)
    // Nor one that was good: it ends.
    const second = await login(first.cookie)
    expect(second.cookie).not.toBe(first.cookie)
    expect((await ask(shares, { headers: { ...ours, cookie: first.cookie } })).status).toBe(401)
    expect((await ask(shares, { headers: { ...ours, cookie: second.cookie } })).status).toBe(200)
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

describe('the end of a session', () => {
  test('logging out revokes its tokens and is done twice without harm', async () => {
    const revoked: string[] = []
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({ ...desk, revoke: (token) => (revoked.push(token), desk.revoke(token)) }),
    })
    const cookie = await cookieOf()
    const reply = await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect(reply.headers['set-cookie']).toBe(
      'manila-session-8786=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    )
    expect(await rows()).toEqual([])
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(401)
    // The one of the project and the one that it was got with.
    expect(revoked.length).toBe(2)
    for (const token of revoked) {
      expect((await ask('/identity/v3/auth/projects', { headers: { 'x-auth-token': token } })).status).toBe(
        401,
      )
    }
    expect((await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })).status).toBe(204)
    expect((await ask(session, { method: 'DELETE', headers: ours })).status).toBe(204)
  })

  test('comes with its time, and takes the row along', async () => {
    const headers = { ...ours, cookie: await cookieOf() }
    world.bench.clock.pass(3599 - 60)
    expect((await ask(shares, { headers })).status).toBe(200)
    world.bench.clock.pass(3600)
    expect((await ask(shares, { headers })).status).toBe(401)
    const reply = await ask(session, { headers })
    expect([reply.status, reply.headers['set-cookie']]).toEqual([401, expect.stringContaining('Max-Age=0')])
    await cookieOf()
    expect((await rows()).length).toBe(1)
  })

  test.each([
    [
      'a new password',
      async () =>
        world.bench.auth.directory.updateUser(world.bench.demo.userId, { password: 'quite another one' }),
    ],
    [
      'a disabled account',
      async () => world.bench.auth.directory.updateUser(world.bench.demo.userId, { enabled: false }),
    ],
    ['an account that is gone', async () => world.bench.auth.directory.deleteUser(world.bench.demo.userId)],
  ])('comes with %s', async (_what, end) => {
    const headers = { ...ours, cookie: await cookieOf() }
    expect((await ask(shares, { headers })).status).toBe(200)
    await end()
    expect((await ask(shares, { headers })).status).toBe(401)
    expect((await ask(session, { headers })).status).toBe(401)
    expect(await rows()).toEqual([])
  })
})

describe('another project', () => {
  const another = (projectName: string) =>
    ensureAccount(world.bench.auth, {
      userName: 'demo',
      projectName,
      password: passwords.demo,
      roles: ['member'],
    })
  const go = (cookie: string, id: string) =>
    ask(session, { method: 'PUT', headers: { ...ours, cookie }, body: { project: { id } } })

  test('is entered with another token, and the one of before shows nothing any more', async () => {
    const used: string[] = []
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({
        ...desk,
        enter: async (token, project) => {
          const granted = await desk.enter(token, project)
          used.push(granted.token)
          return granted
        },
      }),
    })
    const { projectId } = await another('second')
    const cookie = await cookieOf()
    const reply = await go(cookie, projectId)
    expect([reply.status, reply.body.session.project.name, reply.cookie]).toEqual([200, 'second', ''])
    const [before = '', now = ''] = used
    const withToken = (token: string) => ask(shares, { headers: { 'x-auth-token': token } })
    expect([(await withToken(before)).status, (await withToken(now)).status]).toEqual([401, 200])
    // A page of the project that was left learns it when it names it.
    const of = (project: string) => ask(`/v2/${project}/shares`, { headers: { ...ours, cookie } })
    expect([(await of(projectId)).status, (await of(world.bench.demo.projectId)).status]).toEqual([200, 400])
    // And back.
    expect((await go(cookie, world.bench.demo.projectId)).body.session.project.name).toBe('demo')
    expect((await rows()).map(({ turn, project_id: id }) => [turn, id])).toEqual([
      [2, world.bench.demo.projectId],
    ])
  })

  test('can be entered where scoped tokens may not be exchanged', async () => {
    await world.close()
    world = await openDashboard({ auth: { allowRescope: false } })
    const { projectId } = await another('second')
    expect((await go(await cookieOf(), projectId)).status).toBe(200)
  })

  test('of others is refused, and nothing is changed', async () => {
    const cookie = await cookieOf()
    for (const id of [world.bench.admin.projectId, 'nowhere']) {
      const reply = await go(cookie, id)
      expect([reply.status, reply.body.error.message]).toEqual([403, expect.stringContaining('no role')])
    }
    expect((await ask(session, { headers: { ...ours, cookie } })).body.session.project.name).toBe('demo')
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(200)
  })

  test('the same one changes nothing', async () => {
    const cookie = await cookieOf()
    expect((await go(cookie, world.bench.demo.projectId)).status).toBe(200)
    expect((await rows())[0]?.turn).toBe(0)
  })

  test('of two pages that enter at once one is told so, and no token is left over', async () => {
    const made: string[] = []
    const both = Promise.withResolvers<void>()
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({
        ...desk,
        enter: async (token, project) => {
          const granted = await desk.enter(token, project)
          // After the login's, neither goes on before both have a token.
          if (made.push(granted.token) === 3) both.resolve()
          if (made.length > 1) await both.promise
          return granted
        },
      }),
    })
    const cookie = await cookieOf()
    const places = [await another('second'), await another('third')]
    const replies = await Promise.all(places.map(({ projectId }) => go(cookie, projectId)))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 503])
    const won = replies.find(({ status }) => status === 200)?.body.session.project.id
    expect((await ask(session, { headers: { ...ours, cookie } })).body.session.project.id).toBe(won)
    // That of the login, the winner's and the other one's: one of them is good.
    const statuses = []
    for (const token of made)
      statuses.push((await ask(shares, { headers: { 'x-auth-token': token } })).status)
    expect(statuses.toSorted((x, y) => x - y)).toEqual([200, 401, 401])
  })

  test('without a session is refused', async () => {
    expect((await go('a=b', 'x')).status).toBe(401)
  })
})

describe('plain HTTP', () => {
  const plain = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    ask(session, {
      method: 'POST',
      headers: { ...ours, ...headers },
      body: { name: 'demo', password: passwords.demo },
      remoteAddress,
    })
  test.each([
    ['to a name', { host: 'manila.example.org:8786' }, '127.0.0.1'],
    ['to a name that begins as ours', { host: 'localhost.example.org' }, '127.0.0.1'],
    ['to an address', { host: '192.0.2.7:8786' }, '192.0.2.9'],
    ['from elsewhere, whatever it says', { host: 'localhost:8786' }, '192.0.2.9'],
    ['to what is no name', { host: 'local host' }, '127.0.0.1'],
    ['with a proxy that nobody named', { host: 'localhost:8786', 'x-forwarded-proto': 'https' }, '192.0.2.9'],
  ])('%s is refused with a sentence that says what to do', async (_what, headers, address) => {
    const reply = await plain(headers, address)
    expect([reply.status, reply.cookie]).toEqual([403, ''])
    expect(reply.body.error.message).toMatch(/plain HTTP.*TLS/)
    expect(await rows()).toEqual([])
  })

  test.each([
    ['localhost:9000', 'manila-session-9000='],
    ['127.0.0.1:8786', 'manila-session-8786='],
    ['[::1]:8786', 'manila-session-8786='],
    ['localhost', 'manila-session-80='],
  ])('to this machine, %s, has the port in the name', async (name, cookie) => {
    expect((await plain({ host: name })).cookie).toContain(cookie)
  })

  test('a session does not follow to where it may not be', async () => {
    const cookie = await cookieOf()
    const headers = { ...ours, cookie }
    expect((await ask(shares, { headers })).status).toBe(200)
    expect((await ask(shares, { headers: { ...headers, host: 'manila.example.org:8786' } })).status).toBe(401)
    expect((await ask(shares, { headers, remoteAddress: '192.0.2.9' })).status).toBe(401)
  })
})

describe('behind a proxy with TLS', () => {
  beforeEach(async () => {
    await world.close()
    world = await openDashboard({ adjust: (settings) => void (settings.api.trust_proxy = ['10.0.0.1']) })
  })
  const through = (proto: string, remoteAddress: string) =>
    ask(session, {
      method: 'POST',
      headers: {
        ...ours,
        host: 'manila.example.org',
        'x-forwarded-proto': proto,
        'x-forwarded-for': '192.0.2.1',
      },
      body: { name: 'demo', password: passwords.demo },
      remoteAddress,
    })
  test('the cookie is of this host alone and of TLS alone', async () => {
    const reply = await through('https', '10.0.0.1')
    expect(reply.headers['set-cookie']).toMatch(
      /^__Host-manila-session=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    const headers = {
      ...ours,
      cookie: reply.cookie,
      host: 'manila.example.org',
      'x-forwarded-proto': 'https',
    }
    expect((await ask(shares, { headers, remoteAddress: '10.0.0.1' })).status).toBe(200)
  })
  test('it is believed when it says that there is none', async () => {
    expect((await through('http', '10.0.0.1')).status).toBe(403)
    expect((await through('https', '10.0.0.2')).status).toBe(403)
  })
})

test('a base URL with TLS is the word of the operator', async () => {
  await world.close()
  world = await openDashboard({
    adjust: (settings) => void (settings.api.public_url = 'https://manila.example.org'),
  })
  const reply = await world.logIn('demo')
  expect(reply.headers['set-cookie']).toMatch(/^__Host-manila-session=.*Secure/)
})

test('the audit trail has the login, the failure, the change of project and the end', async () => {
  const { projectId } = await ensureAccount(world.bench.auth, {
    userName: 'demo',
    projectName: 'second',
    password: passwords.demo,
    roles: ['member'],
  })
  await world.logIn('demo', { password: 'no' })
  const cookie = await cookieOf()
  await ask(session, { method: 'PUT', headers: { ...ours, cookie }, body: { project: { id: projectId } } })
  await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })
  await ask(session, { method: 'POST', headers: ours, body: '{"torn' })
  // Whoever only opens the page has tried nothing.
  await ask(session, { headers: ours })
  const { userId } = world.bench.demo
  const found = (await events()).map(({ operation, action, outcome, reason, userId: who }) => [
    operation,
    action,
    outcome,
    reason,
    who,
  ])
  expect(found.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))).toEqual([
    ['DELETE /dashboard/session', 'delete', 'success', 204, userId],
    ['POST /dashboard/session', 'authenticate', 'failure', 400, ''],
    ['POST /dashboard/session', 'authenticate', 'failure', 401, userId],
    ['POST /dashboard/session', 'authenticate', 'success', 201, userId],
    ['PUT /dashboard/session', 'authenticate', 'success', 201, userId],
  ])
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

test('what is kept of one session opens no other one', async () => {
  const [admin, demo] = [await cookieOf('admin'), await cookieOf()]
  const [first, second] = await rows()
  const { db } = world.bench.store
  for (const [one, other] of [
    [first, second],
    [second, first],
  ] as const) {
    await db
      .updateTable('dashboard_sessions')
      .set({ sealed: other?.sealed ?? '' })
      .where('id_hash', '=', one?.id_hash ?? '')
      .execute()
  }
  for (const cookie of [admin, demo])
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(401)
  await db.updateTable('dashboard_sessions').set({ sealed: 'x' }).execute()
  expect((await ask(shares, { headers: { ...ours, cookie: demo } })).status).toBe(401)
})

test('the database alone holds neither the id nor a token', async () => {
  const seen: string[] = []
  await world.close()
  world = await openDashboard({
    desk: (desk) => ({
      ...desk,
      byPassword: async (login) => {
        const granted = await desk.byPassword(login)
        seen.push(granted.token)
        return granted
      },
      enter: async (token, project) => {
        const granted = await desk.enter(token, project)
        seen.push(granted.token)
        return granted
      },
    }),
  })
  const cookie = await cookieOf()
  const id = cookie.split('=')[1] ?? ''
  expect(seen.length).toBe(2)
  const dump = JSON.stringify(await rows())
  for (const secret of [id, ...seen]) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
    ]) {
      expect(dump).not.toContain(form.slice(0, 20))
    }
  }
  expect(dump).not.toContain(Buffer.from(id, 'base64url').toString('hex').slice(0, 20))
})
