/** The guest's serial console as a shell: one command a line, its output, its exit code. See {@link file://./init.sh}. */
import { randomUUID } from 'node:crypto'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'

export interface ShellResult {
  /** The exit code. */
  readonly rc: number
  /** Both streams, without the last line's end. */
  readonly output: string
}

/** A terminal takes 4095 bytes a line. */
const maxCommandBytes = 3000
const maxOutputBytes = 4 * 1024 * 1024

export class Console {
  readonly #child: ChildProcessWithoutNullStreams
  #text = ''
  #said = ''
  #ended = false
  #changed: () => void = () => undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    const end = (): void => {
      this.#ended = true
      this.#changed()
    }
    child.on('close', end)
    child.on('error', end)
    child.stdin.on('error', () => undefined)
    child.stderr.on(
      'data',
      (chunk: Buffer) => void (this.#said = (this.#said + chunk.toString()).slice(-2000)),
    )
    child.stdout.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1')
      if (this.#text.length > maxOutputBytes) child.kill('SIGKILL')
      this.#changed()
    })
  }

  /** False when the guest isn't there in time. Throws when it ended, with its last words. */
  async ready(timeoutMs: number): Promise<boolean> {
    const found = await this.#take(/guest: ready\r?\n/, timeoutMs)
    const broken = /guest: .* can't be loaded/.exec(found?.before ?? '')
    if (broken !== null) throw new Error(broken[0])
    return found !== null
  }

  /** Commands wait for one another. Throws RangeError for what isn't one line, Error when no answer comes. */
  run(command: string, timeoutMs: number): Promise<ShellResult> {
    if (/[\n\r]/.test(command) || Buffer.byteLength(command) > maxCommandBytes) {
      return Promise.reject(new RangeError(`a command is one line of at most ${maxCommandBytes} bytes`))
    }
    const result = this.#last.then(() => this.#exchange(command, timeoutMs))
    this.#last = result.catch(() => undefined)
    return result
  }

  async #exchange(command: string, timeoutMs: number): Promise<ShellResult> {
    // No output can be taken for the end of the answer.
    const tag = randomUUID()
    this.#child.stdin.write(`${tag} ${command}\n`)
    const found = await this.#take(new RegExp(`\\n${tag} (\\d+)\\r?\\n`), timeoutMs)
    if (found === null) throw new Error(`the guest did not end within ${timeoutMs} ms: ${command}`)
    const output = Buffer.from(found.before, 'latin1').toString('utf8').replaceAll('\r', '')
    return { rc: Number(found.group), output: output.replace(/\n$/, '') }
  }

  /** Waits until `pattern` has come and takes the text up to its end; null when the time is over. */
  async #take(pattern: RegExp, timeoutMs: number): Promise<{ before: string; group: string } | null> {
    const until = performance.now() + timeoutMs
    for (;;) {
      const match = pattern.exec(this.#text)
      if (match !== null) {
        const before = this.#text.slice(0, match.index)
        this.#text = this.#text.slice(match.index + match[0].length)
        return { before, group: match[1] ?? '' }
      }
      if (this.#ended)
        throw new Error(`the guest ended: ${`${this.#said}\n${this.#text.slice(-500)}`.trim()}`)
      const left = until - performance.now()
      if (left <= 0) return null
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#changed = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }
}
