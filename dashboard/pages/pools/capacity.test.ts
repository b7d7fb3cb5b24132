import { describe, expect, it } from 'vitest'
import { amountsOf, capacityOf } from './capacity.ts'

const pool = (more: object) => ({
  total_capacity_gb: 100,
  free_capacity_gb: 70,
  provisioned_capacity_gb: 30,
  reserved_percentage: 10,
  max_over_subscription_ratio: 2,
  thin_provisioning: true,
  ...more,
})

describe('the parts of a pool', () => {
  it('make its total, whatever is promised', () => {
    for (const provisioned_capacity_gb of [0, 10, 30, 65, 100, 250])
      for (const free_capacity_gb of [-5, 0, 0.5, 70, 100, 120])
        for (const reserved_percentage of [0, 10, 100]) {
          const amounts = amountsOf(pool({ provisioned_capacity_gb, free_capacity_gb, reserved_percentage }))
          if (amounts === null) throw new Error('known')
          const { used, promised, reserved, free, beyond } = amounts
          expect(used + promised + reserved + free).toBeCloseTo(100, 9)
          for (const one of Object.values(amounts)) expect(one).toBeGreaterThanOrEqual(0)
          // Nothing that was promised is forgotten.
          expect(promised + beyond).toBeCloseTo(Math.max(0, provisioned_capacity_gb - used), 9)
        }
  })

  it('tell promises that have room from those that have none', () => {
    expect(amountsOf(pool({ provisioned_capacity_gb: 150 }))).toEqual({
      used: 30,
      promised: 70,
      reserved: 0,
      free: 0,
      beyond: 50,
    })
  })

  it('are not known where the backend can not tell', () => {
    expect(amountsOf(pool({ free_capacity_gb: 'unknown' }))).toBeNull()
    expect(amountsOf(pool({ total_capacity_gb: 'infinite' }))).toBeNull()
    expect(capacityOf(pool({ total_capacity_gb: 'unknown', free_capacity_gb: 'unknown' }))).toMatchObject({
      total: null,
      used: null,
      fullness: null,
      mayPlace: null,
      ratio: null,
    })
  })
})

describe('how full a pool is', () => {
  it('is by bytes or by promises, whichever is nearer', () => {
    expect(capacityOf(pool({}))).toMatchObject({
      mayPlace: 200,
      fullness: 30 / 90,
      bound: 'bytes',
      ratio: 0.3,
    })
    expect(capacityOf(pool({ provisioned_capacity_gb: 190 }))).toMatchObject({
      fullness: 0.95,
      bound: 'promises',
      ratio: 1.9,
    })
  })

  it('of one that is not thin is bounded by its total less the reserve', () => {
    expect(capacityOf(pool({ thin_provisioning: false }))).toMatchObject({ mayPlace: 90, thin: false })
    expect(capacityOf(pool({ thin_provisioning: [true, false] }))).toMatchObject({
      mayPlace: 200,
      thin: true,
    })
  })
})

describe('the room that is left', () => {
  it('is the largest share that the scheduler would still place, by promises or by bytes', () => {
    const room = (more: object) => capacityOf(pool(more)).room
    // Of 200 GiB that may be promised; of (70 - 10) × 2 that may be claimed of what is free.
    expect(room({ provisioned_capacity_gb: 150 })).toBe(50)
    expect(room({})).toBe(120)
    // Thick: what was neither placed nor kept back, however little of it is written.
    expect(room({ thin_provisioning: false, free_capacity_gb: 100, provisioned_capacity_gb: 85 })).toBe(5)
    expect(room({ provisioned_capacity_gb: 260 })).toBe(0)
    expect(room({ free_capacity_gb: 'unknown' })).toBeNull()
  })
})
