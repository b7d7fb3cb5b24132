/** A creation is answered from what it wrote, not from what it could read again. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openBench, type Bench } from '../bench.fixture.ts'
import { seedBackend, seedShare } from '../seed.fixture.ts'
import { shareTypeRoutes } from '../share-types/routes.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench([...shareTypeRoutes, ...shareRoutes])
})
afterEach(() => bench.close())

it.each([0, 8, 33, 79, 99])('at 2.%i the answer to a creation is what a show answers', async (version) => {
  await seedBackend(bench)
  const extra_specs = { driver_handles_share_servers: 'False', snapshot_support: 'True' }
  const type = { name: 'named', extra_specs }
  expect((await bench.call('POST', '/types', { body: { share_type: type } })).status).toBe(200)
  const { id: neighbour } = await seedShare(bench, 'demo')
  const { name: zone } = await bench.db
    .selectFrom('availability_zones')
    .select('name')
    .executeTakeFirstOrThrow()
  const wishes = [
    {},
    { share_type: 'named', name: 'called', description: 'told' },
    { share_type: 'named', availability_zone: zone, metadata: { colour: 'red', Weight: '7', a: ' ' } },
    ...(version < 65 ? [] : [{ scheduler_hints: { different_host: neighbour } }]),
  ]
  for (const wish of wishes) {
    const share = { share_proto: 'nfs', size: 2, ...wish }
    for (const token of ['demo', 'admin'] as const) {
      const made = await bench.call('POST', '/shares', {
        token,
        version,
        body: { share: { ...share, is_public: token === 'admin' } },
      })
      expect(made.status, JSON.stringify(made.body)).toBe(200)
      const { body } = await bench.call('GET', `/shares/${made.body.share.id}`, { token, version })
      expect(made.body).toEqual(body)
    }
  }
})
