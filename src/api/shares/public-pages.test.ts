/** Own shares and public ones in one list: its pages, put together, are the whole of it, in its order, whichever way they are cut. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBench, type Bench } from '../bench.fixture.ts'
import { seedShare } from '../seed.fixture.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
let expected: string[]

beforeAll(async () => {
  bench = await openBench(shareRoutes)
  const seen: string[] = []
  for (let n = 0; n < 24; n++) {
    const owner = n % 3 === 0 ? 'demo' : 'other'
    const is_public = n % 4 < 2 ? 1 : 0
    const share = {
      name: n % 5 === 0 ? null : `name-${n % 7}`,
      size: 1 + (n % 3),
      is_public,
      created_at: 1_000_000 * (n % 10),
      is_soft_deleted: n % 11 === 10 ? 1 : 0,
    } as const
    const { id } = await seedShare(bench, owner, share)
    if (share.is_soft_deleted === 0 && (owner === 'demo' || is_public === 1)) seen.push(id)
  }
  expected = seen.toSorted()
})
afterAll(() => bench.close())

const list = async (query: string): Promise<string[]> => {
  const { status, body } = await bench.call('GET', `/shares?is_public=true&${query}`, { token: 'demo' })
  expect(status).toBe(200)
  return (body.shares as { id: string }[]).map(({ id }) => id)
}

test('any pages of any order are parts of the same list', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('created_at', 'name', 'size', 'updated_at', 'share_proto'),
      fc.constantFrom('asc', 'desc'),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 9 }),
      async (key, dir, limit, offset) => {
        const order = `sort_key=${key}&sort_dir=${dir}`
        const whole = await list(`${order}&limit=1000`)
        expect(whole.toSorted()).toEqual(expected)
        const walked: string[] = []
        for (let page = await list(`${order}&limit=${limit}`); page.length > 0;) {
          walked.push(...page)
          page = await list(`${order}&limit=${limit}&marker=${page.at(-1)}`)
        }
        expect(walked).toEqual(whole)
        expect(await list(`${order}&limit=${limit}&offset=${offset}`)).toEqual(
          whole.slice(offset, offset + limit),
        )
      },
    ),
    { numRuns: 40 },
  )
})

test('a filter holds for both, and the count is of both', async () => {
  const named = await list('name=name-1&limit=100')
  expect(named.length).toBeGreaterThan(1)
  const { body } = await bench.call('GET', '/shares?is_public=true&limit=2&with_count=true', {
    token: 'demo',
  })
  expect([body.count, body.shares.length]).toEqual([expected.length, 2])
})

test('a marker that only its owner sees is none', async () => {
  const { id } = await seedShare(bench, 'other')
  const { status } = await bench.call('GET', `/shares?is_public=true&limit=2&marker=${id}`, { token: 'demo' })
  expect(status).toBe(400)
})
