import { expect, test } from 'vitest'
import { paced, type Pace } from './paced.ts'

/** A clock that only passes and rests move. */
function pace(goesOn = () => true): Pace & { readonly rested: number[]; spend(ms: number): void } {
  let at = 0
  const rested: number[] = []
  return {
    rested,
    now: () => at,
    spend: (ms) => void (at += ms),
    async rest(ms) {
      rested.push(ms)
      at += ms
    },
    goesOn,
  }
}

test('it works a quarter of the time, until a pass finds nothing', async () => {
  const time = pace()
  const passes = [30, 10, 20, 1]
  let next = 0
  const done = await paced(async () => {
    time.spend(passes[next++] ?? 0)
    return next < passes.length ? 'more' : 'done'
  }, time)
  expect([done, next, time.rested]).toEqual([true, 4, [90, 30, 60]])
})

test('it begins nothing when the process ends, and a failure is its caller’s', async () => {
  let passes = 0
  const ends = pace(() => passes < 2)
  const done = await paced(async () => {
    passes++
    return 'more'
  }, ends)
  expect([done, passes]).toEqual([false, 2])
  await expect(paced(() => Promise.reject(new Error('the database is away')), pace())).rejects.toThrow('away')
})
