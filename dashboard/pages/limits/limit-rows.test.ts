import { expect, it } from 'vitest'
import { limitRows, serviceLimit } from './limit-rows.ts'

it('pairs what may be had with what is used; −1 is without limit', () => {
  expect(
    limitRows({
      maxTotalShares: 50,
      totalSharesUsed: 5,
      maxTotalShareGigabytes: -1,
      totalShareGigabytesUsed: 23,
      maxTotalNewThings: 7,
      somethingElse: 3,
    }),
  ).toEqual([
    { id: 'Shares', used: 5, limit: 50, isSize: false },
    { id: 'ShareGigabytes', used: 23, limit: null, isSize: true },
    { id: 'NewThings', used: 0, limit: 7, isSize: false },
  ])
})
it('reads units from the names of service limits, and a rate of 0 as none', () => {
  expect(serviceLimit('request_ms', 2000)).toEqual({ limit: 2000, unit: 'ms' })
  expect(serviceLimit('head_timeout_s', 20)).toEqual({ limit: 20, unit: 's' })
  expect(serviceLimit('project_requests_per_minute', 0)).toEqual({ limit: null, unit: null })
  expect(serviceLimit('streams', 0)).toEqual({ limit: 0, unit: null })
})
