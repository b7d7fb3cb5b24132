/** Something that is set up again and again until it works, with longer pauses each time. */

const longestPauseMs = 60_000

export interface SettingUp {
  /** True from when it worked. */
  readonly up: boolean
  /** Why the last try failed; null when none did, or it worked. */
  readonly reason: string | null
  /** Tries that failed since the start. */
  readonly failures: number
  /** Settles when the try under way has ended, whatever came of it. */
  readonly underWay: Promise<void>
  start(): void
  /** No try begins any more; the one under way goes on. */
  stop(): void
}

export interface SettingUpParts {
  /** Milliseconds before the second try; doubles up to {@link longestPauseMs}. */
  readonly firstPauseMs: number
  /** One try. */
  setUp(): Promise<void>
  /** Told after each try that failed; the next begins after `pauseMs`. */
  failed(error: unknown, pauseMs: number): Promise<void>
  /** Told once, when it worked. */
  worked(): Promise<void>
}

export function settingUp(parts: SettingUpParts): SettingUp {
  let up = false
  let reason: string | null = null
  let failures = 0
  let stopped = false
  let pause: NodeJS.Timeout | undefined
  let underWay: Promise<void> = Promise.resolve()

  const attempt = async (pauseMs: number): Promise<void> => {
    try {
      await parts.setUp()
    } catch (error) {
      if (stopped) return
      failures++
      reason = error instanceof Error ? error.message : String(error)
      await parts.failed(error, pauseMs)
      if (stopped) return
      pause = setTimeout(() => {
        underWay = attempt(Math.min(longestPauseMs, pauseMs * 2))
      }, pauseMs).unref()
      return
    }
    if (stopped) return
    reason = null
    up = true
    await parts.worked()
  }

  return {
    get up() {
      return up
    },
    get reason() {
      return reason
    },
    get failures() {
      return failures
    },
    get underWay() {
      return underWay
    },
    start() {
      underWay = stopped ? underWay : attempt(parts.firstPauseMs)
    },
    stop() {
      stopped = true
      clearTimeout(pause)
    },
  }
}
