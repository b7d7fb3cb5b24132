/**
 * What must be true of every route, tried on each route of a list: it is there exactly at the versions of a table that is
 * written by hand from the reference, with and without
 * a project in the URL; it wants a token; its policy rule refuses a caller without roles; and whatever is sent to it, the
 * answer is not a 5xx and every refusal is a sentence. Each `routes.test.ts` calls {@link routeLaws}.
 */
import * as fc from 'fast-check'
import type { TSchema } from 'typebox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxMinor } from '../model/version.ts'
import type { Endpoint } from '../wire/endpoint.ts'
import type { Route } from './route.ts'
import { openBench, personas, type Bench } from './bench.fixture.ts'

/** What `prepare` put there. */
export interface Prepared {
  /** For the parameters of paths, by name. */
  readonly params?: Readonly<Record<string, readonly string[]>>
  /** For strings in bodies. */
  readonly words?: readonly string[]
}

/** `prepare` may put rows into the bench, so that the arbitrary requests meet something. */
export function routeLaws(
  name: string,
  routes: readonly Route[],
  /** `method path [action] first–last`, in the order of the routes; `last` is left out while it lives. */
  table: readonly string[],
  prepare: (bench: Bench) => Promise<Prepared | void>,
): void {
  const endpoints = routes.map((route) => route.endpoint)
  describe(`${name}: laws of every route`, () => {
    it('is the table of the reference', () => {
      expect(endpoints.map(line)).toEqual(table)
    })

    describe.each(endpoints)('$id', (endpoint) => {
      let bench: Bench
      let known: Prepared = {}
      beforeAll(async () => {
        bench = await openBench(routes)
        known = (await prepare(bench)) ?? {}
      })
      afterAll(() => bench.close())
      const path = endpoint.path.replaceAll(/:\w+/g, () => '11111111-2222-3333-4444-555555555555')
      const body =
        endpoint.method === 'GET' ? undefined : endpoint.action === undefined ? {} : { [endpoint.action]: {} }
      const first = endpoint.since ?? 0
      const last = Math.min(endpoint.until ?? maxMinor, maxMinor)
      const at = (version: number, prefix = '') =>
        bench.call(endpoint.method, prefix + path, { version, body, token: 'nobody', experimental: true })

      it('exists at its versions only', async () => {
        const outside = [first - 1, last + 1].filter((minor) => minor >= 0 && minor <= maxMinor)
        for (const minor of outside) {
          if (endpoints.some((other) => sameRequest(endpoint, other) && lives(other, minor))) continue
          const { status, body: reply } = await at(minor)
          expect([minor, status, reply.itemNotFound?.message]).toEqual([
            minor,
            404,
            'The resource could not be found.',
          ])
        }
        if (endpoint.policy === null) return
        for (const minor of [first, last]) expect([minor, (await at(minor)).status]).toEqual([minor, 403])
      })

      it('is refused by its policy and with a project in the URL alike', async () => {
        if (endpoint.policy === null) return
        const { status, body: reply } = await at(last, `/${personas.nobody.projectId}`)
        expect(status).toBe(403)
        expect(reply.forbidden.message).toContain(endpoint.policy)
        expect((await at(last, `/${personas.other.projectId}`)).status).toBe(400)
      })

      it('wants a token', async () => {
        const { status } = await bench.call(endpoint.method, path, { version: last, body, token: null })
        expect(status).toBe(401)
      })

      it('answers anything with less than 500', async () => {
        await fc.assert(
          fc.asyncProperty(
            requests(endpoint, known),
            fc.integer({ min: first, max: last }),
            async (sent, minor) => {
              const token = sent.asAdmin ? 'admin' : 'demo'
              const { status, body: reply } = await bench.call(endpoint.method, sent.path, {
                version: minor,
                token,
                body: sent.body,
                experimental: true,
              })
              expect(status).toBeLessThan(500)
              if (status < 400) return
              const [fault] = Object.values(reply) as { code: number; message: string }[]
              expect(fault?.code).toBe(status)
              expect(fault?.message).toMatch(/\w+ \w+/)
            },
          ),
          { numRuns: 50 },
        )
      })
    })
  })
}

function line({ method, path, action, since = 0, until }: Endpoint): string {
  return [
    method,
    path,
    ...(action === undefined ? [] : [action]),
    `2.${since}–${until === undefined ? '' : `2.${until}`}`,
  ].join(' ')
}

const lives = (endpoint: Endpoint, minor: number): boolean =>
  minor >= (endpoint.since ?? 0) && minor <= (endpoint.until ?? maxMinor)

const sameRequest = (a: Endpoint, b: Endpoint): boolean =>
  a.method === b.method && a.path === b.path && a.action === b.action

// ------------------------------------------------------------------------------------------------ arbitrary requests

interface Sent {
  readonly path: string
  readonly body: unknown
  readonly asAdmin: boolean
}

const nasty = fc.constantFrom<unknown>(
  null,
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '9'.repeat(400),
  '-1',
  '1e400',
  'x'.repeat(300),
  '__proto__',
  'constructor',
  "'; drop table shares; --",
  '%',
  '(a+)+$',
  "{'a': 'b'}",
  'NaN',
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  [],
  ['a'],
  {},
  { toString: 'x' },
  { constructor: { prototype: 1 } },
)

