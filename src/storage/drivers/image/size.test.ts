import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fits } from '../../../model/pool-capacity.ts'
import { imageBytes, sizeThatFits } from './size.ts'

const gib = 1024 ** 3

/** A pool of which the driver tells so much as free, as the scheduler reads it. */
const pool = (freeGib: number) => ({
  totalGib: 1e7,
  freeGib,
  provisionedGib: 0,
  claimedSinceMeasureGib: 0,
  reservedPercentage: 0,
  reservedSnapshotPercentage: 0,
  reservedShareExtendPercentage: 0,
  maxOverSubscriptionRatio: 1,
  thin: true,
})

test('the scheduler takes a share for one that fits exactly when its image does', () => {
  const size = fc.integer({ min: 1, max: 100_000 })
  const near = fc.integer({ min: -3, max: 3 })
  fc.assert(
    fc.property(size, near, size, (sizeGib, bytes, otherGib) => {
      const room = imageBytes(sizeGib) + bytes
      for (const asked of [sizeGib, otherGib])
        expect(fits(pool(sizeThatFits(room)), asked, 'create')).toBe(imageBytes(asked) <= room)
    }),
  )
  expect(sizeThatFits(0)).toBe(0)
  expect(sizeThatFits(-5 * gib)).toBe(0)
})
