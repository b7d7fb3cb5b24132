/**
 * Runs the steps of driver calls on the cluster, by one child per backend and process (`agent.py`, Debian's own Ceph
 * modules) that stays connected: docs/decisions/0013-cephfs.md has the figures against the `ceph` program. Who may change
 * a share is decided by a lock and a number in the cluster itself, so that it holds for every host.
 */
import { fileURLToPath } from 'node:url'
import { ExecError } from '../../../exec/exec.ts'
import { helper } from '../../../exec/helper.ts'
import { hostLacks } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import type { Helper } from '../../../exec/helper.ts'
import type { CallContext } from '../../contract/driver.ts'
import type { CephfsOptions } from './config.ts'

/** A step ends the run when it answers a code (0 or a negative errno) that is not in `ok`; default `[0]`. */
export type Step = { readonly ok?: readonly number[] | 'any' } & (
  | {
      readonly do: 'mgr' | 'mon'
      readonly command: Readonly<Record<string, string | number | boolean>>
      /** Codes on which the command is sent again, for at most `again_for_s` seconds. */
      readonly again?: readonly number[]
      readonly again_for_s?: number
    }
  /** Paths are below /volumes. Sets a link, whatever was there. */
  | { readonly do: 'link'; readonly path: string; readonly target: string }
  /** Sets a link unless there is another that doesn't say `over`; then EEXIST. */
  | { readonly do: 'claim'; readonly path: string; readonly target: string; readonly over: string }
  /** ESTALE unless the link says `value`; null: unless there is none. */
  | { readonly do: 'expect'; readonly path: string; readonly value: string | null }
  | { readonly do: 'unlink'; readonly paths: readonly string[] }
  | { readonly do: 'readlink' | 'list' | 'links'; readonly path: string }
  | { readonly do: 'list_each'; readonly path: string; readonly below: string }
  | { readonly do: 'sizes'; readonly paths: readonly string[] }
)

export interface StepResult {
  /** 0 or a negative errno. */
  readonly code: number
  /** What a `mgr` or `mon` command printed. */
  readonly out?: string
  readonly err?: string
  /** What the other steps found. */
  readonly value?: unknown
}

/** Negative errno of Linux, as Ceph answers them. */
export const codes = {
  notPermitted: -1,
  notFound: -2,
  again: -11,
  denied: -13,
  exists: -17,
  invalid: -22,
  full: -28,
  notEmpty: -39,
  unsupported: -95,
  notConnected: -107,
  shutDown: -108,
  stale: -116,
  overQuota: -122,
} as const

/** The seconds after which the lock of an owner that died or was paused is free for the next. */
const lockTtlS = 5
const script = fileURLToPath(new URL('agent.py', import.meta.url))
/** Debian's, which has Debian's modules; another one found first on PATH would not. */
const python = '/usr/bin/python3'

/** The child; nothing runs before the first call. */
export function agentProcess({ conf_file, client_id, keyring, filesystem }: CephfsOptions): Helper {
  const cluster = { conf: conf_file, user: client_id, keyring: keyring ?? null, filesystem }
  return helper([python, '-I', script, JSON.stringify(cluster)])
}

export interface Agent {
  readonly call: CallContext
  /** Milliseconds left of the call, never negative. */
  remainingMs(): number
  /** Runs steps that change nothing. Answers one result per step that ran; the last may have a code outside its `ok`. */
  look(steps: readonly Step[]): Promise<readonly StepResult[]>
  /** Runs steps as the owner of the share instance `id`; refused when the call's fence is an older owner's. */
  change(id: string, steps: readonly Step[]): Promise<readonly StepResult[]>
}

/** What the child answers. */
interface Answer {
  readonly results?: readonly StepResult[]
  readonly failed?: 'fenced' | 'cancelled' | 'unreachable' | 'modules' | 'unexpected'
  readonly message?: string
}

/** The agent of one call; its clock starts now. `statePool` is null before setup has found it. */
export function agentOf(
  child: Helper,
  call: CallContext,
  { subvolume_group }: CephfsOptions,
  statePool: string | null,
): Agent {
  const end = performance.now() + call.deadlineMs
  const remainingMs = () => Math.max(0, end - performance.now())
  const ask = async (question: object, fenced: boolean): Promise<readonly StepResult[]> => {
    const deadlineMs = Math.ceil(remainingMs())
    if (deadlineMs === 0) throw new DriverError('the call ran out of time', 'maybe-happened')
    const fence = fenced && call.fence !== null ? { fence: call.fence } : {}
    const answer: Answer = await child.ask(question, { deadlineMs, signal: call.signal, ...fence })
    const lost = answer.results?.some(({ code }) => code === codes.shutDown || code === codes.notConnected)
    // The cluster has cut this client off; the next call begins with a new connection.
    if (lost === true) child.end()
    return answer.results ?? refuse(answer)
  }
  return {
    call,
    remainingMs,
    look: (steps) => ask({ steps }, false),
    change(id, steps) {
      const number = call.fence?.number
      if (number === undefined || statePool === null) return ask({ steps }, true)
      const fence = { pool: statePool, object: `${subvolume_group}/${id}`, number, ttl_s: lockTtlS }
      return ask({ steps, fence }, true)
    },
  }
}

function refuse({ failed, message = '' }: Answer): never {
  switch (failed) {
    case 'fenced':
      throw new ExecError(`a newer owner has the share: ${message}`, 'fenced', nothingRan)
    case 'unreachable':
      throw new DriverError(message, 'nothing-happened', { retryAfterS: 5 })
    case 'modules':
      throw hostLacks(message)
    default:
      throw new DriverError(message, 'maybe-happened', { retryAfterS: 5 })
  }
}

const nothingRan = { code: -1, stdout: '', stderr: '' }

/**
 * The results when every step ran and the last one answered a code that its `ok` has; else throws what the code means.
 * A step before the last can have failed only if it is the last that ran.
 */
export function expectAll(steps: readonly Step[], results: readonly StepResult[]): readonly StepResult[] {
  const last = results.at(-1)
  const step = steps[results.length - 1]
  if (last === undefined || step === undefined) return results
  const ok = step.ok ?? [0]
  if (ok !== 'any' && !ok.includes(last.code)) throw failureOf(step, last)
  return results
}

/** What a step that failed means for the call. */
export function failureOf(step: Step, { code, err = '' }: StepResult): DriverError {
  const what = step.do === 'mgr' || step.do === 'mon' ? String(step.command['prefix']) : step.do
  const message = `${what}: ${err === '' ? `error ${code}` : err}`
  switch (code) {
    case codes.stale:
      // For this instance there is nothing there: it was let go, or another instance has taken it over.
      return new DriverError(`${message}: it is not this instance's`, 'nothing-happened', {
        reason: 'not-found',
      })
    case codes.notFound:
      return new DriverError(message, 'nothing-happened', { reason: 'not-found' })
    case codes.full:
    case codes.overQuota:
      return new DriverError(message, 'no-room-here')
    case codes.again:
    case codes.notEmpty:
      return new DriverError(message, 'nothing-happened', { reason: 'busy', retryAfterS: 10 })
    case codes.notPermitted:
    case codes.denied:
      return new DriverError(
        `${message} (does the Ceph user have the capabilities it needs?)`,
        'nothing-happened',
        {
          reason: 'host-lacks',
          retryAfterS: 60,
        },
      )
    default:
      return new DriverError(message, 'maybe-happened', { retryAfterS: 5 })
  }
}
