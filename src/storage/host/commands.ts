/**
 * The commands of one driver or exporter call: they share the call's deadline, carry its fence when they change
 * something, and turn what went wrong into the {@link DriverError} that the contract asks for.
 *
 * It refuses to know which commands there are.
 */
import { ExecError } from '../../exec/exec.ts'
import { DriverError } from '../contract/driver.ts'
import type { Exec, RunOptions, RunResult } from '../../exec/exec.ts'
import { inSpan } from '../../tracing/spans.ts'
import type { CallContext, DriverLog } from '../contract/driver.ts'

/** What a command may be given besides its arguments. */
export type CommandOptions = Pick<RunOptions, 'okCodes' | 'input' | 'env' | 'maxOutputBytes'>

export interface Commands {
  readonly call: CallContext
  /** Runs a command that only looks. Throws {@link ExecError} or, when no time is left, {@link DriverError}. */
  look(argv: readonly string[], options?: CommandOptions): Promise<RunResult>
  /** Runs a command that changes something: the fence, when the call has one, is checked under its lock. */
  change(argv: readonly string[], options?: CommandOptions): Promise<RunResult>
  /** Milliseconds left of the call, never negative. */
  remainingMs(): number
}

/** Which Debian package has each program that a backend may lack. */
const packageOf: Readonly<Record<string, string>> = {
  btrfs: 'btrfs-progs',
  'mkfs.btrfs': 'btrfs-progs',
  'mkfs.xfs': 'xfsprogs',
  xfs_db: 'xfsprogs',
  chattr: 'e2fsprogs',
  setpriv: 'util-linux',
  setsid: 'util-linux',
  losetup: 'mount',
  mount: 'mount',
  umount: 'mount',
  modprobe: 'kmod',
  perl: 'perl-base',
  'ganesha.nfsd': 'nfs-ganesha and nfs-ganesha-vfs',
  'dbus-daemon': 'dbus-daemon (in older releases: dbus)',
  'dbus-send': 'dbus-bin (in older releases: dbus)',
}

/** Starts the clock of a call. Make one per call of the contract, not per command. */
export function commandsOf(exec: Exec, call: CallContext): Commands {
  const end = performance.now() + call.deadlineMs
  const remainingMs = () => Math.max(0, end - performance.now())
  const options = (given: CommandOptions): RunOptions => {
    const deadlineMs = Math.ceil(remainingMs())
    if (deadlineMs === 0) throw new DriverError('the call ran out of time', 'maybe-happened')
    return { ...given, deadlineMs, signal: call.signal }
  }
  return {
    call,
    look: (argv, given = {}) => told(call.log, argv, () => exec.run(argv, options(given))),
    change: (argv, given = {}) =>
      told(call.log, argv, () =>
        exec.run(argv, { ...options(given), ...(call.fence === null ? {} : { fence: call.fence }) }),
      ),
    remainingMs,
  }
}

/** Says what was run for whom, and puts it into the trace. What a command reads and prints may be secret and is not said. */
async function told(
  log: DriverLog,
  argv: readonly string[],
  run: () => Promise<RunResult>,
): Promise<RunResult> {
  const began = performance.now()
  const say = (code: number) =>
    log.debug?.({ command: argv, code, ms: Math.round(performance.now() - began) }, 'a command ended')
  return inSpan(`run ${argv[0] ?? ''}`, {}, async (span) => {
    try {
      const result = await run()
      span.setAttribute('process.exit.code', result.code)
      say(result.code)
      return result
    } catch (error) {
      if (error instanceof ExecError) say(error.result.code)
      throw error
    }
  })
}

/**
 * Runs `work` and rethrows what it throws as a {@link DriverError} that begins with `what` (“creating share …”):
 * a missing program is `host-lacks` and names its Debian package, a full disk or quota is `no-room-here` when
 * `fullMeans` says so, everything else may have happened.
 */
export async function attempt<T>(
  what: string,
  work: () => Promise<T>,
  options: { fullMeans?: 'no-room-here' } = {},
): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw toDriverError(what, cause, options.fullMeans)
  }
}

function toDriverError(what: string, cause: unknown, fullMeans: 'no-room-here' | undefined): unknown {
  if (!(cause instanceof ExecError)) return cause
  const message = `${what}: ${cause.message}`
  switch (cause.kind) {
    case 'missing':
      return lacking(message, cause)
    case 'fenced':
      // What is there now is the newer owner's; a repeat by this one can only be refused again.
      return new DriverError(message, 'nothing-happened', { cause, reason: 'fenced' })
    case 'deadline':
    case 'aborted':
    case 'output':
      return new DriverError(message, 'maybe-happened', { cause })
    case 'exit':
      if (fullMeans !== undefined && isFull(cause)) return new DriverError(message, fullMeans, { cause })
      return new DriverError(message, 'maybe-happened', { cause, retryAfterS: 5 })
  }
}

function lacking(message: string, cause: ExecError): DriverError {
  const program = /^(\S+) is not installed/.exec(cause.message)?.[1] ?? ''
  const from = packageOf[program.split('/').at(-1) ?? '']
  const advice = from === undefined ? message : `${message}; install the Debian package ${from}`
  return new DriverError(advice, 'nothing-happened', { cause, reason: 'host-lacks' })
}

/** True when a command failed because the file system or a quota is full. */
export function isFull(error: ExecError): boolean {
  return /no space left|disk quota exceeded/i.test(error.result.stderr)
}

/** True when a command failed because what it was given doesn't exist. */
export function isAbsent(error: unknown): boolean {
  return error instanceof ExecError && /no such file or directory/i.test(error.result.stderr)
}

/** Throws unless `pool` is the one pool that the backend has. */
export function checkPool(pool: string, only: string): void {
  if (pool === only) return
  throw new DriverError(
    `there is no pool ${JSON.stringify(pool.slice(0, 64))}; this backend has ${only}`,
    'nothing-happened',
    { reason: 'not-found' },
  )
}

/** A failure that a person has to mend; `message` says how. */
export function hostLacks(message: string, cause?: unknown): DriverError {
  return new DriverError(message, 'nothing-happened', { cause, reason: 'host-lacks' })
}
