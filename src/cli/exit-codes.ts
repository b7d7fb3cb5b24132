/** What the exit code of `manila` means; scripts rely on it. */

export const exitCodes = {
  done: 0,
  /** The server refused, or the work failed. */
  failed: 1,
  /** The command line is wrong; nothing was sent. */
  usage: 2,
  /** No connection, no usable settings, or credentials that were refused. */
  noConnection: 3,
  /** `--wait` gave up; the work goes on at the server. */
  timedOut: 4,
  /** Ctrl-C; the work goes on at the server. */
  interrupted: 130,
} as const

/** A failure that has been explained on stderr already, or is by its own message. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure'
  readonly exitCode: number
  /** Further lines: cause, code, request id, advice. */
  readonly details: readonly string[]
  constructor(message: string, details: readonly string[] = [], exitCode: number = exitCodes.failed) {
    super(message)
    this.details = details
    this.exitCode = exitCode
  }
}
