import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { affinityFilter } from './affinity.ts'
import { antiAffinityFilter } from './anti-affinity.ts'
import { samplePool, samplePrepared } from '../pool-sample.ts'
import type { HintedShare } from '../types.ts'

const labels = ['h@a#1', 'h@a#2', 'h@b#1', 'h2@b#1', 'h2@c#9']
const pools = labels.map((label) => samplePool(label))
const hinted: fc.Arbitrary<HintedShare[]> = fc.array(
  fc.record({ shareId: fc.uuid(), pools: fc.option(fc.subarray(labels), { freq: 8 }) }),
  { maxLength: 4 },
)

function together(sameHost: readonly HintedShare[]): string[] {
  const judge = affinityFilter.judge(samplePrepared({ sameHost }))
  return pools.filter((pool) => judge(pool) === null).map((pool) => pool.label)
}

function apart(differentHost: readonly HintedShare[]): string[] {
  const judge = antiAffinityFilter.judge(samplePrepared({ differentHost }))
  return pools.filter((pool) => judge(pool) === null).map((pool) => pool.label)
}

test('same_host allows the intersection, different_host all but the union', () => {
  fc.assert(
    fc.property(hinted, (hints) => {
      const unknown = hints.some((hint) => hint.pools === null)
      const sets = hints.map((hint) => new Set(hint.pools))
      expect(together(hints)).toEqual(labels.filter((label) => sets.every((set) => set.has(label))))
      expect(apart(hints)).toEqual(
        unknown ? [] : labels.filter((label) => !sets.some((set) => set.has(label))),
      )
    }),
  )
})

test('laws: no hint allows all, order and repeats change nothing, more hints never allow more', () => {
  fc.assert(
    fc.property(hinted, hinted, (some, more) => {
      for (const allowed of [together, apart]) {
        expect(allowed([])).toEqual(labels)
        expect(allowed([...some, ...more])).toEqual(allowed([...more, ...some, ...some]))
        expect(allowed(some)).toEqual(expect.arrayContaining(allowed([...some, ...more])))
      }
      // One known share that is somewhere: no pool is both with it and away from it.
      for (const hint of some.filter((hint) => hint.pools !== null)) {
        expect(together([hint]).filter((label) => apart([hint]).includes(label))).toEqual([])
        expect([...together([hint]), ...apart([hint])].sort()).toEqual([...labels].sort())
      }
    }),
  )
})

test('the share is named', () => {
  const judge = (pools: string[] | null) =>
    affinityFilter.judge(samplePrepared({ sameHost: [{ shareId: 's1', pools }] }))
  expect(judge([])(samplePool())).toBe('Holds no instance of share s1, which the hint same_host names.')
  expect(judge(null)(samplePool())).toBe('The hint same_host names share s1, which does not exist.')
  const away = antiAffinityFilter.judge(
    samplePrepared({ differentHost: [{ shareId: 's2', pools: ['h1@alpha#p1'] }] }),
  )
  expect(away(samplePool())).toBe('Holds an instance of share s2, which the hint different_host names.')
})
