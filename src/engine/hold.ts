/**
 * How long this process may believe that lanes are its own. The database decides who holds a lease; this is the
 * process's own side of it, by a clock that goes on while the process is paused: whoever slept longer than a lease lasts
 * finds here, before any effect, that the work is somebody else's now.
 */
import { leaseTtlS } from '../db/store/leases.ts'

/** Milliseconds before the lease's end at which its holder stops trusting it: the time a command needs to begin. */
const marginMs = 1000

export class Hold {
  /** The lanes that are held. */
  lanes: readonly string[] = []
  #sinceMs = Number.NEGATIVE_INFINITY

  /** `askedAtMs` is {@link monotonicMs} before the statement was sent that took the leases. */
  taken(lanes: readonly string[], askedAtMs: number): void {
    this.lanes = lanes
    this.#sinceMs = askedAtMs
  }

  /** A renewal that named all lanes; `askedAtMs` as in {@link Hold.taken}. */
  renewed(askedAtMs: number): void {
    this.#sinceMs = Math.max(this.#sinceMs, askedAtMs)
  }

  /** False when the leases may have run out: nothing may be changed any more. */
  get lasts(): boolean {
    return monotonicMs() < this.#sinceMs + leaseTtlS * 1000 - marginMs
  }
}

/** Milliseconds of a clock that is never set and does not stop while the process does. */
export const monotonicMs = (): number => performance.now()
