/** A dry run says what the scheduler then does: random pools, requests and settings. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tx } from '../../db/schema.ts'
import { StepFailure } from '../../engine/operation.ts'
import { claimPool } from '../../scheduler/ledger.ts'
import { placedType } from '../../db/store/share-types.ts'
import { requestFor } from '../../scheduler/new-share-request.ts'
import { claimOptions } from '../../scheduler/operations/parts.ts'
import { placementRoutes } from './routes.ts'
import { shareRoutes } from '../shares/routes.ts'
import { shareTypeRoutes } from '../share-types/routes.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, personas, type Bench } from '../bench.fixture.ts'
import { answerDryRuns, offerPools, placeNow, plainPool, type PoolRow } from './bench.fixture.ts'

const labels = ['h1@a#1', 'h1@b#1', 'h2@c#1', 'h2@d#1', 'h3@e#1']
const label = fc.constantFrom(...labels)

/** The first one of these once in nine times. */
const rarely = <T>(odd: T, ...usual: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 1, arbitrary: fc.constant(odd) }, { weight: 8, arbitrary: fc.constantFrom(...usual) })

const anyPool: fc.Arbitrary<PoolRow> = fc
  .record({
    label,
    totalGib: fc.option(fc.integer({ min: 20, max: 90 }), { freq: 9 }),
    freeGib: fc.option(fc.integer({ min: 10, max: 90 }), { freq: 9 }),
    placedGib: fc.integer({ min: 0, max: 30 }),
    claimedGib: fc.constantFrom(0, 0, 3, 20),
    disabled: rarely(true, false),
    ready: rarely(false, true),
    closed: rarely('It is being emptied.', null),
    capabilities: fc.record({
      storage_protocol: rarely<string | string[]>('CIFS', ['NFS', 'CIFS'], 'NFS'),
      thin_provisioning: fc.boolean(),
      max_over_subscription_ratio: fc.constantFrom(0.5, 1, 2, 20),
      reserved_percentage: fc.constantFrom(0, 10),
      snapshot_support: fc.boolean(),
      create_share_from_snapshot_support: fc.constant(true),
      replication_domain: fc.constantFrom(null, 'east', 'west'),
      filter_function: rarely('share.size < 5', null),
      goodness_function: fc.constantFrom('10', 'stats.free_capacity_gb'),
    }),
  })
  .map((changes) => plainPool(changes.label, changes))

const sometimes = fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, label)

const anyRun = fc.record({
  pools: fc.uniqueArray(anyPool, { selector: (pool) => pool.label, minLength: 1, maxLength: 5 }),
  size: fc.integer({ min: 1, max: 15 }),
  protocol: rarely('CIFS', 'NFS'),
  type: rarely<string | null>(null, 'snaps', 'thick', 'plain', 'plain', 'plain'),
  zone: fc.constantFrom(null, null, 'nova'),
  snapshotOn: sometimes,
  near: sometimes,
  awayFrom: sometimes,
  anyZone: fc.boolean(),
  filters: fc.constantFrom<string[]>([], [], [], ['CapabilitiesFilter'], ['JsonFilter', 'CapacityFilter']),
  query: fc.constantFrom(null, '["=", "$backend_name", "a"]'),
  weight: fc.constantFrom(1, -1),
})
type Run = typeof anyRun extends fc.Arbitrary<infer T> ? T : never

let bench: Bench
let stop: () => void
beforeAll(async () => {
  bench = await openBench([...placementRoutes, ...shareRoutes, ...shareTypeRoutes], (settings) => {
    settings.shares.enabled_share_protocols = ['NFS', 'CIFS']
    settings.quota.shares = -1
    settings.quota.gigabytes = -1
  })
  stop = answerDryRuns(bench)
  await offerPools(bench, [plainPool('h1@a#1')])
  const specs = { driver_handles_share_servers: 'False' }
  for (const [name, more] of Object.entries({
    plain: {},
    snaps: { snapshot_support: 'True', create_share_from_snapshot_support: 'True', dedupe: '<is> True' },
    thick: { thin_provisioning: 'False' },
  })) {
    const body = { share_type: { name, extra_specs: { ...specs, ...more } } }
    expect((await bench.call('POST', '/types', { body })).status).toBe(200)
  }
})
afterAll(async () => {
  stop()
  await bench.close()
})

const typeId = async (name: string | null): Promise<string | null> =>
  name === null
    ? null
    : (
        await bench.db
          .selectFrom('share_types')
          .select('id')
          .where('name', '=', name)
          .executeTakeFirstOrThrow()
      ).id

const typeOf = async (name: string | null) => placedType(bench.db, await typeId(name))

class Undo extends Error {}

/** What the ledger does with the request on one pool alone; nothing of it stays. */
async function claimAlone(request: Awaited<ReturnType<typeof requestFor>>, only: string) {
  let refusal: unknown = null
  const attempt = async (tx: Tx): Promise<never> => {
    const options = { ...claimOptions({ ...bench, random: () => 0 }), only, last: null }
    try {
      await claimPool(tx, request, 'nobody', options)
    } catch (error) {
      if (!(error instanceof StepFailure)) throw error
      refusal = error.refusals?.[0] ?? null
    }
    throw new Undo()
  }
  await bench.store.transaction(attempt).catch((error: unknown) => {
    if (!(error instanceof Undo)) throw error
  })
  return refusal as { pool: string; filter: string; why: string } | null
}

