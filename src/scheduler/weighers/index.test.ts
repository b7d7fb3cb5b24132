import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultWeighers, weigherNames, weighersNamed } from './index.ts'
import { samplePool, samplePrepared } from '../pool-sample.ts'
import type { PlacementRequest, PoolView } from '../types.ts'

function scores(
  name: string,
  pools: readonly PoolView[],
  request: Partial<PlacementRequest> = {},
  multiplier = 1,
): number[] {
  const [weigher] = weighersNamed([name])
  const found = weigher?.scores(pools, samplePrepared(request), multiplier) ?? null
  return found === null ? pools.map(() => 0) : Array.from(found)
}

test('names', () => {
  expect(weighersNamed(defaultWeighers).map((weigher) => weigher.name)).toEqual(defaultWeighers)
  expect(() => weighersNamed(['Capacity'])).toThrow('CapacityWeigher')
})

test('one finite score per pool, whatever a driver reports', () => {
  const pool = fc
    .record({
      capabilities: fc.record({ goodness_function: fc.anything(), server_pools_mapping: fc.anything() }),
      totalGib: fc.option(fc.double()),
      freeGib: fc.option(fc.double()),
      maxOverSubscriptionRatio: fc.double(),
      thin: fc.boolean(),
    })
    .map((changes) => samplePool('h@b#p', changes))
  fc.assert(
    fc.property(fc.constantFrom(...weigherNames), fc.array(pool), fc.double(), (name, pools, multiplier) => {
      const found = scores(name, pools, {}, multiplier)
      expect(found.length).toBe(pools.length)
      expect(found.every(Number.isFinite)).toBe(true)
    }),
  )
})

describe('capacity', () => {
  test('thick counts free space, thin counts promises', () => {
    const thick = samplePool('h@b#1', { freeGib: 50.9, claimedSinceMeasureGib: 10, reservedPercentage: 20 })
    const thin = samplePool('h@b#2', {
      thin: true,
      maxOverSubscriptionRatio: 2,
      provisionedGib: 30,
      freeGib: 1,
    })
    expect(scores('CapacityWeigher', [thick, thin])).toEqual([20, 170])
  })

  test('unknown room is last, spreading or stacking', () => {
    const pools = [
      samplePool('h@b#1', { freeGib: 50 }),
      samplePool('h@b#2', { freeGib: null }),
      samplePool('h@b#3', { freeGib: 5 }),
    ]
    expect(scores('CapacityWeigher', pools)).toEqual([50, 4, 5])
    expect(scores('CapacityWeigher', pools, {}, -1)).toEqual([50, 51, 5])
    expect(scores('CapacityWeigher', pools.slice(1, 2))).toEqual([0])
  })
})

test('goodness is 0 to 100 or nothing', () => {
  const of = (goodness_function: unknown) => samplePool('h@b#p', { capabilities: { goodness_function } })
  const functions = [
    '70',
    '1 < 2',
    '1 > 2',
    '101',
    '0 - 1',
    '1 / 0',
    'broken(',
    5,
    undefined,
    'share.size * 7',
  ]
  expect(scores('GoodnessWeigher', functions.map(of), { sizeGib: 3 })).toEqual([
    70, 100, 0, 0, 0, 0, 0, 0, 0, 21,
  ])
})

test('nearness to the snapshot', () => {
  const zone = { id: 'z2', name: 'south' }
  const pools = [samplePool('h@a#1'), samplePool('h@a#2'), samplePool('h@b#1'), samplePool('h@c#1', { zone })]
  const request = { snapshotPool: 'h@a#1', snapshotZoneId: 'zone-1' }
  expect(scores('HostAffinityWeigher', pools, request)).toEqual([100, 75, 50, 25])
  expect(scores('HostAffinityWeigher', pools)).toEqual([0, 0, 0, 0])
})

test('a pool with a share server is preferred', () => {
  const capabilities = { server_pools_mapping: { s1: [{ pool_name: 'p2' }], s2: [{ pool_name: 'p3' }] } }
  const pools = ['h@a#p1', 'h@a#p2', 'h@a#p3'].map((label) => samplePool(label, { capabilities }))
  expect(scores('PoolWeigher', [...pools, samplePool('h@b#p2')])).toEqual([0, 1, 1, 0])
})
