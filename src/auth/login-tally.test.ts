import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  aged,
  cleared,
  ended,
  failed,
  nothing,
  taken,
  verdict,
  type Tally,
  type TallyRule,
} from './login-tally.ts'

const secondUs = 1_000_000
const rule: TallyRule = {
  limit: 5,
  windowUs: 900 * secondUs,
  firstPauseUs: 60 * secondUs,
  longestPauseUs: 900 * secondUs,
}

const step = fc.record({
  what: fc.constantFrom('take', 'take', 'take', 'fail', 'end'),
  pass: fc.constantFrom(0, 0, 0, 1, 59, 60, 500),
})

test('in whatever order they come, fail and end: never more compared than may fail, then one a pause', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      let tally: Tally = nothing
      let now = secondUs
      let open = 0
      let begunAt = now
      let pauses = 0
      // Compared since the tally last was empty.
      let compared = 0
      for (const { what, pass } of steps) {
        now += pass * secondUs
        const left = aged(tally, rule, now)
        if (left.failures === 0) {
          compared = open
          pauses = 0
        }
        // One under way for longer than a comparison takes died with its process.
        if (now - begunAt >= 30 * secondUs) {
          compared -= open
          open = 0
        }
        if (what === 'take' && verdict(tally, rule, now).is === 'free') {
          tally = taken(tally, rule, now)
          begunAt = now
          open++
          compared++
        } else if (what === 'fail' && open > 0) {
          tally = failed(tally, rule, now)
          begunAt = now
          open--
          if (tally.freeAt > now) pauses++
        } else if (what === 'end' && open > 0) {
          tally = ended(tally, rule, now)
          begunAt = now
          open--
          compared--
        }
        expect(tally.failures + tally.open).toBeLessThanOrEqual(rule.limit + pauses)
        expect(compared).toBeLessThanOrEqual(rule.limit + pauses + 1)
      }
    }),
  )
})

test('pauses double and end at the longest', () => {
  let tally: Tally = nothing
  const pauses: number[] = []
  let now = secondUs
  for (let i = 0; i < 12; i++) {
    expect(verdict(tally, rule, now)).toEqual({ is: 'free' })
    tally = failed(taken(tally, rule, now), rule, now)
    const told = verdict(tally, rule, now)
    if (told.is === 'locked') {
      pauses.push(told.waitUs / secondUs)
      now += told.waitUs
    }
  }
  expect(pauses).toEqual([60, 120, 240, 480, 900, 900, 900, 900])
})

test('one at a time after a pause, and all again after a window', () => {
  const now = 10_000 * secondUs
  const paused: Tally = {
    failures: 7,
    since: now - 500 * secondUs,
    freeAt: now,
    open: 0,
    touchedAt: now - 240 * secondUs,
  }
  expect(verdict(paused, rule, now).is).toBe('free')
  expect(verdict(taken(paused, rule, now), rule, now).is).toBe('busy')
  expect(aged(paused, rule, now + rule.windowUs)).toEqual(nothing)
  const fresh = { ...rule, freshAfterPause: true }
  expect(verdict(taken(paused, fresh, now), fresh, now).is).toBe('free')
})

test('what was right clears the failures, and leaves what is under way', () => {
  const now = secondUs
  const before: Tally = { failures: 3, since: now, freeAt: 0, open: 2, touchedAt: now }
  expect(cleared(before, rule, now)).toEqual({ ...nothing, open: 1, touchedAt: now })
  expect(verdict(before, rule, now).is).toBe('busy')
  // Its process died.
  expect(verdict(before, rule, now + 30 * secondUs).is).toBe('free')
})
