import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyPools, anyRequest } from './any-placement.fixture.ts'
import { bestOf } from './place.ts'
import { samplePool } from './pool-sample.ts'
import { placementRequest } from './request.ts'
import { Shortlists, type Fleet } from './shortlists.ts'
import type { PoolView } from './types.ts'

/** A fleet whose pools can be changed. */
class Pools implements Fleet {
  readonly views: PoolView[]
  constructor(views: readonly PoolView[]) {
    this.views = [...views]
  }
  get(label: string): PoolView | undefined {
    return this.views.find((pool) => pool.label === label)
  }
  set(label: string, changes: Partial<PoolView>): PoolView {
    const at = this.views.findIndex((pool) => pool.label === label)
    return (this.views[at] = { ...(this.views[at] as PoolView), ...changes })
  }
}

describe('a shortlist', () => {
  test('gives each of many requests what the whole fleet would, as long as nothing changes', () => {
    fc.assert(
      fc.property(
        anyPools,
        fc.array(anyRequest, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom<Record<string, number>[]>({}, { CapacityWeigher: -1 }, { GoodnessWeigher: 0 }),
        (pools, requests, count, weights) => {
          const lists = new Shortlists(new Pools(pools), 4)
          for (const request of requests)
            expect(lists.best(request, { weights }, count)).toEqual(
              bestOf(request, pools, { weights }, count),
            )
        },
      ),
      { numRuns: 1000 },
    )
  })

  const gib = (label: string, freeGib: number): PoolView =>
    samplePool(label, { totalGib: 100, freeGib, provisionedGib: 0, thin: false })
  const shareType = { id: 't', name: 't', extraSpecs: {} }
  const request = placementRequest({ kind: 'create', sizeGib: 1, shareProto: 'NFS', shareType })
  const listed = (views: readonly PoolView[], length: number) => {
    const pools = new Pools(views)
    const lists = new Shortlists(pools, length)
    const first = (): string | undefined => lists.best(request, {}, 1)[0]?.label
    return { pools, lists, first }
  }

  test('is judged as its pools are now', () => {
    const { pools, first } = listed([gib('h@a#1', 90), gib('h@a#2', 80), gib('h@a#3', 70)], 2)
    expect(first()).toBe('h@a#1')
    pools.set('h@a#1', { claimedSinceMeasureGib: 20 })
    expect(first()).toBe('h@a#2')
    pools.set('h@a#2', { serviceUp: false })
    expect(first()).toBe('h@a#1')
  })

  test('where all on it are refused the others are asked', () => {
    const { pools, first } = listed([gib('h@a#1', 90), gib('h@a#2', 80), gib('h@a#3', 70)], 2)
    expect(first()).toBe('h@a#1')
    for (const label of ['h@a#1', 'h@a#2']) pools.set(label, { enabled: false })
    expect(first()).toBe('h@a#3')
  })

  test('takes in what is better when it is read again', () => {
    const { pools, lists, first } = listed([gib('h@a#1', 90), gib('h@a#2', 80), gib('h@a#3', 70)], 2)
    expect(first()).toBe('h@a#1')
    const better = pools.set('h@a#3', { freeGib: 95 })
    expect(first()).toBe('h@a#1')
    lists.offer([better])
    expect(first()).toBe('h@a#3')
  })

  test('is not of those whose backends have an opinion of each request', () => {
    const opinion = { goodness: 'share.size < 5' }
    const fleet = [gib('h@a#1', 90), { ...gib('h@a#2', 90), ...opinion }]
    const { lists } = listed(fleet, 1)
    const of = (sizeGib: number) => lists.best({ ...request, sizeGib }, {}, 1).map(({ label }) => label)
    // The first is too large for any opinion: they are alike to it.
    expect([of(7), of(3)]).toEqual([['h@a#1'], ['h@a#2']])
  })
})
