import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canBeThin, fits, mayBeThin, maxClaimedGib, maxPlacedGib, whyNoRoom } from '../model/pool-capacity.ts'
import { samplePool } from './pool-sample.ts'
import type { Purpose } from '../model/pool-capacity.ts'

const purposes: readonly Purpose[] = ['create', 'from-snapshot', 'replica', 'extend', 'snapshot', 'manage']

/** A pool in whole hundredths of a GiB and of the ratio, so that the oracle can count exactly. */
const cents = fc.record({
  total: fc.integer({ min: -100, max: 30_000 }),
  free: fc.integer({ min: -100, max: 30_000 }),
  placed: fc.integer({ min: 0, max: 400 }),
  claimed: fc.integer({ min: 0, max: 50 }),
  reserved: fc.integer({ min: 0, max: 40 }),
  reservedSnapshot: fc.integer({ min: 0, max: 40 }),
  reservedExtend: fc.integer({ min: 0, max: 40 }),
  ratio: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.constantFrom(99, 100, 101, 115)),
  thin: fc.constantFrom<boolean | boolean[]>(true, false, [true, false], [true], [false], []),
})
type Cents = typeof cents extends fc.Arbitrary<infer T> ? T : never

function poolOf(numbers: Cents) {
  return samplePool('h@b#p', {
    totalGib: numbers.total / 100,
    freeGib: numbers.free / 100,
    provisionedGib: numbers.placed,
    claimedSinceMeasureGib: numbers.claimed,
    reservedPercentage: numbers.reserved,
    reservedSnapshotPercentage: numbers.reservedSnapshot,
    reservedShareExtendPercentage: numbers.reservedExtend,
    maxOverSubscriptionRatio: numbers.ratio / 100,
    thin: numbers.thin,
  })
}

/** The rules in integers, units of 1/10000 GiB, written without a look at the code. */
function oracle(n: Cents, size: number, use: 'create' | 'from-snapshot' | 'extend', thin: boolean): boolean {
  if (n.total <= 0) return false
  const percent = { create: n.reserved, 'from-snapshot': n.reservedSnapshot, extend: n.reservedExtend }[use]
  const wholeFree = Math.floor((n.free * 100 - n.total * percent) / 10_000)
  const poolThin = [n.thin].flat().includes(true)
  if (thin && n.ratio < 100) return false
  const room = thin ? wholeFree * n.ratio >= (size + n.claimed) * 100 : wholeFree >= size + n.claimed
  const ceiling = poolThin
    ? (n.placed + size) * 10_000 <= n.total * Math.max(100, n.ratio)
    : (n.placed + size) * 10_000 <= n.total * (100 - percent)
  return room && ceiling
}

const sizes = fc.integer({ min: 0, max: 400 })

/** Sizes at which the answer may turn, as well as any. */
function turningSizes(n: Cents, any: number): number[] {
  const turns = [
    n.free / 100 - n.claimed,
    (n.free * n.ratio) / 10_000 - n.claimed,
    (Math.floor((n.free * 100 - n.total * n.reserved) / 10_000) * n.ratio) / 100 - n.claimed,
    (n.total * n.ratio) / 10_000 - n.placed,
    (n.total * (100 - n.reserved)) / 10_000 - n.placed,
    n.total / 100 - n.placed,
  ].map(Math.floor)
  return [any, ...turns.flatMap((size) => [size, size + 1])].filter((size) => size >= 0)
}

