/** A cookie alone opens nothing. Each test is one defence: with it taken out, the test named after it fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
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
