/** Dry runs: what a create would be answered, what it costs, and nothing written. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { quotaRoutes } from '../quotas/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { shareTypeRoutes } from '../share-types/routes.ts'
import { shareRoutes } from '../shares/routes.ts'
import { openBench, personas, type Answer, type Bench, type Token } from '../bench.fixture.ts'
import { answerDryRuns, offerPools, plainPool } from './bench.fixture.ts'
import { placementRoutes } from './routes.ts'

const routes = [...placementRoutes, ...shareRoutes, ...shareTypeRoutes, ...quotaRoutes]

let bench: Bench
let silence: () => void
let typeId: string
beforeAll(async () => {
  bench = await openBench(routes, (settings) => {
    settings.shares.default_share_type = 'default'
    settings.quota.gigabytes = 50
    settings.quota.per_share_gigabytes = 40
  })
  const specs = { driver_handles_share_servers: 'False', 'provisioning:max_share_size': '30' }
  const made = await bench.call('POST', '/types', {
    body: { share_type: { name: 'default', extra_specs: specs } },
  })
  typeId = made.body.share_type.id as string
  const gold = {
    name: 'gold',
    extra_specs: { ...specs, share_backend_name: 'secret-backend', dedupe: '<is> True' },
  }
  await bench.call('POST', '/types', { body: { share_type: gold } })
})
afterAll(() => bench.close())
beforeEach(async () => {
  await offerPools(bench, [
    plainPool('host-one@alpha#p', { freeGib: 90 }),
    plainPool('host-one@beta#p', { freeGib: 60 }),
    plainPool('host-two@gamma#p', { freeGib: 1 }),
    plainPool('host-two@delta#p', { disabled: true }),
  ])
  silence?.()
  silence = answerDryRuns(bench)
})

const ask = (placement: object, token: Token = 'demo', version = 99): Promise<Answer> =>
  bench.call('POST', '/placements', {
    token,
    version,
    body: { placement: { share_proto: 'NFS', size: 2, ...placement } },
  })

const everything = async () => {
  const tables = [
    'shares',
    'share_instances',
    'share_metadata',
    'operations',
    'pool_claims',
    'quota_usages',
    'events',
    'idempotency_keys',
    'audit_events',
    'project_turns',
  ] as const
  const rows = await Promise.all(tables.map((table) => bench.db.selectFrom(table).selectAll().execute()))
  return Object.fromEntries(tables.map((table, index) => [table, rows[index]]))
}

describe('a dry run', () => {
  it('says that it fits, what it costs and what was refused, without a name of storage', async () => {
    const { status, body } = await ask({}, 'demo', 0)
    expect(status).toBe(200)
    expect(body).toEqual({
      placement: {
        fits: true,
        share_type: { id: typeId, name: 'default' },
        problems: [],
        quota: [
          { resource: 'shares', scope: 'project', limit: 50, in_use: 0, reserved: 0, charge: 1, fits: true },
          {
            resource: 'gigabytes',
            scope: 'project',
            limit: 50,
            in_use: 0,
            reserved: 0,
            charge: 2,
            fits: true,
          },
          {
            resource: 'per_share_gigabytes',
            scope: 'project',
            limit: 40,
            in_use: 0,
            reserved: 0,
            charge: 2,
            fits: true,
          },
        ],
        pools_that_fit: 2,
        message: null,
        refused: [
          { filter: 'service', count: 1, why: 'It is not ready at present.' },
          { filter: 'CapacityFilter', count: 1, why: 'It has no room for a share of this size.' },
        ],
      },
    })
    expect(JSON.stringify(body)).not.toMatch(/host-|alpha|beta|gamma|delta|GiB/)
  })

  it('shows administrators each pool, best first, with its figures', async () => {
    const { body } = await ask({}, 'admin')
    const told = body.placement.pools as {
      pool: string
      fits: boolean
      why: string | null
      weight: number | null
    }[]
    expect(told.map(({ pool, fits }) => `${pool} ${fits}`)).toEqual([
      'host-one@alpha#p true',
      'host-one@beta#p true',
      'host-two@delta#p false',
      'host-two@gamma#p false',
    ])
    expect(told[3]).toMatchObject({
      filter: 'CapacityFilter',
      why: 'Needs 2 GiB; 1 GiB free of 100 GiB.',
      weight: null,
    })
    expect(told[0]?.weight).toBeGreaterThan(told[1]?.weight ?? Infinity)
  })

  it('writes nothing, with an idempotency key and without, however often', async () => {
    const before = await everything()
    const body = { placement: { share_proto: 'NFS', size: 2, metadata: { a: 'b' } } }
    const headers = { 'idempotency-key': 'one' }
    for (let turn = 0; turn < 3; turn++) {
      expect((await bench.call('POST', '/placements', { token: 'demo', body, headers })).status).toBe(200)
    }
    // Another body under the same key: the key means nothing here.
    expect((await ask({ size: 3 })).status).toBe(200)
    await bench.trail.flush()
    expect(await everything()).toEqual(before)
  })

  it('is no change among those of a minute, and counts among requests', async () => {
    const strict = await openBench(routes, (settings) => {
      settings.api.changes_per_minute = 1
      settings.limits.project_requests_per_minute = 5
    })
    answerDryRuns(strict)
    const statuses = []
    for (let turn = 0; turn < 6; turn++) {
      const body = { placement: { share_proto: 'NFS', size: 1 } }
      statuses.push((await strict.call('POST', '/placements', { token: 'demo', body })).status)
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429])
    await strict.close()
  })

  it('hears every refusal at once, each as the create would say it alone', async () => {
    const wrong = {
      is_public: true,
      share_proto: 'HDFS',
      availability_zone: 'nowhere',
      share_network_id: 'n',
      snapshot_id: null,
      share_type: null,
      size: 31,
      mount_point_name: 'x',
      metadata: { __affinity_same_host: 'x' },
      scheduler_hints: { same_host: 'not-a-uuid' },
      encryption_key_ref: 'k',
      share_group_id: 'g',
    }
    const { body } = await ask(wrong)
    expect(body.placement).toMatchObject({ fits: false, pools_that_fit: null, refused: [] })
    const problems = body.placement.problems as {
      field: keyof typeof wrong
      status: number
      message: string
    }[]
    expect(problems.map(({ field, status }) => `${field} ${status}`)).toEqual([
      'is_public 403',
      'share_proto 400',
      'availability_zone 404',
      'share_group_id 404',
      'share_network_id 404',
      'size 400',
      'encryption_key_ref 400',
      'mount_point_name 400',
      'metadata 403',
      'scheduler_hints 400',
    ])
    for (const { field, status, message } of problems) {
      const share = { share_proto: 'NFS', size: 2, [field]: wrong[field] }
      const answer = await bench.call('POST', '/shares', { token: 'demo', body: { share } })
      const [fault] = Object.values(answer.body) as { message: string }[]
      expect([answer.status, fault?.message]).toEqual([status, message])
    }
  })

  it('says what quota refuses as the create does, and asks nobody where a tenant’s size would fit then', async () => {
    const asked = vi.spyOn(bench.bus, 'call')
    await bench.call('PUT', `/quota-sets/${personas.demo.projectId}`, {
      body: { quota_set: { gigabytes: 5, shares: 0 } },
    })
    await bench.call('PUT', `/quota-sets/${personas.demo.projectId}?share_type=default`, {
      body: { quota_set: { gigabytes: 4 } },
    })
    const { body } = await ask({ size: 6 })
    expect(body.placement).toMatchObject({ fits: false, pools_that_fit: null })
    const lines = body.placement.quota as { resource: string; scope: string; fits: boolean }[]
    expect(lines.map(({ resource, scope, fits }) => `${resource} ${scope} ${fits}`)).toEqual([
      'shares project false',
      'gigabytes project false',
      'gigabytes share_type false',
      'per_share_gigabytes project true',
    ])
    const created = await bench.call('POST', '/shares', {
      token: 'demo',
      body: { share: { share_proto: 'NFS', size: 6 } },
    })
    expect(created.status).toBe(413)
    expect(body.placement.problems).toEqual([
      { field: null, status: 413, message: created.body.overLimit.message as string },
    ])
    expect(asked).not.toHaveBeenCalled()
    asked.mockRestore()
    const large = await ask({ size: 41 }, 'admin')
    expect(large.body.placement.problems).toContainEqual({
      field: 'size',
      status: 413,
      message: 'Quota exceeded: one share may have at most 40 GiB, 41 GiB asked for.',
    })
    expect(large.body.placement.pools_that_fit).toBe(2)
    await bench.call('DELETE', `/quota-sets/${personas.demo.projectId}`)
    await bench.call('DELETE', `/quota-sets/${personas.demo.projectId}?share_type=default`)
  })

  it('asks about another project for administrators alone', async () => {
    const set = { quota_set: { gigabytes: 1 } }
    await bench.call('PUT', `/quota-sets/${personas.other.projectId}`, { body: set })
    const named = { project_id: personas.other.projectId }
    const mine = await ask(named, 'admin')
    expect(mine.body.placement.quota[1]).toMatchObject({ resource: 'gigabytes', limit: 1, fits: false })
    expect(mine.body.placement.problems[0]).toMatchObject({ field: 'size', status: 413 })
    expect((await ask(named)).status).toBe(403)
    expect((await ask(named, 'other')).status).toBe(200)
    expect((await ask({ project_id: personas.demo.projectId })).status).toBe(200)
    expect((await ask({}, 'reader')).status).toBe(403)
    await bench.call('DELETE', `/quota-sets/${personas.other.projectId}`)
  })

  it('says in words why nothing fits, and hides what a type hides', async () => {
    const tenant = (await ask({ share_type: 'gold' })).body.placement
    expect(tenant).toMatchObject({ fits: false, problems: [], pools_that_fit: 0 })
    expect(tenant.message).toContain('an administrator sees what')
    expect(JSON.stringify(tenant)).not.toMatch(/secret-backend|host-|alpha/)
    expect((await ask({ share_type: 'gold' }, 'admin')).body.placement.message).toContain('secret-backend')
  })

  it('finds a snapshot of the own project and its size, and no other’s', async () => {
    const share = await seedShare(bench, 'demo', { share_type_id: typeId }, { host: 'host-one@beta#p' })
    const snapshot = await seedSnapshot(bench, share, 'demo', { size: 7 })
    const own = (await ask({ snapshot_id: snapshot.id, size: null })).body.placement
    expect(own).toMatchObject({ fits: true, pools_that_fit: 1, problems: [] })
    expect(own.quota[1]).toMatchObject({ resource: 'gigabytes', charge: 7 })
    const foreign = (await ask({ snapshot_id: snapshot.id, size: null }, 'other')).body.placement
    expect(foreign.problems).toEqual([
      {
        field: 'snapshot_id',
        status: 404,
        message: `ShareSnapshotNotFound: Snapshot ${snapshot.id} could not be found.`,
      },
    ])
  })

  it('has the fields and behaviours of a create at its microversion', async () => {
    // Unknown to a create of 2.64, which passes hints over.
    expect((await ask({ scheduler_hints: { same_host: 'x' } }, 'demo', 64)).body.placement.fits).toBe(true)
    expect((await ask({ scheduler_hints: { same_host: 'x' } }, 'demo', 65)).body.placement.fits).toBe(false)
  })

  it('answers 503 when no scheduler does, and when one can’t', async () => {
    silence()
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const silent = ask({})
    await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0))
    await vi.advanceTimersByTimeAsync(5000)
    vi.useRealTimers()
    const sentence = 'The scheduler does not answer: ask again in a moment.'
    expect((await silent).status).toBe(503)
    expect(JSON.stringify((await silent).body)).toContain(sentence)
    const stop = bench.bus.answer('scheduler', 'placement.try', () =>
      Promise.reject(new Error('pool h@b#p broke')),
    )
    const broken = await ask({})
    expect([broken.status, JSON.stringify(broken.body).includes('h@b#p')]).toEqual([503, false])
    stop()
  })

  it('costs as many statements with one pool as with forty: seven', async () => {
    const statements = async (): Promise<number> => {
      const spy = vi.spyOn(bench.store.db.getExecutor(), 'executeQuery')
      try {
        expect((await ask({})).status).toBe(200)
        return spy.mock.calls.length
      } finally {
        spy.mockRestore()
      }
    }
    await offerPools(bench, [plainPool('h0@a#p')])
    const one = await statements()
    await offerPools(
      bench,
      Array.from({ length: 40 }, (_, n) => plainPool(`h${n}@a#p`)),
    )
    expect([one, await statements()]).toEqual([7, 7])
  })
})

routeLaws('placements', placementRoutes, ['POST /placements 2.0–'], async (inner) => {
  answerDryRuns(inner)
  await offerPools(inner, [plainPool('h@a#p')])
  return { words: ['NFS', 'default', 'nova'] }
})