function requests(endpoint: Endpoint, { params: known = {}, words = [] }: Prepared): fc.Arbitrary<Sent> {
  const names = [...endpoint.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
  const param = (name: string): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...(known[name] ?? ['11111111-2222-3333-4444-555555555555'])) },
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.constantFrom('\0', '%', 'x'.repeat(300), '__proto__', '..', '1'),
    )
  const inner =
    endpoint.body === undefined
      ? fc.anything()
      : fitting(endpoint.body, [...words, ...Object.values(known).flat()])
  const bodies =
    endpoint.method === 'GET'
      ? fc.constant(undefined)
      : fc.oneof(
          {
            weight: 6,
            arbitrary:
              endpoint.action === undefined ? inner : inner.map((v) => ({ [endpoint.action ?? '']: v })),
          },
          nasty,
          fc.constantFrom('{', '{"a":', '{"__proto__": 1}', '['.repeat(2000)),
        )
  return fc
    .record({
      params: fc.tuple(...names.map(param)),
      query: fc.dictionary(
        queryKey(endpoint),
        fc.oneof(
          nasty.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
          fc.string(),
        ),
        { maxKeys: 4 },
      ),
      body: bodies,
      asAdmin: fc.constantFrom(true, true, true, false),
    })
    .map(({ params, query, body, asAdmin }) => {
      let index = 0
      const path = endpoint.path.replaceAll(/:\w+/g, () => encoded(params[index++] ?? ''))
      const pairs = Object.entries(query).map(([key, value]) => `${encoded(key)}=${encoded(value)}`)
      return { path: pairs.length === 0 ? path : `${path}?${pairs.join('&')}`, body: json(body), asAdmin }
    })
}

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

/** A lone surrogate survives as an escape in JSON. */
function json(body: unknown): unknown {
  if (body === undefined || typeof body === 'string') return body
  return (
    JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)) ??
    'null'
  )
}

function queryKey(endpoint: Endpoint): fc.Arbitrary<string> {
  const named = Object.keys((endpoint.query as { properties?: object } | undefined)?.properties ?? {})
  return fc.oneof(
    fc.constantFrom(
      'limit',
      'offset',
      'marker',
      'sort_key',
      'sort_dir',
      'all_tenants',
      'name',
      'x',
      ...named,
    ),
    fc.string({ maxLength: 5 }),
  )
}

interface Shape {
  readonly type?: string
  readonly properties?: Readonly<Record<string, TSchema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly TSchema[]
  readonly pattern?: string
  readonly minimum?: number
  readonly maximum?: number
}

const patterned = [
  'true',
  'No',
  '1',
  '-1',
  '42',
  '11111111-2222-3333-4444-555555555555',
  personas.demo.projectId,
]

/** Values that often fit the schema and often almost do: about one field of each object is not what it should be. */
function fitting(schema: TSchema, words: readonly string[]): fc.Arbitrary<unknown> {
  const shape = schema as Shape
  if (shape.properties !== undefined) {
    const { properties, required = [] } = shape
    const field = (key: string, nastiness: number) =>
      fc.oneof(
        { weight: 10, arbitrary: fitting(properties[key] as TSchema, words) },
        { weight: nastiness, arbitrary: nasty },
      )
    const withKeys = (keys: readonly string[], nastiness: number) =>
      fc.record(Object.fromEntries(keys.map((key) => [key, field(key, nastiness)])))
    const optional = Object.keys(properties).filter((key) => !required.includes(key))
    const few = fc.shuffledSubarray(optional, { maxLength: Math.min(3, optional.length) })
    const whole = few.chain((keys) => withKeys([...required, ...keys], 1))
    return fc.oneof(
      { weight: 12, arbitrary: whole },
      few.chain((keys) => withKeys(keys, 5)),
      whole.map((value) => ({ ...value, surplus: 1 })),
      nasty,
    )
  }
  if (shape.anyOf !== undefined) return fc.oneof(...shape.anyOf.map((inner) => fitting(inner, words)))
  if (shape.pattern !== undefined) {
    const pattern = new RegExp(shape.pattern)
    const samples = patterned.filter((sample) => pattern.test(sample))
    // Generating from a pattern is slow; most of ours have a sample.
    const matching = samples.length > 0 ? fc.constantFrom(...samples) : fc.stringMatching(pattern)
    return fc.oneof({ weight: 6, arbitrary: matching }, fc.string())
  }
  if (shape.type === 'string') {
    return fc.oneof({ weight: 4, arbitrary: fc.constantFrom('nova', 'some name', ...words) }, fc.string())
  }
  if (shape.type === 'integer') {
    const { minimum = -2, maximum = 200 } = shape
    const small = fc.integer({ min: minimum, max: Math.min(maximum, 200) })
    return fc.oneof({ weight: 6, arbitrary: small }, fc.integer())
  }
  if (shape.type === 'boolean') return fc.boolean()
  if (shape.type === 'null') return fc.constant(null)
  if (shape.type === 'object') return extraSpecs
  return nasty
}

/** Free keys: the ones that mean something, and any. */
const extraSpecs = fc.oneof(
  fc.record(
    {
      driver_handles_share_servers: fc.constantFrom<unknown>('True', false, '<is> False'),
      snapshot_support: fc.boolean(),
      'vendor:key': fc.string({ minLength: 1, maxLength: 300 }),
    },
    { requiredKeys: ['driver_handles_share_servers'] },
  ),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), nasty), { maxKeys: 4 }),
)
