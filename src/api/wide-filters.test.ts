/** Filters with many pairs: one condition, twenty pairs, the same rows as one pair after the other. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accessRuleRoutes } from './access-rules/routes.ts'
import { poolRoutes } from './pools/routes.ts'
import { seedShare, seedSnapshot } from './seed.fixture.ts'
import { shareTypeRoutes } from './share-types/routes.ts'
import { shareRoutes } from './shares/routes.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { openBench, type Bench } from './bench.fixture.ts'

let bench: Bench
const keys = ['a', 'b', "c'd"]
const values = ['x', 'y ', 'Y']
type Pairs = Readonly<Record<string, string>>
/** Id → metadata, of each kind. */
const kept = {
  shares: new Map<string, Pairs>(),
  snapshots: new Map<string, Pairs>(),
  rules: new Map<string, Pairs>(),
}
let ruled = ''

beforeAll(async () => {
  bench = await openBench([
    ...shareRoutes,
    ...snapshotRoutes,
    ...accessRuleRoutes,
    ...shareTypeRoutes,
    ...poolRoutes,
  ])
  const dict = fc.dictionary(fc.constantFrom(...keys), fc.constantFrom(...values))
  const samples = fc.sample(dict, { numRuns: 30, seed: 7 })
  ruled = (await seedShare(bench)).id
  for (const [n, pairs] of samples.entries()) {
    const share = await seedShare(bench)
    const snapshot = await seedSnapshot(bench, share)
    const rule = bench.id()
    await bench.db
      .insertInto('access_rules')
      .values({
        id: rule,
        share_id: ruled,
        access_type: 'ip',
        access_to: `10.0.0.${n}`,
        canonical_to: `10.0.0.${n}`,
        access_level: 'rw',
        access_key: null,
        state: 'active',
        created_at: n,
        updated_at: null,
      })
      .execute()
    for (const [meta_key, meta_value] of Object.entries(pairs)) {
      const pair = { meta_key, meta_value }
      await bench.db
        .insertInto('share_metadata')
        .values({ share_id: share.id, ...pair })
        .execute()
      await bench.db
        .insertInto('snapshot_metadata')
        .values({ snapshot_id: snapshot.id, ...pair })
        .execute()
      await bench.db
        .insertInto('access_rule_metadata')
        .values({ access_rule_id: rule, ...pair })
        .execute()
    }
    kept.shares.set(share.id, pairs)
    kept.snapshots.set(snapshot.id, pairs)
    kept.rules.set(rule, pairs)
  }
  kept.shares.set(ruled, {})
})
afterAll(() => bench.close())

const literal = (pairs: Pairs): string =>
  `{${Object.entries(pairs)
    .map(([key, value]) => `"${key}": "${value}"`)
    .join(', ')}}`
const many = (count: number): Pairs =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']))

const lists = {
  shares: { path: '/shares?', key: 'shares', name: 'metadata' },
  snapshots: { path: '/snapshots?', key: 'snapshots', name: 'metadata' },
  rules: { path: () => `/share-access-rules?share_id=${ruled}&`, key: 'access_list', name: 'metadata' },
} as const
const get = (path: string, pairs: Pairs, name = 'metadata', token: 'demo' | 'admin' = 'demo') =>
  bench.call('GET', `${path}${name}=${encodeURIComponent(literal(pairs))}`, { token })

describe.each(Object.entries(lists))('%s', (kind, { path, key }) => {
  const where = () => (typeof path === 'string' ? path : path())

  test('answers exactly those that have every pair', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom(...keys, 'no'), fc.constantFrom(...values, 'X')),
        async (wanted) => {
          const { status, body } = await get(where(), wanted)
          expect(status).toBe(200)
          const expected = [...kept[kind as keyof typeof kept]].flatMap(([id, has]) =>
            Object.entries(wanted).every(([name, value]) => has[name] === value) ? [id] : [],
          )
          const ids = (body[key] as { id: string }[]).map(({ id }) => id)
          expect(new Set(ids)).toEqual(new Set(expected))
          expect(ids).toHaveLength(expected.length)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('takes twenty pairs; more are 400 with the field and the limit', async () => {
    expect((await get(where(), many(20))).status).toBe(200)
    for (const count of [21, 200]) {
      const { status, body } = await get(where(), many(count))
      expect([status, body.badRequest.message]).toEqual([
        400,
        `metadata must have at most 20 pairs; ${count} were given`,
      ])
    }
  })
})

test.each([
  ['/shares?', 'extra_specs'],
  ['/types?', 'extra_specs'],
  ['/scheduler-stats/pools?', 'capabilities'],
])('%s%s has the same limit', async (path, name) => {
  expect((await get(path, many(20), name, 'admin')).status).toBe(200)
  const { status, body } = await get(path, many(21), name, 'admin')
  expect([status, body.badRequest.message]).toEqual([
    400,
    `${name} must have at most 20 pairs; 21 were given`,
  ])
})

test('a query has a length and a number of parameters', async () => {
  const long = await bench.call('GET', `/shares?name=${'x'.repeat(8192)}`)
  expect([long.status, long.body.badRequest.message]).toEqual([
    400,
    'the query must have at most 8192 characters',
  ])
  const wide = await bench.call(
    'GET',
    `/shares?${Array.from({ length: 101 }, (_, n) => `p${n}=1`).join('&')}`,
  )
  expect([wide.status, wide.body.badRequest.message]).toEqual([
    400,
    'the query must have at most 100 parameters',
  ])
  expect((await bench.call('GET', `/shares?name=${'x'.repeat(8000)}`)).status).toBe(200)
})
