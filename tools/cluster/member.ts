/** One program of the cluster in a process of its own, started again when it ends, as an init system would. */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface MemberPlan {
  /** `share-b2` */
  readonly name: string
  /** `manila-share` */
  readonly program: string
  readonly configFile: string
  readonly logFile: string
  /** Null where no API is served. */
  readonly apiPort: number | null
  /** Where its metrics are. */
  readonly metricsUrl: string
  readonly env?: Readonly<Record<string, string>>
  /** Where the program's code is: this checkout, or one of another release. */
  readonly root?: string
}

export interface Member extends MemberPlan {
  /** 0 while it does not run. */
  readonly pid: number
  /** How often it was started. */
  readonly starts: number
  start(): void
  /** SIGKILL; it is started again. */
  kill(): void
  /** SIGSTOP and SIGCONT. */
  pause(): void
  resume(): void
  /** SIGTERM, and the end of starting it again. Insists with SIGKILL after `patienceMs`. */
  stop(patienceMs?: number): Promise<void>
  /** SIGTERM; it is started again when it has ended, with the code in `root` when that is given. */
  restart(root?: string): Promise<void>
}

/** Milliseconds before a process that ended is started again; doubles while it does not live long. */
const [firstPauseMs, longestPauseMs] = [300, 5000]
/** Milliseconds after which a life counts as long. */
const longLifeMs = 10_000

const ownRoot = fileURLToPath(new URL('../..', import.meta.url))

export function member(plan: MemberPlan): Member {
  let root = plan.root ?? ownRoot
  let child: ChildProcess | null = null
  let ended: Promise<void> = Promise.resolve()
  let stopping = false
  let starts = 0
  let pauseMs = firstPauseMs
  let again: NodeJS.Timeout | undefined

  const launch = (): void => {
    if (stopping || child !== null) return
    const log = openSync(plan.logFile, 'a', 0o640)
    const startedAt = performance.now()
    starts += 1
    const bin = join(root, 'src', 'bin', `${plan.program}.mjs`)
    const started = spawn(process.execPath, [bin, '--config', plan.configFile, '--log', plan.logFile], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...plan.env },
      // Ctrl-C is for the cluster, which stops its members in order.
      detached: true,
    })
    closeSync(log)
    child = started
    ended = new Promise((resolve) => {
      const over = (): void => {
        child = null
        pauseMs =
          performance.now() - startedAt > longLifeMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2)
        if (!stopping) again = setTimeout(launch, pauseMs)
        resolve()
      }
      started.once('error', over)
      started.once('exit', over)
    })
  }
  const signal = (name: NodeJS.Signals): void => {
    if (child !== null) child.kill(name)
  }
  const end = async (patienceMs: number): Promise<void> => {
    signal('SIGCONT')
    signal('SIGTERM')
    const late = setTimeout(() => signal('SIGKILL'), patienceMs)
    await ended
    clearTimeout(late)
  }
  return {
    ...plan,
    get pid() {
      return child?.pid ?? 0
    },
    get starts() {
      return starts
    },
    start() {
      stopping = false
      launch()
    },
    kill: () => signal('SIGKILL'),
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop(patienceMs = 15_000) {
      stopping = true
      clearTimeout(again)
      await end(patienceMs)
    },
    async restart(newRoot) {
      root = newRoot ?? root
      await end(15_000)
      clearTimeout(again)
      launch()
    },
  }
}
