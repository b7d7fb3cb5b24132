/**
 * Which statements a server is to prepare: those of the service itself, which come again and again. A filter that nobody asks twice costs a
 * round trip more when it is prepared, and takes the place of another.
 */

/** Times that a statement is asked as text before it counts as one that comes again. */
const before = 2
/** Statements that are counted at once. */
const mostCounted = 2000
/** Milliseconds in which nothing is prepared after a server had no room. */
const restMs = 60_000

/** What reads or writes rows; the server prepares nothing else, or gains nothing by it. */
const canBePrepared = /^\s*(set statement|select|insert|update|delete|with)\b/i

export class OftenAsked {
  readonly #most: number
  readonly #often = new Set<string>()
  readonly #counted = new Map<string, number>()
  #restsUntil = Number.NEGATIVE_INFINITY

  /** `most`: as many are ever taken; who comes later stays text. */
  constructor(most: number) {
    this.#most = most
  }

  /** Whether `text` is to be prepared, this time counted. */
  has(text: string): boolean {
    if (this.#often.has(text)) return performance.now() >= this.#restsUntil
    if (this.#often.size >= this.#most || !canBePrepared.test(text)) return false
    const asked = (this.#counted.get(text) ?? 0) + 1
    if (asked <= before) {
      // What is asked often is counted again soon.
      if (this.#counted.size >= mostCounted) this.#counted.clear()
      this.#counted.set(text, asked)
      return false
    }
    this.#counted.delete(text)
    this.#often.add(text)
    return performance.now() >= this.#restsUntil
  }

  /** The server has no room for more. */
  rest(): void {
    this.#restsUntil = performance.now() + restMs
  }
}
