/** Shares that are asked for in the same moment are one statement on a server: everybody still sees only what is his. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBench, type Bench } from '../bench.fixture.ts'
import { seedShare } from '../seed.fixture.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
const shares: { readonly id: string; readonly owner: 'demo' | 'other'; readonly isPublic: boolean }[] = []

beforeAll(async () => {
  bench = await openBench(shareRoutes)
  for (let n = 0; n < 40; n++) {
    const [owner, isPublic] = [n % 2 === 0 ? ('demo' as const) : ('other' as const), n % 5 === 0]
    const { id } = await seedShare(bench, owner, { name: `share ${n}`, is_public: isPublic ? 1 : 0 })
    shares.push({ id, owner, isPublic })
  }
})
afterAll(() => bench.close())

test('shares asked for at once, by two projects and an administrator', async () => {
  const questions = shares.flatMap((share) =>
    (['demo', 'other', 'admin', 'demo'] as const).map((as) => ({ ...share, as })),
  )
  for (const version of [99, 8]) {
    const answers = await Promise.all(
      questions.map(async ({ id, as }) => {
        const { status, body } = await bench.call('GET', `/shares/${id}`, { token: as, version })
        return status === 200 ? (body.share as { id: string }).id : status
      }),
    )
    const expected = questions.map(({ id, owner, isPublic, as }) =>
      as === 'admin' || as === owner || isPublic ? id : 404,
    )
    expect(answers).toEqual(expected)
  }
})
