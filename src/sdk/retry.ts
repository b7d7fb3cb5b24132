/** When a request may be sent again, and how long to wait before: bounded, and honouring `Retry-After`. */
import { ApiError } from './api-error.ts'

export interface RetryPolicy {
  /** Requests in all, the first included. */
  readonly attempts: number
  /** Longest single wait; a server that asks for more is believed and the error is passed on. */
  readonly maxWaitMs: number
  readonly sleep: (ms: number) => Promise<void>
  /** 0 ≤ x < 1, for the jitter. */
  readonly random: () => number
}

export const defaultRetry: RetryPolicy = {
  attempts: 4,
  maxWaitMs: 30_000,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
}

/** Too many requests, not now, or nobody there. Not a missed deadline: the caller has waited as long as it wanted to. */
export const isPassing = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  (error.status === 429 ||
    error.status === 503 ||
    error.status === 502 ||
    error.status === 504 ||
    error.code === 'noConnection')

/**
 * Runs `send` until it answers, `mayRepeat` says no, or the attempts are used up; then the last error is thrown. Waits
 * `Retry-After` where the server gave one, else 0.25 s, 0.5 s, 1 s… with jitter.
 */
export async function withRetry<T>(
  policy: RetryPolicy,
  send: () => Promise<T>,
  mayRepeat: (error: ApiError) => Promise<boolean>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (!isPassing(error) || attempt >= policy.attempts) throw error
      const wait =
        error.retryAfter === null
          ? 250 * 2 ** (attempt - 1) * (0.5 + policy.random())
          : error.retryAfter * 1000
      if (wait > policy.maxWaitMs || !(await mayRepeat(error))) throw error
      await policy.sleep(wait)
    }
  }
}
