import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPool, anyPools, anyRequest } from './any-placement.fixture.ts'
import { filterNames } from './filters/index.ts'
import { bestOf, place } from './place.ts'
import { samplePool, sampleRequest } from './pool-sample.ts'
import type { PlacementRequest, PoolView } from './types.ts'

describe('laws of placement', () => {
  test('every pool is ranked or refused, once, by a filter and with a sentence', () => {
    fc.assert(
      fc.property(anyRequest, anyPools, (request, pools) => {
        const { ranked, refusals, lastFilter, detailId } = place(request, pools)
        const seen = [...ranked.map((pool) => pool.label), ...refusals.map((refusal) => refusal.pool)]
        expect(seen.sort()).toEqual(pools.map((pool) => pool.label).sort())
        const known = ['service', 'share type', 'protocol', ...filterNames]
        for (const { filter, why } of refusals) {
          expect(known).toContain(filter)
          expect(why).toMatch(/^[A-Z].+\.$/)
        }
        expect(ranked.length > 0).toBe(detailId === null)
        expect(lastFilter === null).toBe(ranked.length > 0 || pools.length === 0)
        if (lastFilter !== null) expect(refusals.at(-1)?.filter).toBe(lastFilter)
      }),
    )
  })

  test('the same question has the same answer, in whatever order pools come', () => {
    fc.assert(
      fc.property(anyRequest, anyPools, (request, pools) => {
        const [once, again, reversed] = [pools, pools, [...pools].reverse()].map((pools) =>
          place(request, pools),
        )
        expect(again).toEqual(once)
        expect(reversed?.ranked).toEqual(once?.ranked)
        expect(reversed?.detailId).toEqual(once?.detailId)
      }),
    )
  })

  test('the best few are the first of all that would be ranked', () => {
    fc.assert(
      fc.property(anyRequest, anyPools, fc.integer({ min: 1, max: 4 }), (request, pools, count) => {
        const all: Record<string, number>[] = [{}, { CapacityWeigher: -1 }, { GoodnessWeigher: 0 }]
        for (const weights of all) {
          const best = bestOf(request, pools, { weights }, count)
          expect(best).toEqual(place(request, pools, { weights }).ranked.slice(0, count))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a pool that was tried, is down or disabled is never chosen', () => {
    fc.assert(
      fc.property(anyRequest, anyPools, (request, pools) => {
        for (const pool of place(request, pools).ranked) {
          expect(request.excludedPools).not.toContain(pool.label)
          expect(pool.serviceUp && (pool.enabled || request.onlyHost === pool.label)).toBe(true)
        }
      }),
    )
  })

  test('a closed backend gets nothing new, and grows what it has', () => {
    const why = 'Its clients reach each other.'
    const [closed, open] = [samplePool('h@a#1', { closed: why }), samplePool('h@b#1')]
    for (const asked of [
      {},
      { snapshotPool: closed.label },
      { kind: 'manage' },
      { kind: 'replica' },
    ] as const) {
      const { ranked, refusals, detailId } = place(sampleRequest(asked), [closed], { filters: [] })
      expect([ranked, detailId]).toEqual([[], '002'])
      expect(refusals).toEqual([
        { pool: closed.label, filter: 'closed backend', why: `The backend h@a takes no new shares. ${why}` },
      ])
    }
    expect(place(sampleRequest(), [closed, open]).ranked).toEqual([open])
    expect(place(sampleRequest({ kind: 'extend' }), [closed]).ranked).toEqual([closed])
  })

  test('one more pool never takes another out of the ranking', () => {
    fc.assert(
      fc.property(anyRequest, anyPools, anyPool, (request, pools, extra) => {
        fc.pre(!pools.some((pool) => pool.label === extra.label))
        const more = place(request, [...pools, extra]).ranked
        for (const pool of place(request, pools).ranked) expect(more).toContain(pool)
      }),
    )
  })

  test('chance moves only pools of equal weight', () => {
    fc.assert(
      fc.property(
        anyRequest,
        anyPools,
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true }), { minLength: 1 }),
        (request, pools, draws) => {
          let drawn = 0
          const random = () => draws[drawn++ % draws.length] ?? 0
          // Distinct free space and no other opinion: distinct weights.
          const spread = pools.map((pool, index) => ({
            ...pool,
            totalGib: 100,
            freeGib: 50 + index,
            thin: false,
            capabilities: {},
          }))
          const options = { filters: [], weighers: ['CapacityWeigher'] }
          expect(place(request, spread, { ...options, random }).ranked).toEqual(
            place(request, spread, options).ranked,
          )
        },
      ),
    )
  })
})

describe('the choice', () => {
  const small = samplePool('h1@a#small', { freeGib: 10 })
  const large = samplePool('h1@a#large', { freeGib: 90 })
  const full = samplePool('h1@a#full', { freeGib: 0 })

  test('the emptiest first; stacked with a negative weight', () => {
    const { ranked, refusals } = place(sampleRequest(), [small, full, large])
    expect(ranked).toEqual([large, small])
    expect(refusals).toEqual([
      { pool: full.label, filter: 'CapacityFilter', why: 'Needs 1 GiB; 0 GiB free of 100 GiB.' },
    ])
    expect(place(sampleRequest(), [small, large], { weights: { CapacityWeigher: -1 } }).ranked).toEqual([
      small,
      large,
    ])
  })

  test('ties: by label, or by chance', () => {
    const pools = ['h@c#1', 'h@a#1', 'h@b#1'].map((label) => samplePool(label))
    const labels = (random?: () => number) =>
      place(sampleRequest(), pools, random ? { random } : {}).ranked.map((pool) => pool.label)
    expect(labels()).toEqual(['h@a#1', 'h@b#1', 'h@c#1'])
    const draws = [0.1, 0.9, 0.5]
    expect(labels(() => draws.shift() ?? 0)).toEqual(['h@c#1', 'h@b#1', 'h@a#1'])
  })

  test('an administrator may name a disabled pool, not one that is down', () => {
    const disabled = samplePool('h@a#1', { enabled: false })
    expect(place(sampleRequest(), [disabled]).refusals[0]?.why).toContain('disabled')
    expect(place(sampleRequest({ onlyHost: disabled.label }), [disabled]).ranked).toEqual([disabled])
    expect(
      place(sampleRequest({ onlyHost: disabled.label }), [{ ...disabled, serviceUp: false }]).ranked,
    ).toEqual([])
  })

  test('a retry goes elsewhere, whatever chain is configured', () => {
    const request = sampleRequest({ excludedPools: [large.label] })
    expect(place(request, [small, large], { filters: ['CapacityFilter'] }).ranked).toEqual([small])
  })

  test('only the extend chain judges an extension', () => {
    const request = sampleRequest({ kind: 'extend', availabilityZoneId: 'elsewhere', shareProto: 'CIFS' })
    expect(place(request, [small]).ranked).toEqual([small])
  })

  test('a fleet of pools is placed', () => {
    const fleet = Array.from({ length: 20_000 }, (_, n) => samplePool(`h${n}@a#p`, { freeGib: n % 100 }))
    expect(place(sampleRequest(), fleet).ranked.length).toBe(19_800)
  })
})

describe('what the user is told', () => {
  const pool = samplePool('h@a#1', { capabilities: { storage_protocol: 'NFS', filter_function: '1 > 2' } })
  test.each<[string, Partial<PlacementRequest>, Partial<PoolView>, Record<string, string>, string[]]>([
    ['028', {}, { serviceUp: false }, {}, []],
    ['024', { shareType: null }, {}, {}, []],
    ['007', { availabilityZoneId: 'x' }, {}, {}, []],
    ['008', {}, {}, { dedupe: 'True' }, []],
    ['009', { sizeGib: 1000 }, {}, {}, []],
    ['010', {}, {}, {}, []],
    ['011', { excludedPools: ['h@a#1'] }, {}, {}, ['IgnoreAttemptedHostsFilter']],
    ['012', { query: '["=",1,2]' }, {}, {}, ['JsonFilter']],
    ['013', { excludedPools: ['h@a#1'] }, {}, {}, []],
    ['014', {}, {}, { replication_type: 'dr' }, ['ShareReplicationFilter']],
    ['016', { snapshotPool: 'x@y#z' }, {}, {}, ['CreateFromSnapshotFilter']],
    ['002', { onlyHost: 'x@y#z' }, {}, {}, []],
    [
      '002',
      { sameHost: [{ shareId: 's', pools: null }] },
      { capabilities: { storage_protocol: 'NFS' } },
      {},
      [],
    ],
  ])('%s', (detailId, request, changes, specs, filters) => {
    const options = filters.length > 0 ? { filters } : {}
    expect(place(sampleRequest(request, specs), [{ ...pool, ...changes }], options).detailId).toBe(detailId)
  })

  test('the filter that refused the last pool decides, not the one that refused most', () => {
    const pools = ['h@a#1', 'h@a#2', 'h@a#3'].map((label) => samplePool(label, { freeGib: 0 }))
    const lacking = samplePool('h@b#1', { capabilities: {} })
    expect(place(sampleRequest(), [...pools, lacking])).toMatchObject({
      lastFilter: 'CapabilitiesFilter',
      detailId: '008',
    })
  })

  test('what no pool has is named, also where they are full; asking again when one has room would not help', () => {
    const full = samplePool('h@a#1', { freeGib: 0, capabilities: { storage_protocol: 'NFS', dedupe: false } })
    const down = samplePool('h@b#1', { serviceUp: false, capabilities: { storage_protocol: 'NFS' } })
    const asked = sampleRequest({ shareProto: 'CIFS' }, { dedupe: 'True' })
    expect(place(asked, [full, down])).toMatchObject({
      lastFilter: 'CapacityFilter',
      detailId: '008',
      unmet: { of: 'all', specs: { dedupe: 'True', storage_protocol: '<in> CIFS' } },
    })
    // The one that is down has it.
    const able = { ...down, capabilities: { storage_protocol: 'CIFS', dedupe: true } }
    const free = { ...full, freeGib: 50 }
    expect(place(asked, [free, able])).toMatchObject({
      detailId: '008',
      unmet: { of: 'ready', specs: { dedupe: 'True', storage_protocol: '<in> CIFS' } },
    })
    expect(place(asked, [full, able])).toMatchObject({ detailId: '009', unmet: null })
    // Its exporter is not up, or full: it may be had another time, and somebody may be told to ask again then.
    const types: Record<string, string>[] = [{}, { storage_protocol: 'NFS' }]
    for (const key of ['storage_protocols_down', 'storage_protocols_full']) {
      const away = samplePool('h@b#1', { capabilities: { storage_protocol: 'NFS', [key]: ['CIFS'] } })
      for (const type of types)
        expect(place(sampleRequest({ shareProto: 'CIFS' }, type), [away])).toMatchObject({
          detailId: '008',
          unmet: { of: 'ready', specs: { storage_protocol: '<in> CIFS' } },
        })
    }
    // Nobody asked for capabilities.
    expect(place(asked, [full], { filters: ['CapacityFilter'] })).toMatchObject({
      detailId: '009',
      unmet: null,
    })
  })

  test.each([
    ['NFS', 1],
    ['<in> CIFS', 1],
    ['NFS_CIFS', 1],
    ['HDFS', 0],
    ['NFS_HDFS', 0],
  ])('a type that asks for %s finds %j of a pool that serves two protocols', (storage_protocol, found) => {
    const both = samplePool('h@a#1', { capabilities: { storage_protocol: ['NFS', 'CIFS'] } })
    expect(place(sampleRequest({}, { storage_protocol }), [both]).ranked).toHaveLength(found)
  })

  test('without any pool the backends are not ready', () => {
    expect(place(sampleRequest(), [])).toEqual({
      ranked: [],
      weights: [],
      refusals: [],
      lastFilter: null,
      detailId: '028',
      unmet: null,
    })
  })
})
