/**
 * What was read, for a bounded time. Young enough it is believed; older it is read again, and believed only when nobody can be
 * asked. Requests that miss together read once.
 */
import { Fault } from '../../../model/errors.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { Lru } from '../../lru.ts'

export interface Ages {
  /** Microseconds it is believed. */
  readonly freshUs: number
  /** While nobody can be asked. */
  readonly outageUs: number
}

interface Kept<V> {
  readonly value: V
  /** From before it was read. */
  readonly at: number
}

export class AgedCache<V> {
  readonly #clock: Clock
  readonly #ages: Ages
  readonly #kept: Lru<Kept<V>>
  readonly #reading = new Map<string, Promise<V>>()
  #epoch = 0
  #hits = 0
  #misses = 0

  constructor(clock: Clock, ages: Ages, size: number) {
    this.#clock = clock
    this.#ages = ages
    this.#kept = new Lru(size)
  }

  get(key: string, read: () => Promise<V>): Promise<V> {
    const kept = this.#kept.get(key)
    if (kept !== undefined && this.#clock.now() - kept.at < this.#ages.freshUs) {
      this.#hits++
      return Promise.resolve(kept.value)
    }
    this.#misses++
    const under = this.#reading.get(key)
    if (under !== undefined) return under
    const reading = this.#read(key, kept, read).finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key)
    })
    this.#reading.set(key, reading)
    return reading
  }

  get state(): { readonly size: number; readonly hits: number; readonly misses: number } {
    return { size: this.#kept.size, hits: this.#hits, misses: this.#misses }
  }

  /** Something read for another reason, `at` the time before it was. */
  put(key: string, value: V, at: number): void {
    this.#kept.set(key, { value, at })
  }

  clear(): void {
    this.#epoch++
    this.#kept.clear()
    this.#reading.clear()
  }

  async #read(key: string, kept: Kept<V> | undefined, read: () => Promise<V>): Promise<V> {
    const [at, epoch] = [this.#clock.now(), this.#epoch]
    try {
      const value = await read()
      // What was changed while we read may not be in it.
      if (epoch === this.#epoch) this.#kept.set(key, { value, at })
      return value
    } catch (error) {
      const isAway = error instanceof Fault && error.code === 'Unavailable'
      if (isAway && kept !== undefined && at - kept.at < this.#ages.outageUs) return kept.value
      throw error
    }
  }
}
