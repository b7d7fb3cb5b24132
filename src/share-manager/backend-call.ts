/**
 * One call of the contract: with a deadline that holds even when the driver ignores it, under the fence of whoever owns the
 * instance, counted.
 */
import { join } from 'node:path'
import type { BackendSettings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { confirmLease } from '../db/store/leases.ts'
import type { Fence } from '../exec/exec.ts'
import { instanceLane } from '../model/lanes.ts'
import {
  DriverError,
  isDriverError,
  type CallContext,
  type StorageDriver,
} from '../storage/contract/driver.ts'
import { logOf, type Log } from './log.ts'

/** What a call is made with. */
export interface CallParts {
  readonly store: Store
  readonly log: Log
  /** `host@alpha` */
  readonly label: string
  /** Absolute; belongs to this backend alone. */
  readonly dir: string
  readonly driver: Pick<StorageDriver, 'reach'>
  readonly settings: Pick<BackendSettings, 'call_timeout_s'>
  readonly observeCall?: (event: CallEvent) => void
}

/** For metrics. */
export interface CallEvent {
  readonly backend: string
  readonly call: string
  readonly seconds: number
  readonly outcome: 'ok' | 'nothing-happened' | 'maybe-happened' | 'no-room-here' | 'unexpected'
}

/** Who owns the lane of a share instance. */
export interface Guard {
  readonly instanceId: string
  readonly fence: number
  /** False once the lease may have run out. */
  owned(): boolean
}

export interface CallOptions {
  /** For metrics and messages: `create`, `publish`… Never an id. */
  readonly name: string
  /** Share instance whose fence protects the effect; null for what changes nothing or no one thing. */
  readonly guarded?: Guard | null
  readonly signal?: AbortSignal
  /** Default: the backend's `call_timeout_s`. */
  readonly deadlineMs?: number
  readonly progress?: (percent: number) => void
  /** Who asked, for the log. */
  readonly asked?: { readonly request_id: string; readonly operation_id: string }
}

/** A driver that ignores its signal is left behind this long after the deadline. */
export const graceMs = 2000

/** Runs `work`; throws what it throws, or `maybe-happened` when it does not answer in time. */
export async function bounded<T>(
  parts: CallParts,
  options: CallOptions,
  work: (call: CallContext) => Promise<T>,
): Promise<T> {
  const deadlineMs = options.deadlineMs ?? parts.settings.call_timeout_s * 1000
  const deadline = new AbortController()
  const soft = setTimeout(() => deadline.abort(), deadlineMs)
  let hard: NodeJS.Timeout | undefined
  const abandoned = new Promise<never>((_, reject) => {
    hard = setTimeout(() => {
      const seconds = deadlineMs / 1000
      reject(new DriverError(`${options.name}: no answer within ${seconds} s`, 'maybe-happened'))
    }, deadlineMs + graceMs)
  })
  const signal =
    options.signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, options.signal])
  const call: CallContext = {
    log: logOf(parts.log, { backend: parts.label, call: options.name, ...options.asked }),
    deadlineMs,
    signal,
    fence: fenceOf(parts, options.guarded ?? null),
    progress: options.progress ?? (() => {}),
  }
  const began = performance.now()
  let outcome: CallEvent['outcome'] = 'ok'
  try {
    return await Promise.race([work(call), abandoned])
  } catch (error) {
    outcome = isDriverError(error) ? error.outcome : 'unexpected'
    throw error
  } finally {
    clearTimeout(soft)
    clearTimeout(hard)
    const seconds = (performance.now() - began) / 1000
    parts.observeCall?.({ backend: parts.label, call: options.name, seconds, outcome })
  }
}

/** Instance ids come from the database, where only our own uuids are; still nothing else may become a path. */
function fenceOf(parts: CallParts, guarded: Guard | null): Fence | null {
  if (guarded === null) return null
  const { instanceId, fence: number } = guarded
  if (!/^[0-9a-fA-F-]{1,64}$/.test(instanceId))
    throw new DriverError('not an instance id', 'nothing-happened')
  const fence = {
    lockFile: join(parts.dir, 'fences', instanceId),
    number,
    owned: () => guarded.owned(),
  }
  // On one host the record beside the lock file is enough, and costs no query.
  if (parts.driver.reach === 'host') return fence
  return { ...fence, confirm: () => confirmLease(parts.store, instanceLane(instanceId), number) }
}