describe('room in a pool', () => {
  test('agrees with exact integer arithmetic', () => {
    const uses = fc.constantFrom('create' as const, 'from-snapshot' as const, 'extend' as const)
    fc.assert(
      fc.property(cents, sizes, uses, fc.boolean(), (numbers, size, use, wantsThin) => {
        const pool = poolOf(numbers)
        const thin = wantsThin && canBeThin(pool)
        for (const one of turningSizes(numbers, size)) {
          expect(fits(pool, one, use, thin), `${one} GiB`).toBe(oracle(numbers, one, use, thin))
        }
      }),
      { numRuns: 3000 },
    )
  })

  test('agrees at the very edge: what is exactly full takes no more', () => {
    fc.assert(
      fc.property(cents, fc.constantFrom(...purposes), (numbers, purpose) => {
        const pool = poolOf(numbers)
        const bounds = [maxPlacedGib(pool, purpose), maxClaimedGib(pool, purpose)]
        const left = Math.min(
          bounds[0] === null ? Infinity : (bounds[0] ?? 0) - pool.provisionedGib,
          bounds[1] === null ? Infinity : (bounds[1] ?? 0) - pool.claimedSinceMeasureGib,
        )
        if (!Number.isFinite(left)) return
        if (left >= 0 && fits(pool, 0, purpose)) expect(fits(pool, left, purpose)).toBe(true)
        if (left >= -1) expect(fits(pool, left + 1, purpose)).toBe(false)
      }),
    )
  })

  test('what fits is within the bounds the ledger checks', () => {
    fc.assert(
      fc.property(
        cents,
        sizes,
        fc.constantFrom(...purposes),
        fc.boolean(),
        (numbers, size, purpose, thin) => {
          const pool = poolOf(numbers)
          fc.pre(fits(pool, size, purpose, thin))
          expect(pool.provisionedGib + size).toBeLessThanOrEqual(maxPlacedGib(pool, purpose) ?? Infinity)
          expect(pool.claimedSinceMeasureGib + size).toBeLessThanOrEqual(
            maxClaimedGib(pool, purpose, thin) ?? Infinity,
          )
        },
      ),
    )
  })

  test('what takes a size takes every smaller one', () => {
    fc.assert(
      fc.property(cents, sizes, sizes, fc.constantFrom(...purposes), (numbers, a, b, purpose) => {
        const pool = poolOf(numbers)
        fc.pre(fits(pool, Math.max(a, b), purpose))
        expect(fits(pool, Math.min(a, b), purpose)).toBe(true)
      }),
    )
  })

  test('says the numbers', () => {
    const pool = samplePool('h@b#p', { freeGib: 14, provisionedGib: 80, reservedPercentage: 10 })
    expect(whyNoRoom(pool, 10, 'create')).toBe('Needs 10 GiB; 14 GiB free of 100 GiB before 10 % reserved.')
    expect(whyNoRoom(pool, 4, 'create')).toBeNull()
    expect(whyNoRoom({ ...pool, claimedSinceMeasureGib: 2 }, 4, 'create')).toContain(
      '2 GiB of it claimed since',
    )
    expect(whyNoRoom({ ...pool, thin: true, maxOverSubscriptionRatio: 1 }, 30, 'create')).toBe(
      'Needs 30 GiB; 80 GiB of at most 100 GiB is placed already (100 GiB over-subscribed 1 times).',
    )
  })

  test('a reserve depends on what the room is for', () => {
    const pool = samplePool('h@b#p', {
      reservedPercentage: 50,
      reservedSnapshotPercentage: 20,
      reservedShareExtendPercentage: 5,
    })
    const most = (purpose: Purpose) =>
      Array.from({ length: 101 }, (_, n) => n).findLast((n) => fits(pool, n, purpose))
    expect(purposes.map(most)).toEqual([50, 80, 50, 95, 80, 100])
  })

  test('unknown sizes', () => {
    const blind = samplePool('h@b#p', { totalGib: null, freeGib: null })
    expect(fits(blind, 1_000_000, 'create')).toBe(true)
    expect([maxPlacedGib(blind, 'create'), maxClaimedGib(blind, 'create')]).toEqual([null, null])
    expect(fits({ ...blind, totalGib: 5 }, 10, 'create')).toBe(true)
    const noTotal = samplePool('h@b#p', { totalGib: null, freeGib: 10, maxOverSubscriptionRatio: 0.5 })
    expect([10, 11].map((size) => fits(noTotal, size, 'create', true))).toEqual([true, false])
    expect(fits({ ...noTotal, claimedSinceMeasureGib: 1 }, 10, 'create')).toBe(false)
    expect(fits({ ...noTotal, reservedPercentage: 1 }, 1, 'create')).toBe(false)
  })

  test('broken numbers never make room', () => {
    for (const broken of [NaN, -1]) {
      expect(fits(samplePool('h@b#p', { totalGib: broken }), 0, 'create')).toBe(false)
      expect(fits(samplePool('h@b#p', { freeGib: broken }), 0, 'create')).toBe(false)
      expect(fits(samplePool(), broken, 'create')).toBe(false)
    }
    expect(fits(samplePool('h@b#p', { maxOverSubscriptionRatio: NaN, thin: true }), 1, 'create')).toBe(false)
    expect(fits(samplePool('h@b#p', { provisionedGib: NaN }), 1, 'create')).toBe(false)
    expect(fits(samplePool(), Infinity, 'manage')).toBe(false)
  })

  test('a burst of thin shares is bounded by promises, not by bytes', () => {
    const pool = samplePool('h@b#p', { totalGib: 10, freeGib: 10, thin: true, maxOverSubscriptionRatio: 20 })
    let placed = 0
    while (fits({ ...pool, provisionedGib: placed, claimedSinceMeasureGib: placed }, 1, 'create')) placed += 1
    expect(placed).toBe(200)
  })

  test('sizes that no binary fraction holds are counted exactly', () => {
    const pool = samplePool('h@b#p', { thin: true, maxOverSubscriptionRatio: 1.15 })
    expect(100 * 1.15).toBeLessThan(115)
    expect([115, 116].map((size) => fits(pool, size, 'create'))).toEqual([true, false])
  })

  test('a thick share in a pool that does both never needs over-subscription', () => {
    const pool = samplePool('h@b#p', { thin: [true, false], maxOverSubscriptionRatio: 0.5 })
    expect([false, true].map((thin) => fits(pool, 100, 'create', thin))).toEqual([true, false])
  })

  test('taking over a share asks for no free space, only for promises', () => {
    const full = samplePool('h@b#p', { freeGib: 0, reservedPercentage: 10, provisionedGib: 90 })
    expect(fits(full, 20, 'manage')).toBe(true)
    expect(fits({ ...full, thin: true, maxOverSubscriptionRatio: 1 }, 20, 'manage')).toBe(false)
  })

  test('thin or thick is the pool and the type together', () => {
    const both = { thin: [true, false] }
    expect([canBeThin(both), canBeThin({ thin: false })]).toEqual([true, false])
    expect(mayBeThin({})).toBe(true)
    for (const spec of ['True', '<is> True', 'yes', '<or> true <or> false']) {
      expect(mayBeThin({ thin_provisioning: spec })).toBe(true)
    }
    for (const spec of ['False', '<is> False', '0', '<is>']) {
      expect(mayBeThin({ 'capabilities:thin_provisioning': spec })).toBe(false)
    }
  })
})
