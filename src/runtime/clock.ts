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

/** `2026-08-21T11:05:00.123456`: Manila's stamps, UTC without a zone. */
export function isoMicros(micros: number): string {
  const millis = Math.floor(micros / 1000)
  const rest = String(micros - millis * 1000).padStart(3, '0')
  return `${new Date(millis).toISOString().slice(0, 23)}${rest}`
}
