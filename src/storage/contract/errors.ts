/** How a driver or an exporter fails: one error, with one of three outcomes. */

export type Outcome =
  /** The world is as it was before the call. */
  | 'nothing-happened'
  /** The call may have taken effect (deadline, lost connection): it is repeated with the same arguments. */
  | 'maybe-happened'
  /** This pool can't take the share; another might. Goes back to the scheduler. */
  | 'no-room-here'

/** What the failure is about, where a user message of its own exists (api.md §1 calls these detail ids). */
export type DriverReason =
  | 'shrink-would-lose-data'
  | 'access-type-unsupported'
  | 'access-level-unsupported'
  | 'client-forbidden'
  | 'size-mismatch'
  | 'not-found'
  | 'busy'
  /** What serves it has to let go of it before the call can do its work: the export is withdrawn and the call repeated. */
  | 'withdraw-first'
  /** The caller does not own the instance any more, or may not: whoever does repeats the work. */
  | 'fenced'
  | 'unsupported'
  | 'host-lacks'

/** The same in every copy of this file: an outside driver brings its own along, and so does each bundle. */
const brand: unique symbol = Symbol.for('manila.DriverError') as never

/** Whether a driver threw it on purpose, whichever copy of {@link DriverError} it is of. */
export const isDriverError = (error: unknown): error is DriverError =>
  typeof error === 'object' && error !== null && (error as { [brand]?: unknown })[brand] === true

/**
 * The only error a driver throws on purpose; told by {@link isDriverError}. Anything else that escapes is treated as `maybe-happened`, retried and
 * logged with its stack.
 */
export class DriverError extends Error {
  readonly outcome: Outcome
  /** Seconds after which a repeat may help; null when a repeat can't help until a person acts. */
  readonly retryAfterS: number | null
  readonly reason: DriverReason | null
  constructor(
    message: string,
    outcome: Outcome,
    options: ErrorOptions & { retryAfterS?: number | null; reason?: DriverReason } = {},
  ) {
    super(message, options)
    this.name = 'DriverError'
    this.outcome = outcome
    this.retryAfterS =
      options.retryAfterS === undefined ? (outcome === 'maybe-happened' ? 1 : null) : options.retryAfterS
    this.reason = options.reason ?? null
  }
  get [brand](): true {
    return true
  }
}
