import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { microsFromIso } from './iso-time.ts'

describe('points in time', () => {
  it.each([
    ['2026-08-21T11:05:00.123456', Date.UTC(2026, 7, 21, 11, 5) * 1000 + 123_456],
    ['2026-08-21T11:05:00Z', Date.UTC(2026, 7, 21, 11, 5) * 1000],
    ['2026-08-21 11:05', Date.UTC(2026, 7, 21, 11, 5) * 1000],
    ['2026-08-21', Date.UTC(2026, 7, 21) * 1000],
    ['2026-08-21T13:05:00+02:00', Date.UTC(2026, 7, 21, 11, 5) * 1000],
    ['2026-08-21T13:05:00 02:00', Date.UTC(2026, 7, 21, 11, 5) * 1000],
    ['2026-08-21T06:05:00-0500', Date.UTC(2026, 7, 21, 11, 5) * 1000],
  ])('reads %s', (text, micros) => {
    expect(microsFromIso(text)).toBe(micros)
  })

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-13-01',
    '2026-08-21T25:00',
    '1724238300',
    '0026-01-01',
    'T11:05',
  ])('refuses %j', (text) => {
    expect(microsFromIso(text)).toBeNull()
  })

  it('agrees with Date', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }), (date) => {
        expect(microsFromIso(date.toISOString())).toBe(date.getTime() * 1000)
      }),
    )
  })
})
