/**
 * A private server process for tests, the cluster and chaos: runs as the account its package made, ends with the process
 * that started it, and can be killed, paused and started again on the same data. Nothing here knows what it serves.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface DaemonPlan {
  /** For messages. */
  readonly name: string
  /** Whom it runs as when we are root; itself otherwise. */
  readonly account: string
  readonly command: readonly [program: string, ...args: string[]]
  /** Where its output goes. */
  readonly logFile: string
  /** Ends it cleanly, and at once. */
  readonly endSignal: 'SIGINT' | 'SIGTERM'
  /** A command that succeeds once it serves. */
  readonly probe: readonly [program: string, ...args: string[]]
}

export interface Daemon {
  /** 0 while it does not run. */
  readonly pid: number
  start(): Promise<void>
  /** Cleanly. */
  stop(): Promise<void>
  /** With SIGKILL, and every process it started; its data stays, and nothing is left that would be in the way of a start. */
  kill(): Promise<void>
  /** SIGSTOP and SIGCONT, for the server and every process it started. */
  pause(): void
  resume(): void
}

/** Milliseconds a server gets to serve, or to end. */
const limitMs = 60_000

export function daemon(plan: DaemonPlan): Daemon {
  let child: ChildProcess | null = null
  let ended: Promise<void> = Promise.resolve()

  const end = async (signal: 'SIGINT' | 'SIGTERM'): Promise<void> => {
    if (child?.pid === undefined) return
    signalTree(child.pid, 'SIGCONT')
    child.kill(signal)
    const late = setTimeout(() => void kill(), limitMs)
    await ended
    clearTimeout(late)
  }

  /**
   * The server alone would not do: PostgreSQL's own processes notice its death when they are scheduled next, and on a busy machine it
   * was started before that and refused, once in eight times, because of the memory they still had.
   */
  const kill = async (): Promise<void> => {
    if (child?.pid === undefined) return
    const all = await frozenTree(child.pid)
    for (const pid of all) sendTo(pid, 'SIGKILL')
    await ended
    for (const until = Date.now() + limitMs; all.some(runs) && Date.now() < until;) await pause(10)
  }

  return {
    get pid() {
      return child?.pid ?? 0
    },
    async start() {
      if (child !== null) return
      const log = openSync(plan.logFile, 'a')
      const [program, ...args] = mortal(plan)
      // Ctrl-C is for whoever started it, who ends it when nobody needs it any more.
      const started = spawn(program, args, { stdio: ['ignore', log, log], cwd: '/', detached: true })
      closeSync(log)
      child = started
      ended = new Promise<void>((resolve) => {
        started.once('error', () => resolve())
        started.once('exit', () => resolve())
      }).then(() => void (child = null))
      // A test run that is over must not wait for its servers; they end with it.
      started.unref()
      const deadline = Date.now() + limitMs
      while ((await run(plan.probe)).code !== 0) {
        if (child === null || Date.now() > deadline) {
          await kill()
          throw new Error(`${plan.name} does not serve: ${tail(plan.logFile)}`)
        }
        await pause(30)
      }
    },
    stop: () => end(plan.endSignal),
    kill,
    pause: () => child?.pid !== undefined && signalTree(child.pid, 'SIGSTOP'),
    resume: () => child?.pid !== undefined && signalTree(child.pid, 'SIGCONT'),
  }
}

/** Runs the command as its account, and has the kernel end it when we die. */
function mortal({ account, command, endSignal }: DaemonPlan): [string, ...string[]] {
  return ['setpriv', ...asAccount(account), '--pdeathsig', endSignal.replace('SIG', ''), '--', ...command]
}

const asAccount = (account: string): string[] =>
  process.getuid?.() === 0 ? [`--reuid=${account}`, `--regid=${account}`, '--clear-groups'] : []

/** The daemon with what else its owner says of it; getters of both stay getters. */
export function daemonWith<Whole extends Daemon>(process: Daemon, extra: Omit<Whole, keyof Daemon>): Whole {
  const both = { ...Object.getOwnPropertyDescriptors(process), ...Object.getOwnPropertyDescriptors(extra) }
  return Object.defineProperties({}, both) as Whole
}

/** Runs a command to its end as `account` when we are root; throws what it said. */
export async function runAs(account: string, command: readonly string[]): Promise<void> {
  const { code, said } = await run(['setpriv', ...asAccount(account), '--', ...command])
  if (code !== 0) throw new Error(`${command[0]} failed (${code}): ${said}`)
}

function run([program = '', ...args]: readonly string[]): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => void (said = (said + chunk.toString()).slice(-4000)))
    }
    child.on('error', (error) => resolve({ code: 127, said: error.message }))
    child.on('close', (code) => resolve({ code, said }))
  })
}

/** A new directory that belongs to `account`, short enough for a socket inside. */
export function homeFor(account: string, prefix: string): string {
  const dir = mkdtempSync(join(tmpdir(), prefix))
  chmodSync(dir, 0o755)
  if (process.getuid?.() === 0) {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, account]).stdout.toString()))
    chownSync(dir, uid ?? 0, gid ?? 0)
  }
  return dir
}

/** Writes a file in such a directory that its owner reads and nobody else. */
export function writeOwned(dir: string, name: string, content: string | Buffer): string {
  const path = join(dir, name)
  writeFileSync(path, content, { mode: 0o600 })
  const { uid, gid } = statSync(dir)
  if (process.getuid?.() === 0) chownSync(path, uid, gid)
  return path
}

export const removeHome = (dir: string): void => rmSync(dir, { recursive: true, force: true, maxRetries: 3 })

/** Parents first, so that a paused one starts no more. */
function signalTree(pid: number, signal: NodeJS.Signals): void {
  sendTo(pid, signal)
  for (const child of childrenOf(pid)) signalTree(child, signal)
}

/** Milliseconds a process gets to stop where it is. */
const freezeMs = 1000

/** The process and all below it, each stopped before it is asked what it started, so that none is missed. */
async function frozenTree(pid: number): Promise<number[]> {
  sendTo(pid, 'SIGSTOP')
  for (const until = Date.now() + freezeMs; /[RSD]/.test(stateOf(pid)) && Date.now() < until;) await pause(1)
  const below = await Promise.all(childrenOf(pid).map(frozenTree))
  return [pid, ...below.flat()]
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return text.split(' ').flatMap((one) => (one === '' ? [] : [Number(one)]))
  } catch {
    return []
  }
}

/** The letter of proc(5); empty for one that is gone. */
function stateOf(pid: number): string {
  try {
    return /^.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? ''
  } catch {
    return ''
  }
}

/** One that only waits to be collected has let go of everything. */
export const runs = (pid: number): boolean => !['', 'Z', 'X'].includes(stateOf(pid))

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

function tail(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join(' | ')
  } catch {
    return 'it wrote no log'
  }
}
