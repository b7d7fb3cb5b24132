/** What holds for every route at the border: how a URL may be spelled, what may be kept, how fast changes may come. */
import * as fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allowsCall } from '../auth/access-rules.ts'
import type { PresentedCall } from '../auth/verifier.ts'
import type { AuthManager } from '../auth/manager.ts'
import { Policy } from '../policy/enforce.ts'
import { personas, openBench, type Bench } from './bench.fixture.ts'
import { routes } from './routes.ts'
import { buildServer } from './server.ts'

let bench: Bench
let app: FastifyInstance
/** Of the last request: what its token was checked against, and which route ran. */
let presented: PresentedCall | null
let ran: { readonly url: string; readonly params: Readonly<Record<string, string>> } | null

beforeAll(async () => {
  bench = await openBench(routes)
  const auth = {
    verify: (_token: string, call: PresentedCall) => {
      presented = call
      return Promise.resolve(personas.demo)
    },
  } as unknown as AuthManager
  const { store, clock, bus, settings } = bench
  const log = pino({ level: 'silent' })
  app = buildServer({ store, clock, bus, settings, routes, auth, log, policy: new Policy({ clock }) })
  app.addHook('preHandler', async (request) => {
    const { url } = request.routeOptions
    ran = url === undefined ? null : { url, params: request.params as Record<string, string> }
  })
  await app.ready()
})
afterAll(async () => {
  await app.close()
  await bench.close()
})

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

async function send(method: Method, url: string): Promise<void> {
  presented = null
  ran = null
  // A stream of events has no end to wait for.
  const reply = await app.inject({
    method,
    url,
    headers: { 'x-auth-token': 'demo' },
    payloadAsStream: true,
  })
  reply.stream().destroy()
}

// ------------------------------------------------------------------------------------------------------ spellings

const id = '7a0f2b34-5a3c-4c0e-9d52-1d1f3a5f7c11'
const values = fc.constantFrom(id, 'x', 'detail', 'a b', 'a/b', 'ä', '..', '.', '*', '**', 'x.json')

/** A route and the values in its path. */
const endpoint = fc.constantFrom(...routes.map((one) => one.endpoint)).chain(({ method, path }) =>
  fc.record({
    method: fc.constant(method as Method),
    template: fc.constant(`/v2${path}`),
    filled: fc.array(values, { minLength: 3, maxLength: 3 }),
  }),
)

/** Ways to write a URL that a router, or somebody in between, may take for the same. */
const spelling = fc.record({
  project: fc.constantFrom('', personas.demo.projectId, personas.other.projectId),
  json: fc.boolean(),
  slash: fc.constantFrom('', '', '/', '//', '/.', '/..', '/.json'),
  query: fc.constantFrom('', '?limit=1', '?/v2/types', '?x=.json'),
  escape: fc.nat(6),
  upper: fc.boolean(),
  doubled: fc.nat(8),
})

function spelled(path: string, style: typeof spelling extends fc.Arbitrary<infer T> ? T : never): string {
  const segments = path.split('/')
  if (style.project !== '') segments.splice(2, 0, style.project)
  const at = style.escape
  const escaped = segments.map((segment, i) =>
    i === at && segment !== ''
      ? `%${segment.charCodeAt(0).toString(16).padStart(2, '0')}${segment.slice(1)}`
      : segment,
  )
  const doubled = escaped.flatMap((segment, i) => (i === style.doubled ? ['', segment] : [segment]))
  const text = doubled.join('/')
  return `${style.upper ? text.toUpperCase() : text}${style.json ? '.json' : ''}${style.slash}${style.query}`
}

const encode = (template: string, filled: readonly string[]): string => {
  let next = 0
  return template
    .split('/')
    .map((segment) => (segment.startsWith(':') ? encodeURIComponent(filled[next++] ?? 'x') : segment))
    .join('/')
}

/** Rules as people write them, and as somebody would who wants more than they say. */
const rules = [
  ...new Set(
    routes.flatMap(({ endpoint: { path } }) => {
      const named = `/v2${path}`.replaceAll(/:(\w+)/g, '{$1}')
      return [
        named,
        `${named}/**`,
        named.replaceAll(/\{\w+\}/g, '*'),
        named.replace('/v2', '/v2/{project_id}'),
        `${named}/`,
        `${named}.json`,
      ]
    }),
  ),
  '/v2/**',
  '/v2/shares/.json',
  `/v2/${personas.demo.projectId}/**`,
  '/v2/{project_id}/**',
]

const matches = (
  rule: string,
  method: string,
  call: { path: string; pathIn?: (id: string) => string },
): boolean =>
  allowsCall([{ id: '1', path: rule, method, service: 'sharev2' }], {
    method,
    service: 'shared-file-system',
    paths: [call.path, ...(call.pathIn === undefined ? [] : [call.pathIn(personas.demo.projectId)])],
  })

