/**
 * A child that stays and answers questions, one JSON object a line each way, for tools whose start costs more than their
 * work. It is started by the first question and replaced when it ended or hangs. When this process ends, however, the
 * child reads the end of its input, and must end by itself: it may have to let go of something first.
 *
 * It promises the same as `Exec.run`: a deadline for each question, and no question by an owner whose lease may have run
 * out. It refuses to know what is asked.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ExecError } from './exec.ts'
import { refuseLostOwner, searchPath } from './local.ts'
import type { ChildProcess } from 'node:child_process'
import type { ExecErrorKind, RunOptions } from './exec.ts'

export interface Helper {
  /**
   * Asks, and answers what the child's line with the same `id` says. A question whose deadline passes or whose signal is
   * aborted is taken back: the child is sent `{ id, cancel: true }` and stops before its next step.
   *
   * Throws {@link ExecError}: `exit` when the child ended before it answered.
   */
  ask(question: object, options: Pick<RunOptions, 'deadlineMs' | 'signal' | 'fence'>): Promise<object>
  /** Lets the child end; the next question starts another. */
  end(): void
}

interface Running {
  readonly child: ChildProcess
  readonly waiting: Map<number, { answer(line: object): void; fail(why: string): void }>
}

/** A child that was told to stop and doesn't answer for this long is stuck, and is killed. */
const stuckMs = 3000
/** A child that was let go may take this long to end. */
const leaveMs = 15_000
/** A line longer than this is no answer. */
const longestLine = 64 * 1024 * 1024

/** The helper that `argv` starts; nothing runs before the first question. */
export function helper(argv: readonly string[]): Helper {
  const name = argv[0] ?? ''
  let running: Running | null = null
  let lastId = 0

  function start(): Running {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      detached: true,
      env: { PATH: searchPath, LANG: 'C', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const started: Running = { child, waiting: new Map() }
    let said = ''
    const over = (why: string) => {
      if (running === started) running = null
      for (const { fail } of started.waiting.values()) fail(why)
      started.waiting.clear()
    }
    child.stdin?.on('error', () => undefined)
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)))
    child.on('error', (cause) => over(cause.message))
    child.on('exit', () => over(said.trim().split('\n').at(-1) ?? ''))
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.length > longestLine) return kill(started)
      const answer = parsed(line)
      const waiting = started.waiting.get(answer.id ?? 0)
      started.waiting.delete(answer.id ?? 0)
      waiting?.answer(answer)
    })
    // Pending questions keep this process alive by their deadlines; the helper alone doesn't.
    child.unref()
    for (const stream of [child.stdin, child.stdout, child.stderr])
      (stream as unknown as { unref(): void }).unref()
    return started
  }

  return {
    async ask(question, { deadlineMs, signal, fence }) {
      if (signal?.aborted) throw failure('aborted', `${name} was not asked: the call was stopped`)
      await refuseLostOwner(name, fence)
      const to = (running ??= start())
      const id = ++lastId
      const { promise, resolve, reject } = Promise.withResolvers<object>()
      const send = (line: object) => to.child.stdin?.write(`${JSON.stringify(line)}\n`)
      const takeBack = (kind: 'deadline' | 'aborted', why: string) => {
        send({ id, cancel: true })
        const stuck = setTimeout(() => kill(to), stuckMs).unref()
        to.waiting.set(id, { answer: () => clearTimeout(stuck), fail: () => clearTimeout(stuck) })
        reject(failure(kind, why))
      }
      const onAbort = () => takeBack('aborted', `${name} was stopped before it answered`)
      const deadline = setTimeout(
        () => takeBack('deadline', `${name} took longer than ${deadlineMs} ms`),
        deadlineMs,
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      to.waiting.set(id, {
        answer: resolve,
        fail: (why) =>
          reject(failure('exit', `${name} ended before it answered${why === '' ? '' : `: ${why}`}`)),
      })
      send({ ...question, id })
      try {
        return await promise
      } finally {
        clearTimeout(deadline)
        signal?.removeEventListener('abort', onAbort)
      }
    },
    end() {
      const ending = running
      running = null
      if (ending === null) return
      ending.child.stdin?.end()
      setTimeout(() => kill(ending), leaveMs).unref()
    },
  }
}

function parsed(line: string): { id?: number } {
  try {
    return JSON.parse(line) as { id?: number }
  } catch {
    // Something that a library printed.
    return {}
  }
}

function kill({ child }: Running): void {
  child.kill('SIGKILL')
}

function failure(kind: ExecErrorKind, message: string): ExecError {
  return new ExecError(message, kind, { code: -1, stdout: '', stderr: '' })
}
