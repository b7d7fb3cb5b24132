/**
 * The one way to run a command. An `Exec` gives every child a deadline, a cap on its output and the promise that
 * it dies with this process; it never builds a shell string. `local.ts` runs on this host; tests use `fake.ts`.
 *
 * It refuses to know what the command is for: callers turn an `ExecError` into the sentence a person needs.
 */

/**
 * Proof that the caller still owns what it is about to change. The child takes an exclusive advisory lock on
 * `lockFile`, then compares `number` with the highest number recorded there and refuses to run when a newer owner
 * has already been: a paused process that wakes up late changes nothing.
 */
export interface Fence {
  /** Absolute path of a file that is private to the instance; created when absent. */
  readonly lockFile: string
  /** Grows each time the lane changes hands. */
  readonly number: number
  /** Asked right before the child is started: false when this process may have slept through the end of its lease. */
  owned?(): boolean
  /**
   * Asked before `owned` where other hosts reach the same backend, whose records of numbers this host does not see: whether the
   * database still knows this owner.
   */
  confirm?(): Promise<boolean>
}

export interface RunOptions {
  /** The child is killed (its whole process group) after this many milliseconds. */
  readonly deadlineMs: number
  /** Output beyond this many bytes per stream ends the child with `ExecError.kind = 'output'`. Default 1 MiB. */
  readonly maxOutputBytes?: number
  /** Exit codes that are answers rather than failures. Default `[0]`. */
  readonly okCodes?: readonly number[]
  /** Written to the child's standard input, which is closed afterwards. */
  readonly input?: string
  /** Added to a minimal environment (PATH, LANG=C); the service's own environment is not handed down. */
  readonly env?: Readonly<Record<string, string>>
  /** Present on every command that changes something: see {@link Fence}. */
  readonly fence?: Fence
  readonly signal?: AbortSignal
}

export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Exec {
  /**
   * Runs `argv[0]` (looked up on PATH) with the other elements as arguments.
   *
   * Throws {@link ExecError}; it settles at most a second after `deadlineMs` even when the child can't be killed
   * (a process in uninterruptible sleep on a dead file system).
   */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>
}

export type ExecErrorKind =
  /** The program isn't installed. */
  | 'missing'
  /** It ended with a code outside `okCodes`, or by a signal of its own. */
  | 'exit'
  /** The deadline passed: it may have done its work. */
  | 'deadline'
  /** It printed more than `maxOutputBytes`. */
  | 'output'
  /** The fence refused: somebody newer owns the instance, nothing was run. */
  | 'fenced'
  /** `signal` was aborted. */
  | 'aborted'

/** Why a command failed; the message names the program and the last line it wrote to standard error. */
export class ExecError extends Error {
  readonly kind: ExecErrorKind
  readonly result: RunResult
  constructor(message: string, kind: ExecErrorKind, result: RunResult, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ExecError'
    this.kind = kind
    this.result = result
  }
}