describe('however a URL is spelled', () => {
  test('a rule allows the route that runs, or does not', async () => {
    const reached = new Set<string>()
    await fc.assert(
      fc.asyncProperty(endpoint, spelling, async ({ method, template, filled }, style) => {
        await send(method, spelled(encode(template, filled), style))
        if (ran === null || presented === null) return
        reached.add(ran.url)
        // Written once more, plainly.
        const plain = ran
        const names = [...plain.url.matchAll(/:(\w+)/g)].map(([, name]) => plain.params[name ?? ''] ?? '')
        const canonical = encode(plain.url, names)
        const inProject = canonical.replace('/v2', `/v2/${personas.demo.projectId}`)
        const call = presented
        for (const rule of rules) {
          const asSent = matches(rule, method, call)
          const asPlain = matches(rule, method, { path: canonical, pathIn: () => inProject })
          expect([rule, asSent]).toEqual([rule, asPlain])
        }
      }),
      { numRuns: 600 },
    )
    expect(reached.size).toBeGreaterThan(20)
  })

  test.each([
    ['/v2/shares/.json', '/v2/shares'],
    ['/v2/shares/', '/v2/shares'],
    ['/v2/shares.json', '/v2/shares'],
    ['/v2/%73hares', '/v2/shares'],
    [`/v2/${personas.demo.projectId}/shares`, '/v2/shares'],
    [`/v2/shares/${id}.json`, `/v2/shares/${id}`],
    [`/v2/shares/%37a0f2b34-5a3c-4c0e-9d52-1d1f3a5f7c11`, `/v2/shares/${id}`],
  ])('%s is %s', async (url, path) => {
    await send('GET', url)
    expect(presented?.path).toBe(path)
    expect(presented?.pathIn?.('p')).toBe(path.replace('/v2', '/v2/p'))
  })

  test('a rule for what is below the shares makes none', async () => {
    for (const url of ['/v2/shares/.json', '/v2/shares/', '/v2/shares']) {
      await send('POST', url)
      expect([url, ran?.url]).toEqual([url, '/v2/shares'])
      expect(matches('/v2/shares/**', 'POST', presented ?? { path: '' })).toBe(false)
      expect(matches('/v2/shares', 'POST', presented ?? { path: '' })).toBe(true)
      expect(matches('/v2/{project_id}/shares', 'POST', presented ?? { path: '' })).toBe(true)
    }
  })
})

// ------------------------------------------------------------------------------------------------ what may be kept

test('nobody in between keeps what one caller may see, whatever the answer is', async () => {
  const urls = [
    ...new Set(
      routes.map(({ endpoint: { method, path } }) => `${method} /v2${path.replaceAll(/:\w+/g, id)}`),
    ),
  ]
  for (const one of [...urls, 'GET /v2', 'GET /v2/', 'GET /v2/none', 'POST /v2/none']) {
    const [method, url] = one.split(' ') as [Method, string]
    for (const headers of [{}, { 'x-auth-token': 'demo' }]) {
      // A stream of events has no end to wait for.
      const reply = await bench.app.inject({ method, url, headers, payloadAsStream: true })
      const { headers: got, statusCode } = reply
      reply.stream().destroy()
      expect([one, statusCode, got['cache-control'], got.vary]).toEqual([
        one,
        expect.any(Number),
        'no-store',
        'X-OpenStack-Manila-API-Version, X-Auth-Token, Cookie',
      ])
    }
  }
  const { headers } = await bench.app.inject({ url: '/' })
  expect(headers['cache-control']).toBeUndefined()
})

test('a 401 names no host that the caller sent', async () => {
  const { headers, statusCode } = await bench.app.inject({
    url: '/v2/shares',
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  })
  expect([statusCode, headers['www-authenticate']]).toEqual([401, 'Keystone uri="http://localhost/identity"'])
})

// --------------------------------------------------------------------------------------------- how fast it may come

test('a project changes so much a minute; reads, other projects and administrators are not counted', async () => {
  const slow = await openBench(routes, (settings) => {
    settings.api.changes_per_minute = 5
  })
  const change = (token: 'demo' | 'other' | 'admin') =>
    slow
      .call('DELETE', `/shares/${id}`, { token })
      .then(({ status, headers, body }) => ({ status, headers, body }))
  for (let i = 0; i < 5; i++) expect((await change('demo')).status).toBe(404)
  const refused = await change('demo')
  expect([refused.status, refused.headers['retry-after'], refused.body]).toEqual([
    429,
    '12',
    { overLimit: { code: 429, message: 'Too many changes by this project in a minute.' } },
  ])
  // Whoever may not change anything uses nothing up.
  expect((await slow.call('DELETE', `/shares/${id}`, { token: 'nobody' })).status).toBe(403)
  expect((await slow.call('GET', '/shares', { token: 'demo' })).status).toBe(200)
  expect((await change('other')).status).toBe(404)
  for (let i = 0; i < 10; i++) expect((await change('admin')).status).toBe(404)
  slow.clock.advance(12)
  expect((await change('demo')).status).toBe(404)
  await slow.close()
})
