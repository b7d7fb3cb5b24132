/** Time, so that tests can hold it. */
export interface Clock {
  /** Microseconds since the epoch; never the same twice in one process, so that stamps order what one process wrote. */
  now(): number
}

export function systemClock(): Clock {
  let last = 0
  return {
    now() {
      last = Math.max(last + 1, Math.round((performance.timeOrigin + performance.now()) * 1000))
      return last
    },
  }
}

/** The second that was written last: rows of one list often share it, and a `Date` costs as much as the rest of a row. */
let lastSecond = { second: Number.NaN, text: '' }

/** `2026-08-21T11:05:00.123456`: Manila's stamps, UTC without a zone. */
export function isoMicros(micros: number): string {
  const second = Math.floor(micros / 1_000_000)
  if (second !== lastSecond.second)
    lastSecond = { second, text: new Date(second * 1000).toISOString().slice(0, 20) }
  return lastSecond.text + String(micros - second * 1_000_000).padStart(6, '0')
}
