/** What a command may use of the world around it: where to write, whether a person is watching, when to stop. */

export interface Session {
  /** Lines for people besides the result: notes, progress. Control characters must be escaped already. */
  readonly note: (line: string) => void
  /** Lines of a result that comes bit by bit. Control characters must be escaped already. */
  readonly print: (line: string) => void
  /** For the progress bar; without line ends. */
  readonly draw: (text: string) => void
  /** stderr is a terminal of this many columns; null = it is none. */
  readonly columns: number | null
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends waits: Ctrl-C. */
  readonly signal: AbortSignal
  /** `--timeout`: how long `--wait` waits, milliseconds; null = as long as it takes. */
  readonly waitMs: number | null
}
