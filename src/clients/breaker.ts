/**
 * Keeps callers from waiting for a neighbour that is away. After some failures in a row it is open: nobody is let through, and
 * one small question is asked again and again until it is answered; then it is closed and everybody is let through.
 */

export interface BreakerOptions {
  /** In a row, after which it opens. */
  readonly failures: number
  /** Milliseconds between the end of one question and the next. */
  readonly everyMs: number
  /** Resolves when the neighbour answers, rejects within a second or so when it doesn't. */
  readonly probe: () => Promise<void>
  /** Told once each time. */
  readonly changed: (state: 'open' | 'closed', cause: unknown) => void
}

export class Breaker {
  readonly #options: BreakerOptions
  #failures = 0
  #isOpen = false
  #reason: string | null = null
  #answeredAt: number | null = null
  #timer: NodeJS.Timeout | null = null
  #ended = false

  constructor(options: BreakerOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** What the last failure was; null after an answer. */
  get reason(): string | null {
    return this.#reason
  }

  /** When the neighbour last answered, microseconds since the epoch. */
  get answeredAt(): number | null {
    return this.#answeredAt
  }

  succeeded(): void {
    this.#failures = 0
    this.#reason = null
    this.#answeredAt = Date.now() * 1000
  }

  failed(cause: unknown): void {
    this.#reason = cause instanceof Error ? cause.message : String(cause)
    if (this.#isOpen || this.#ended || ++this.#failures < this.#options.failures) return
    this.#isOpen = true
    this.#options.changed('open', cause)
    this.#askLater()
  }

  /** It asks no more. */
  end(): void {
    this.#ended = true
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #askLater(): void {
    if (this.#ended) return
    this.#timer = setTimeout(() => {
      this.#options.probe().then(
        () => {
          this.succeeded()
          this.#isOpen = false
          this.#options.changed('closed', null)
        },
        () => this.#askLater(),
      )
    }, this.#options.everyMs)
    // A process that has nothing else to do may end.
    this.#timer.unref()
  }
}
