/**
 * How often somebody may do something: a bucket for each key that holds a minute's worth and fills evenly. Bounded: the keys
 * used longest ago are forgotten first, which gives them a full bucket. Each process counts for itself.
 */

interface Bucket {
  /** What is left of it, at `at`. */
  left: number
  at: number
}

export class Rate {
  readonly #perMinute: number
  readonly #capacity: number
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  /** `perMinute` 0 = no limit. `now` in microseconds. At most `capacity` keys are remembered. */
  constructor(perMinute: number, now: () => number, capacity = 10_000) {
    this.#perMinute = perMinute
    this.#now = now
    this.#capacity = capacity
  }

  /** Takes one of `key`; seconds to wait when there is none, else 0. */
  take(key: string): number {
    if (this.#perMinute === 0) return 0
    const now = this.#now()
    const known = this.#buckets.get(key)
    const perUs = this.#perMinute / 60_000_000
    const left =
      known === undefined ? this.#perMinute : Math.min(this.#perMinute, known.left + (now - known.at) * perUs)
    const isThere = left >= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { left: isThere ? left - 1 : left, at: now })
    if (this.#buckets.size > this.#capacity) this.#forgetOldest()
    return isThere ? 0 : Math.max(1, Math.ceil((1 - left) / perUs / 1_000_000))
  }

  /** What `key` could take now, and when (microseconds) its bucket is full again; null without a limit. Takes nothing. */
  left(key: string): { readonly perMinute: number; readonly left: number; readonly wholeAt: number } | null {
    const perMinute = this.#perMinute
    if (perMinute === 0) return null
    const now = this.#now()
    const known = this.#buckets.get(key)
    const perUs = perMinute / 60_000_000
    const left = known === undefined ? perMinute : Math.min(perMinute, known.left + (now - known.at) * perUs)
    return { perMinute, left: Math.floor(left), wholeAt: Math.ceil(now + (perMinute - left) / perUs) }
  }

  get size(): number {
    return this.#buckets.size
  }

  #forgetOldest(): void {
    const oldest = this.#buckets.keys().next().value
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