async function bodyOf(run: Run): Promise<Record<string, unknown>> {
  const shareOn = async (host: string): Promise<Awaited<ReturnType<typeof seedShare>>> =>
    seedShare(bench, 'demo', { share_type_id: await typeId(run.type) }, { host })
  const source = run.snapshotOn === null ? null : await shareOn(run.snapshotOn)
  const snapshot = source === null ? null : await seedSnapshot(bench, source)
  return {
    share_proto: run.protocol,
    size: run.size + 1,
    share_type: run.snapshotOn === null ? run.type : null,
    availability_zone: run.zone,
    snapshot_id: snapshot?.id ?? null,
    scheduler_hints: {
      same_host: run.near === null ? null : (await shareOn(run.near)).id,
      different_host: run.awayFrom === null ? null : (await shareOn(run.awayFrom)).id,
      query: run.query,
    },
  }
}

test('the first pool of a dry run is where the share goes, and the refusals are those of the scheduler', async () => {
  let chosen = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(anyRun, async (run) => {
      const { shares, scheduler } = bench.settings
      scheduler.default_filters = run.filters
      scheduler.capacity_weight_multiplier = run.weight
      shares.use_scheduler_creating_share_from_snapshot = run.anyZone
      await offerPools(bench, run.pools)
      const body = await bodyOf(run)
      const before = await bench.db.selectFrom('operations').select('id').execute()
      const tried = await bench.call('POST', '/placements', { body: { placement: body } })
      expect(tried.status).toBe(200)
      const again = await bench.call('POST', '/placements', { body: { placement: body } })
      expect(again.body).toEqual(tried.body)
      const { placement } = tried.body
      expect(placement.problems).toEqual([])
      expect(await bench.db.selectFrom('operations').select('id').execute()).toEqual(before)

      // Pool by pool, as the ledger decides it.
      const wish = {
        sizeGib: run.size + 1,
        protocol: run.protocol,
        shareType: await typeOf(run.type),
        share: { id: 'x', projectId: personas.admin.projectId, fields: { name: null, size: run.size + 1 } },
        snapshotPool: run.snapshotOn,
        availabilityZoneId:
          run.zone === null
            ? null
            : (await bench.db.selectFrom('availability_zones').select('id').executeTakeFirstOrThrow()).id,
        onlyHost: null,
        sameHost: [body.scheduler_hints as { same_host: string | null }].flatMap(
          ({ same_host: id }) => id ?? [],
        ),
        differentHost: [body.scheduler_hints as { different_host: string | null }].flatMap(
          ({ different_host: id }) => id ?? [],
        ),
        query: run.query,
        excludedPools: [],
      }
      const request = await requestFor(bench.db, bench.settings, wish)
      type Told = {
        pool: string
        fits: boolean
        filter: string | null
        why: string | null
        weight: number | null
      }
      const told = placement.pools as Told[]
      expect(told.map(({ pool }) => pool).sort()).toEqual(run.pools.map(({ label }) => label).sort())
      // A copy's domain is that of another pool, which one pool alone does not see.
      if (run.snapshotOn === null) {
        for (const { pool, fits, filter, why } of told) {
          const refusal = await claimAlone(request, pool)
          expect({ pool, fits, filter, why }).toEqual({
            pool,
            fits: refusal === null,
            filter: refusal?.filter ?? null,
            why: refusal?.why ?? null,
          })
        }
      }

      const made = await bench.call('POST', '/shares', { body: { share: body } })
      expect(made.status).toBe(200)
      const { id } = await bench.db
        .selectFrom('operations')
        .select('id')
        .where('resource_id', '=', made.body.share.id as string)
        .executeTakeFirstOrThrow()
      await placeNow(bench, id)
      const { host } = await bench.db
        .selectFrom('shares')
        .select('host')
        .where('id', '=', made.body.share.id as string)
        .executeTakeFirstOrThrow()
      const fitting = told.filter(({ fits }) => fits)
      expect(placement.pools_that_fit).toBe(fitting.length)
      expect(placement.fits).toBe(fitting.length > 0)
      expect(host).toBe(fitting[0]?.pool ?? '')
      if (fitting.length > 0) {
        if (fitting.length > 1 && fitting[0]?.weight !== fitting[1]?.weight) chosen++
        expect(placement.message).toBeNull()
        const most = Math.max(...fitting.map(({ weight }) => weight ?? -Infinity))
        expect(fitting[0]?.weight).toBe(most)
        return
      }
      refused++
      const row = await bench.db
        .selectFrom('operations')
        .select(['refusals', 'cause_detail_id', 'state'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      // One that waits for a backend or for claims to be measured has not said so yet.
      if (row.state !== 'failed') return
      const recorded = JSON.parse(row.refusals ?? '[]') as Told[]
      const plain = (all: readonly Told[]) =>
        all.map(({ pool, filter, why }) => `${pool} ${filter} ${why}`).sort()
      expect(plain(told)).toEqual(plain(recorded))
    }),
    { numRuns: 200 },
  )
  // Both ends were there, and choices between pools that differ.
  expect([chosen > 3, refused > 10]).toEqual([true, true])
}, 120_000)
