import { describe, expect, it } from 'vitest'
import { forecast, type Moment } from './forecast.ts'

const hour = 3_600_000
const series = (count: number, used: (index: number) => number | null, placed = used): Moment[] =>
  Array.from({ length: count }, (_one, index) => ({
    at: index * hour,
    used: used(index),
    placed: placed(index),
  }))
const none = { used: null, placed: null }

describe('days until a pool is full', () => {
  it('of a steady growth are what is left over the growth', () => {
    // 1 a day, 7 used of 100 after a week.
    const answer = forecast(
      series(169, (index) => index / 24),
      { used: 100, placed: null },
    )
    expect(answer).toMatchObject({ is: 'in', of: 'bytes' })
    expect(answer.is === 'in' && answer.days).toBeCloseTo(93, 6)
  })

  it('are not changed by one burst', () => {
    const answer = forecast(
      series(169, (index) => index / 24 + (index === 80 ? 60 : 0)),
      { used: 100, placed: null },
    )
    expect(answer.is === 'in' && Math.round(answer.days)).toBe(93)
  })

  it('are of what comes first, bytes or promises', () => {
    const moments = series(
      200,
      (index) => index / 100,
      (index) => index / 10,
    )
    expect(forecast(moments, { used: 100, placed: 30 })).toMatchObject({ is: 'in', of: 'promises' })
    expect(forecast(moments, { used: 2.2, placed: 3000 })).toMatchObject({ is: 'in', of: 'bytes' })
  })

  it('are not told from less than a day, from few moments, or without a bound', () => {
    expect(
      forecast(
        series(20, (index) => index),
        { used: 100, placed: null },
      ),
    ).toEqual({ is: 'unknown' })
    expect(
      forecast(
        series(169, (index) => (index % 50 === 0 ? index : null)),
        { used: 9e9, placed: null },
      ),
    ).toEqual({
      is: 'unknown',
    })
    expect(
      forecast(
        series(169, (index) => index),
        none,
      ),
    ).toEqual({ is: 'unknown' })
    expect(forecast([], { used: 1, placed: 1 })).toEqual({ is: 'unknown' })
  })

  it('are far where nothing grows, and over where it is full', () => {
    expect(
      forecast(
        series(169, () => 5),
        { used: 100, placed: null },
      ),
    ).toEqual({ is: 'far' })
    expect(
      forecast(
        series(169, (index) => 50 - index / 10),
        { used: 100, placed: null },
      ),
    ).toEqual({ is: 'far' })
    expect(
      forecast(
        series(2, () => 100),
        { used: 100, placed: null },
      ),
    ).toEqual({ is: 'full', of: 'bytes' })
  })

  it('stay the same when moments are many', () => {
    const answer = forecast(
      series(744, (index) => index / 24),
      { used: 131, placed: null },
    )
    expect(answer.is === 'in' && Math.round(answer.days)).toBe(100)
  })
})
