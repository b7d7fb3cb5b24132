/**
 * One JSON line for each event, appended to a file or a pipe. Whoever writes a line waits for nothing: lines are kept, as many as
 * fit, until the file takes them. A full disk, a reader that stopped or went away cost lines, which are counted, never a request:
 * the rows in the database are what is promised, and these are their copy for other tools.
 */
import { closeSync, constants, fstatSync, mkdirSync, openSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { keepPrivate } from '../runtime/private-file.ts'

/** Characters kept for a file that takes none. */
const mostWaiting = 8 * 1024 * 1024
/** Of one write: whole lines of several processes do not mix in a file. */
const chunk = 64 * 1024
/** Milliseconds between two tries. */
const pauseMs = 1000

export interface SinkState {
  readonly state: 'ok' | 'failing' | 'off'
  /** Microseconds: of the present state. */
  readonly since: number
  readonly waiting: number
  /** Lost since the start of the process. */
  readonly dropped: number
  readonly reason: string
}

export class AuditStream {
  readonly #path: string
  readonly #now: () => number
  readonly #changed: (isOk: boolean, reason: string) => void
  #file: number | null = null
  #waiting: string[] = []
  #size = 0
  /** What is left of a write that was cut short. */
  #rest: Buffer | null = null
  #restLines = 0
  #writing: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #dropped = 0
  #isOk = true
  #since: number
  #reason = ''
  #ended = false

  /** Opens nothing yet. `changed` is told once each time. */
  constructor(path: string, now: () => number, changed: (isOk: boolean, reason: string) => void = () => {}) {
    this.#path = path
    this.#now = now
    this.#since = now()
    this.#changed = changed
  }

  get state(): SinkState {
    return {
      state: this.#isOk ? 'ok' : 'failing',
      since: this.#since,
      waiting: this.#waiting.length + this.#restLines,
      dropped: this.#dropped,
      reason: this.#reason,
    }
  }

  /** Takes the line, without its end. */
  line(text: string): void {
    if (this.#ended) return
    if (this.#size + text.length > mostWaiting) {
      this.#dropped++
      return
    }
    this.#waiting.push(text)
    this.#size += text.length + 1
    this.#kick()
  }

  /** The file is opened anew for what comes next: it was moved away. */
  reopen(): void {
    const file = this.#file
    this.#file = null
    if (file !== null) void (this.#writing ?? Promise.resolve()).then(() => closeSync(file))
    this.#kick()
  }

  /** Tries once more to get rid of what waits; resolves when that is done, or failed, or after `graceMs`. */
  async close(graceMs = 1000): Promise<void> {
    this.#kick()
    await Promise.race([this.#writing, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
    this.#ended = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // While a write is under way the descriptor is its own.
    if (this.#file !== null && this.#writing === null) closeSync(this.#file)
    this.#file = null
  }

  #kick(): void {
    if (this.#writing !== null || this.#timer !== null || this.#ended) return
    if (this.#waiting.length === 0 && this.#rest === null) return
    this.#writing = this.#drain().then(
      () => {
        this.#writing = null
        this.#became(true, '')
        this.#kick()
      },
      (error: unknown) => {
        this.#writing = null
        this.#became(false, (error as NodeJS.ErrnoException).code ?? String(error))
        this.#lost(error)
        this.#timer = setTimeout(() => {
          this.#timer = null
          this.#kick()
        }, pauseMs)
        this.#timer.unref()
      },
    )
  }

  async #drain(): Promise<void> {
    while (this.#rest !== null || this.#waiting.length > 0) {
      const file = (this.#file ??= open(this.#path))
      this.#rest ??= this.#take()
      const written = await appended(file, this.#rest)
      this.#rest = written < this.#rest.length ? this.#rest.subarray(written) : null
      if (this.#rest === null) this.#restLines = 0
    }
  }

  #take(): Buffer {
    let size = 0
    let lines = 0
    while (lines < this.#waiting.length && (lines === 0 || size < chunk))
      size += (this.#waiting[lines++] ?? '').length + 1
    const some = this.#waiting.splice(0, lines)
    this.#size -= size
    this.#restLines = lines
    return Buffer.from(`${some.join('\n')}\n`)
  }

  /** A pipe that nobody reads any more is looked for again by its name; what is only full, is not. */
  #lost(error: unknown): void {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN' || code === 'ENOSPC' || code === 'EDQUOT' || this.#file === null) return
    closeSync(this.#file)
    this.#file = null
  }

  #became(isOk: boolean, reason: string): void {
    this.#reason = reason
    if (isOk === this.#isOk) return
    this.#isOk = isOk
    this.#since = this.#now()
    this.#changed(isOk, reason)
  }
}

/** Never waits: a pipe without a reader is an error, and a full one too. */
function open(path: string): number {
  mkdirSync(dirname(path), { recursive: true })
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants
  const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o640)
  // It tells who did what from where.
  if (fstatSync(file).isFile()) keepPrivate(path, 0o640)
  return file
}

const appended = (file: number, bytes: Buffer): Promise<number> =>
  new Promise((resolve, reject) =>
    write(file, bytes, 0, bytes.length, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    ),
  )
