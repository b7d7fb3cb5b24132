import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../db/schema.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, type Bench, type CallOptions } from '../bench.fixture.ts'
import { poolRoutes } from './routes.ts'

const zoneId = '44444444-2222-3333-4444-555555555555'

/** Backends alpha (ready), beta (disabled), gamma (silent), delta (failed); alpha also has a pool it stopped reporting. */
async function seed(db: Db, now: number): Promise<void> {
  await db
    .insertInto('availability_zones')
    .values({ id: zoneId, name: 'nova', created_at: now, updated_at: null })
    .execute()
  for (const [index, name] of ['alpha', 'beta', 'gamma', 'delta'].entries()) {
    const common = { availability_zone_id: zoneId, created_at: now }
    await db
      .insertInto('services')
      .values({
        id: index + 1,
        host: `node@${name}`,
        binary_name: 'manila-share',
        topic: 'share',
        disabled: name === 'beta' ? 1 : 0,
        disabled_reason: null,
        ensuring: null,
        stopped: 0,
        heartbeat_at: name === 'gamma' ? now - 100_000_000 : now,
        updated_at: null,
        ...common,
      })
      .execute()
    await db
      .insertInto('backends')
      .values({
        id: name,
        label: `node@${name}`,
        backend_name: name.toUpperCase(),
        reach: 'host',
        info_hash: null,
        health: name === 'delta' ? 'failed' : 'ready',
        health_reason: null,
        health_at: now,
        capabilities: '{}',
        ...common,
      })
      .execute()
    for (const pool of ['one', 'two', 'old']) {
      await db
        .insertInto('pools')
        .values({
          id: `${name}-${pool}`,
          backend_id: name,
          label: `node@${name}#${pool}`,
          name: pool,
          capabilities: JSON.stringify({
            storage_protocol: ['NFS', 'CIFS'],
            snapshot_support: pool === 'one',
          }),
          total_gib: pool === 'one' ? 100 : null,
          free_gib: pool === 'one' ? 60 : null,
          measured_at: now,
          placed_gib: 25,
          reported: pool === 'old' ? 0 : 1,
        })
        .execute()
    }
  }
  await db
    .insertInto('share_types')
    .values({ id: zoneId, name: 'snaps', description: null, is_public: 1, created_at: now, updated_at: null })
    .execute()
  await db
    .insertInto('share_type_extra_specs')
    .values({ share_type_id: zoneId, spec_key: 'snapshot_support', spec_value: '<is> True' })
    .execute()
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench(poolRoutes)
  await seed(bench.db, bench.clock.now())
})
afterAll(() => bench.close())

const call = (query: string, options: CallOptions = {}) =>
  bench.call('GET', `/scheduler-stats/pools${query}`, options)
const names = async (query: string, options: CallOptions = {}): Promise<string[]> =>
  (await call(query, options)).body.pools.map((pool: { name: string }) => pool.name)

describe('pools', () => {
  it('are those that may be given shares', async () => {
    const { body } = await call('')
    expect(body).toEqual({
      pools: [
        { name: 'node@alpha#one', host: 'node', backend: 'alpha', pool: 'one' },
        { name: 'node@alpha#two', host: 'node', backend: 'alpha', pool: 'two' },
      ],
    })
  })

  it('tell what they report, and what the ledger knows better', async () => {
    const { body } = await call('/detail')
    expect(body.pools[0].capabilities).toEqual({
      pool_name: 'one',
      share_backend_name: 'ALPHA',
      storage_protocol: 'NFS_CIFS',
      snapshot_support: true,
      total_capacity_gb: 100,
      free_capacity_gb: 60,
      allocated_capacity_gb: 25,
      provisioned_capacity_gb: 25,
    })
    expect(body.pools[1].capabilities.total_capacity_gb).toBe('unknown')
  })

  it.each([
    ['?pool=one', ['node@alpha#one']],
    ['?pool=o', ['node@alpha#one']],
    ['?pool=ne', []],
    ['?pool=.*ne%24', ['node@alpha#one']],
    ['?backend=al(pha%7Cbert)&pool=t%5Bv-x%5D.', ['node@alpha#two']],
    ['?host=node', ['node@alpha#one', 'node@alpha#two']],
    ['?host=.*&backend=.*&pool=.*', ['node@alpha#one', 'node@alpha#two']],
    ['?name=node@alpha', ['node@alpha#one', 'node@alpha#two']],
    ['?colour=red', []],
    ['?share_type=snaps', ['node@alpha#one']],
    [`?share_type=${zoneId}`, ['node@alpha#one']],
    ["?capabilities={'snapshot_support': 'False'}", ['node@alpha#two']],
    ["?capabilities={'storage_protocol': 'NFS_CIFS'}", ['node@alpha#one', 'node@alpha#two']],
    ["?capabilities={'storage_protocol': 'cifs'}", ['node@alpha#one', 'node@alpha#two']],
    ["?capabilities={'storage_protocol': 'NFS_HDFS'}", []],
  ])('%s gives %j', async (query, expected) => {
    expect(await names(query)).toEqual(expected)
    expect(await names(`/detail${query}`)).toEqual(expected)
  })

  it('know share_type since 2.23', async () => {
    expect(await names('?share_type=snaps', { version: 22 })).toEqual([])
    expect(await names('?share_type=snaps', { version: 23 })).toEqual(['node@alpha#one'])
  })

  it.each([
    '?host=(',
    '?pool=(%3F%3Da)',
    `?backend=${'a'.repeat(300)}`,
    '?share_type=none',
    '?capabilities=x',
  ])('refuse %s', async (query) => {
    const { status, body } = await call(query)
    expect(status).toBe(400)
    expect(body.badRequest.message).toMatch(/^(host|pool|backend|share_type|capabilities) /)
  })

  it('are for administrators', async () => {
    expect((await call('', { token: 'demo' })).status).toBe(403)
    expect((await call('/detail', { token: 'reader' })).status).toBe(403)
  })
})

routeLaws(
  'pools',
  poolRoutes,
  ['GET /scheduler-stats/pools 2.0–', 'GET /scheduler-stats/pools/detail 2.0–'],
  (inner) => seed(inner.db, inner.clock.now()),
)
