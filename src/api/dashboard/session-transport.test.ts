/** Over what a session may go: plain HTTP, a proxy, TLS. Each test is one defence: with it taken out, the test named after it fails. */
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
const rows = () => world.bench.store.db.selectFrom('dashboard_sessions').selectAll().execute()

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
