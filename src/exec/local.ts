/**
 * Runs commands on this host. Every child leads a process group of its own, so that what it started ends with it;
 * the kernel kills it when this process dies; and a fenced child holds its lock through `exec` into the command itself,
 * so the lock lasts exactly as long as the effect.
 *
 * It promises to settle: a child that can't be killed (uninterruptible sleep on a dead file system) is left behind and
 * reported as `deadline`. It refuses to know what a command means, and it never builds a shell string.
 */
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { ExecError } from './exec.ts'
import { launcher } from './launcher.ts'
import type { Exec, ExecErrorKind, Fence, RunOptions, RunResult } from './exec.ts'
import type { Command, Finder } from './launcher.ts'

/** Where programs are looked for: Debian's own order; root's tools (`btrfs`, `losetup`) live in the sbin folders. */
export const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

const fenceRefusedCode = 113
const nothingRan: RunResult = { code: -1, stdout: '', stderr: '' }
const defaultMaxOutputBytes = 1024 * 1024
/** How long a killed child may take to end, and how long a pipe may stay open after its child ended. */
const settleMs = 800

/** What the kernel and the tools here can do; tests replace it to see how a host without them answers. */
export interface LocalOptions {
  /** Folders separated by `:`. Default {@link searchPath}. */
  readonly path?: string
}

/** Makes the {@link Exec} of this host. Needs `perl` (package perl-base) and, on Linux, `setpriv` (package util-linux). */
export function localExec(options: LocalOptions = {}): Exec {
  const path = options.path ?? searchPath
  const find = programFinder(path)
  return { run: (argv, runOptions) => runLocal(argv, runOptions, path, find) }
}

async function runLocal(
  argv: readonly string[],
  options: RunOptions,
  path: string,
  find: Finder,
): Promise<RunResult> {
  const [program = '', ...args] = argv
  const resolved = resolve(program, find)
  checkFence(options.fence)
  const start = launcher(find)
  if (options.signal?.aborted) {
    throw new ExecError(`${program} was not started: the call was stopped`, 'aborted', nothingRan)
  }
  await refuseLostOwner(program, options.fence)
  const env = { PATH: path, LANG: 'C', LC_ALL: 'C', ...options.env }
  return settle(start([resolved, ...args], env, options.input ?? '', options.fence ?? null), program, options)
}

/**
 * Throws `fenced` unless the owner may still be one. The lock and the record of numbers guard what is between this and the
 * effect.
 */
export async function refuseLostOwner(program: string, fence: Fence | undefined): Promise<void> {
  const confirmed = (await fence?.confirm?.().catch(() => false)) ?? true
  if (confirmed && fence?.owned?.() !== false) return
  throw new ExecError(`${program} was not run: the lease of its owner has run out`, 'fenced', nothingRan)
}

function settle(command: Command, program: string, options: RunOptions): Promise<RunResult> {
  const { promise, resolve: succeed, reject } = Promise.withResolvers<RunResult>()
  const okCodes = options.okCodes ?? [0]
  const limit = options.maxOutputBytes ?? defaultMaxOutputBytes
  const stdout = new Capture()
  const stderr = new Capture()
  let why: 'deadline' | 'output' | 'aborted' | null = null
  let code: number | null = null
  let giveUp: NodeJS.Timeout | undefined

  const deadline = setTimeout(() => stop('deadline'), options.deadlineMs)
  const onAbort = () => stop('aborted')
  options.signal?.addEventListener('abort', onAbort)
  command.listen({
    out: (chunk) => stdout.add(chunk, limit) || stop('output'),
    err: (chunk) => stderr.add(chunk, limit) || stop('output'),
    exit: (exitCode) => {
      code = exitCode
      giveUp ??= setTimeout(finish, settleMs)
    },
    closed: () => finish(),
    lost: (cause) => finish(cause),
  })
  return promise

  function stop(reason: 'deadline' | 'output' | 'aborted'): void {
    if (why !== null || code !== null) return
    why = reason
    command.kill()
    giveUp ??= setTimeout(finish, settleMs)
  }

  function finish(cause?: Error): void {
    clearTimeout(deadline)
    clearTimeout(giveUp)
    options.signal?.removeEventListener('abort', onAbort)
    command.leave()
    const result = { code: code ?? -1, stdout: stdout.text(), stderr: stderr.text() }
    const kind = kindOf(why, result, okCodes, cause)
    if (kind === null) return succeed(result)
    reject(new ExecError(sentence(kind, program, result, options, cause), kind, result, { cause }))
  }
}

function kindOf(
  why: ExecErrorKind | null,
  result: RunResult,
  okCodes: readonly number[],
  cause: Error | undefined,
): ExecErrorKind | null {
  if (why !== null) return why
  if (cause !== undefined) return 'exit'
  if (result.code === fenceRefusedCode && result.stderr.startsWith('manila-fence:')) return 'fenced'
  return okCodes.includes(result.code) ? null : 'exit'
}

function sentence(
  kind: ExecErrorKind,
  program: string,
  result: RunResult,
  options: RunOptions,
  cause: Error | undefined,
): string {
  const said = result.stderr.trim().split('\n').at(-1) ?? ''
  const tail = said === '' ? '' : `: ${said}`
  switch (kind) {
    case 'missing':
      return `${program} is not installed`
    case 'deadline':
      return `${program} took longer than ${options.deadlineMs} ms${tail}`
    case 'output':
      return `${program} printed more than ${options.maxOutputBytes ?? defaultMaxOutputBytes} bytes`
    case 'fenced':
      return `${program} was not run: a newer owner has the instance${tail}`
    case 'aborted':
      return `${program} was stopped before it ended${tail}`
    case 'exit':
      return cause === undefined
        ? `${program} ended with code ${result.code}${tail}`
        : `${program} was cut short: ${cause.message}`
  }
}

function checkFence(fence: Fence | undefined): void {
  if (fence === undefined || (Number.isSafeInteger(fence.number) && fence.number >= 0)) return
  throw new RangeError(`a fence number is a whole number from 0 up, not ${fence.number}`)
}

function resolve(program: string, find: Finder): string {
  const found = find(program)
  if (found === null) throw missing(program)
  return found
}

function missing(program: string): ExecError {
  return new ExecError(`${program} is not installed`, 'missing', nothingRan)
}

/** Looks programs up once; what was missing is looked for again, because an operator may have installed it since. */
function programFinder(path: string): Finder {
  const known = new Map<string, string>()
  return (program) => {
    const cached = known.get(program)
    if (cached !== undefined && isExecutable(cached)) return cached
    const candidates = program.includes('/')
      ? [program]
      : path.split(delimiter).map((folder) => join(folder, program))
    const found = candidates.find(isExecutable) ?? null
    if (found !== null) known.set(program, found)
    return found
  }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Collects one stream up to a limit. */
class Capture {
  readonly #chunks: Buffer[] = []
  #bytes = 0

  /** False once more than `limit` bytes have come; the surplus is dropped. */
  add(chunk: Buffer, limit: number): boolean {
    const room = limit - this.#bytes
    this.#bytes += chunk.length
    if (room > 0) this.#chunks.push(chunk.subarray(0, room))
    return this.#bytes <= limit
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
