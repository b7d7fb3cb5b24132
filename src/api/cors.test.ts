import { afterEach, describe, expect, test } from 'vitest'
import { routes } from './routes.ts'
import { openBench, type Bench } from './bench.fixture.ts'

let bench: Bench
afterEach(() => bench.close())
const origin = 'https://dashboard.example.org'
const open = async (origins: string[]): Promise<void> => {
  bench = await openBench(routes, (settings) => void (settings.api.cors.origins = origins))
}
const ask = (method: 'GET' | 'OPTIONS', headers: Record<string, string>) =>
  bench.app.inject({ method, url: '/v2/shares', headers })
const preflight = {
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'x-auth-token',
}
const allowed = (headers: Record<string, unknown>): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control'))

describe('a page of a listed origin', () => {
  test('may ask with a token, and may read what clients read', async () => {
    await open([origin])
    const reply = await ask('GET', { origin, 'x-auth-token': 'admin' })
    expect(reply.statusCode).toBe(200)
    expect(reply.headers['access-control-allow-origin']).toBe(origin)
    expect(reply.headers['access-control-expose-headers']).toContain('X-OpenStack-Request-ID')
    expect(reply.headers.vary).toBe('X-OpenStack-Manila-API-Version, X-Auth-Token, Cookie, Origin')
    // A refusal, too: the page has to be able to say why.
    const refused = await ask('GET', { origin })
    expect([refused.statusCode, refused.headers['access-control-allow-origin']]).toEqual([401, origin])
  })

  test('is told beforehand what it may send, without a token', async () => {
    await open([origin])
    const reply = await ask('OPTIONS', { origin, ...preflight })
    expect(reply.statusCode).toBe(204)
    expect(reply.headers['access-control-allow-methods']).toContain('POST')
    expect(reply.headers['access-control-allow-headers']).toContain('X-Auth-Token')
    expect(reply.headers['access-control-max-age']).toBe('600')
  })

  test('never sends credentials of the browser', async () => {
    await open([origin])
    for (const reply of [
      await ask('GET', { origin, 'x-auth-token': 'admin' }),
      await ask('OPTIONS', { origin, ...preflight }),
    ]) {
      expect(reply.headers).not.toHaveProperty('access-control-allow-credentials')
    }
  })
})

test.each([
  'https://evil.example',
  'https://dashboard.example.org.evil.example',
  'https://dashboard.example.org:444',
  'http://dashboard.example.org',
  'https://evil.dashboard.example.org',
  'HTTPS://dashboard.example.org',
  'null',
  '*',
  '',
])('a page of %j gets no word', async (other) => {
  await open([origin])
  for (const method of ['GET', 'OPTIONS'] as const) {
    const reply = await ask(method, { origin: other, 'x-auth-token': 'admin', ...preflight })
    expect(allowed(reply.headers)).toEqual([])
    // A cache keeps it for nobody of another origin.
    expect(reply.headers.vary).toContain('Origin')
  }
})

test('where none is listed nothing is different', async () => {
  await open([])
  const reply = await ask('GET', { origin, 'x-auth-token': 'admin' })
  expect(allowed(reply.headers)).toEqual([])
  expect(reply.headers.vary).toBe('X-OpenStack-Manila-API-Version, X-Auth-Token, Cookie')
  expect((await ask('OPTIONS', { origin, ...preflight })).statusCode).toBe(401)
})
