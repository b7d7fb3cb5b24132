/**
 * The law of guessing, without a database: when an attempt is taken, and what it costs the next. An attempt is counted as
 * under way before anything is compared, and those under way count like failures for the next one: however many come
 * together, no more are compared than may fail.
 */

/** All stamps in microseconds; 0 = never. */
export interface Tally {
  readonly failures: number
  /** When the first of them was. */
  readonly since: number
  /** Until when no attempt is taken. */
  readonly freeAt: number
  /** Attempts under way. */
  readonly open: number
  /** When this was last written. */
  readonly touchedAt: number
}

export interface TallyRule {
  /** Failures after which there is a pause. */
  readonly limit: number
  /** After that many without a failure or a pause nothing is remembered. */
  readonly windowUs: number
  /** Pause after the failure that reaches the limit; it doubles with each further one. */
  readonly firstPauseUs: number
  readonly longestPauseUs: number
  /** True: after a pause everything is forgotten. Otherwise one attempt at a time is taken from then on. */
  readonly freshAfterPause?: boolean
}

export const nothing: Tally = { failures: 0, since: 0, freeAt: 0, open: 0, touchedAt: 0 }

/** A comparison takes a tenth of a second: one under way for so long died with its process. */
const diedUs = 30_000_000

/** What is left of it now. */
export function aged(tally: Tally, rule: TallyRule, now: number): Tally {
  const isOver = rule.freshAfterPause === true && tally.freeAt > 0 && tally.freeAt <= now
  const isOld = Math.max(tally.since, tally.freeAt) + rule.windowUs <= now
  const open = tally.touchedAt + diedUs <= now ? 0 : tally.open
  const left = tally.failures > 0 && (isOver || isOld) ? nothing : tally
  return { ...left, open }
}

/**
 * May an attempt be taken now? `locked` for `waitUs`; `busy` while those under way might use up what is left, which
 * they tell in a moment.
 */
export function verdict(
  tally: Tally,
  rule: TallyRule,
  now: number,
): { readonly is: 'free' | 'busy' } | { readonly is: 'locked'; readonly waitUs: number } {
  const { failures, freeAt, open } = aged(tally, rule, now)
  if (freeAt > now) return { is: 'locked', waitUs: freeAt - now }
  return { is: open === 0 || failures + open < rule.limit ? 'free' : 'busy' }
}

/** One attempt more is under way. */
export function taken(tally: Tally, rule: TallyRule, now: number): Tally {
  const before = aged(tally, rule, now)
  return { ...before, open: before.open + 1, touchedAt: now }
}

/** One that was under way was wrong. */
export function failed(tally: Tally, rule: TallyRule, now: number): Tally {
  const before = aged(tally, rule, now)
  const failures = before.failures + 1
  const beyond = failures - rule.limit
  const pauseUs =
    beyond < 0 ? 0 : Math.min(rule.longestPauseUs, rule.firstPauseUs * 2 ** Math.min(beyond, 30))
  return {
    failures,
    since: before.failures === 0 ? now : before.since,
    freeAt: pauseUs === 0 ? before.freeAt : Math.max(before.freeAt, now + pauseUs),
    open: Math.max(0, before.open - 1),
    touchedAt: now,
  }
}

/** One that was under way was right, or was never compared. The failures of others stay. */
export function ended(tally: Tally, rule: TallyRule, now: number): Tally {
  const before = aged(tally, rule, now)
  return { ...before, open: Math.max(0, before.open - 1), touchedAt: now }
}

/** One that was under way was right, and that clears what was wrong before. */
export function cleared(tally: Tally, rule: TallyRule, now: number): Tally {
  return { ...nothing, open: ended(tally, rule, now).open, touchedAt: now }
}
