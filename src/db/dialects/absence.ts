/** A server that is away: however many wait for it, one of them tries. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds between two tries. */
const retryMs = 100

export class Absence {
  readonly #reach: () => Promise<void>
  readonly #isAway: (error: unknown) => boolean
  #waiting = 0
  #tries: Promise<void> | null = null

  /** `reach` rejects with an error that `isAway` knows for as long as the server is. */
  constructor(reach: () => Promise<void>, isAway: (error: unknown) => boolean) {
    this.#reach = reach
    this.#isAway = isAway
  }

  /** True as soon as it is worth while to ask the server again; false when that is not before `deadline`, as in `Date.now`. */
  async endsBy(deadline: number): Promise<boolean> {
    const leftMs = deadline - Date.now()
    if (leftMs < retryMs) return false
    this.#waiting++
    this.#tries ??= this.#tryOn()
    const patience = new AbortController()
    const isOver = sleep(leftMs, false, { signal: patience.signal }).catch(() => false)
    try {
      return await Promise.race([this.#tries.then(() => true), isOver])
    } finally {
      patience.abort()
      this.#waiting--
    }
  }

  /** For as long as somebody waits. What else goes wrong each of them is to meet himself. */
  async #tryOn(): Promise<void> {
    let isAway = true
    while (isAway && this.#waiting > 0) {
      await sleep(retryMs)
      isAway = await this.#reach().then(() => false, this.#isAway)
    }
    this.#tries = null
  }
}
