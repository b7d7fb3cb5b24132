/**
 * How often events may have something read again: soon after a quiet time, and the seldomer the longer they go on; never while nobody
 * looks. What is under way is let come first, so that a slow answer is not asked for again and again.
 */

/** Milliseconds: to gather what comes together, then the shortest times between one reading and the next. */
export type Pace = readonly [number, ...number[]]

/** Of the own project, where people wait for what they began. */
export const ownPace: Pace = [150, 1000]
/** Of all projects, where something always happens: at most seven times a minute. */
export const allPace: Pace = [150, 5000, 10_000]

export interface Readable {
  /** Whether it is being read now. */
  readonly isUnderWay: () => boolean
  readonly read: () => void
}

interface Turn {
  readonly pace: Pace
  readonly what: Readable
  step: number
  /** Milliseconds as of `performance.now()`. */
  readAt: number
  timer: ReturnType<typeof setTimeout> | null
}

export class Rereads<Key extends object> {
  /** What is not shown any more goes with its key. */
  #turns = new WeakMap<Key, Turn>()
  /** Those that wait for their time, or for somebody who looks. */
  readonly #waiting = new Map<Key, Turn>()
  readonly #isSeen: () => boolean

  constructor(isSeen: () => boolean) {
    this.#isSeen = isSeen
  }

  /** `key` is old: it is read when its time has come, once for all events until then. */
  mark(key: Key, pace: Pace, what: Readable): void {
    if (this.#waiting.has(key)) return
    const now = performance.now()
    const known = this.#turns.get(key)
    const isQuiet = known === undefined || now - known.readAt >= (pace.at(-1) ?? 0)
    const turn: Turn = {
      pace,
      what,
      step: isQuiet ? 0 : known.step,
      readAt: known?.readAt ?? -Infinity,
      timer: null,
    }
    this.#turns.set(key, turn)
    this.#waiting.set(key, turn)
    this.#arm(key, turn, turn.step === 0 ? pace[0] : Math.max(pace[0], turn.readAt + this.#gap(turn) - now))
  }

  /** Somebody looks again. */
  seen(): void {
    for (const [key, turn] of this.#waiting) if (turn.timer === null) this.#arm(key, turn, 0)
  }

  clear(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer ?? undefined)
    this.#waiting.clear()
    this.#turns = new WeakMap()
  }

  #gap = ({ pace, step }: Turn): number => pace[Math.min(step, pace.length - 1)] ?? 0

  #arm(key: Key, turn: Turn, ms: number): void {
    turn.timer = setTimeout(() => {
      turn.timer = null
      if (!this.#isSeen()) return
      if (turn.what.isUnderWay()) return this.#arm(key, turn, turn.pace[0])
      this.#waiting.delete(key)
      turn.step++
      turn.readAt = performance.now()
      turn.what.read()
    }, ms)
  }
}
