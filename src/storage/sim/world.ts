/**
 * How every verb of the sim and of its exporter runs: latency, the fault that is due, the fence, then the effect under
 * the lock. Verbs themselves only say what changes.
 */
import { basename } from 'node:path'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { DriverError, type CallContext } from '../contract/driver.ts'
import { takeFault, type Fault, type Faults, type Verb } from './faults.ts'
import { openLock, LockTimeout } from './lock.ts'
import { plainId } from './records.ts'
import { openStore, type Store } from './store.ts'

export interface World {
  readonly store: Store
  /** Milliseconds before each effect. */
  readonly latencyMs: number
  /**
   * Runs `effect` atomically and answers what it answers; `firstStage`, for work that a kill can leave half-done, is
   * an atomic change before it. `id` is what the fence of the call protects; null for verbs that change nothing.
   */
  act<T>(
    call: CallContext,
    verb: Verb,
    id: string | null,
    effect: (store: Store) => T,
    firstStage?: (store: Store) => void,
  ): Promise<T>
  close(): void
}

/** Opens the pretended world kept in `dir`. */
export function openWorld(
  dir: string,
  options: { memory: boolean; latency_ms: number; faults: Faults },
): World {
  const store = openStore(dir, options)
  const faultLock = openLock(dir)
  return {
    store,
    latencyMs: options.latency_ms,
    async act(call, verb, id, effect, firstStage) {
      if (call.signal.aborted) throw new DriverError(`${verb}: cancelled before it began`, 'nothing-happened')
      const end = performance.now() + call.deadlineMs
      await pause(call, end, verb, options.latency_ms)
      const fault = await takeFault(dir, options.faults, faultLock, verb)
      await strike(call, end, verb, fault)
      if (id !== null && (await call.fence?.confirm?.()) === false) throw outlived(id)
      if (firstStage) {
        await fenced(store, call, end, id, firstStage)
        if (fault?.kind === 'half-done') {
          await pause(call, end, verb, fault.ms ?? 0)
          throw new DriverError(said(fault, verb, 'stopped half-way'), 'maybe-happened', advice(fault, 1))
        }
        await nextTurn()
      }
      const answer = await fenced(store, call, end, id, effect)
      if (fault?.kind === 'timeout-after-success')
        throw new DriverError(said(fault, verb, 'timed out'), 'maybe-happened', advice(fault, 1))
      return answer
    },
    close() {
      store.close()
      faultLock[Symbol.dispose]()
    },
  }
}

async function strike(call: CallContext, end: number, verb: Verb, fault: Fault | null): Promise<void> {
  if (fault?.kind === 'slow') return pause(call, end, verb, fault.ms ?? 1000)
  if (fault?.kind === 'hang') return pause(call, end, verb, Infinity)
  if (fault?.kind === 'full') throw new DriverError(said(fault, verb, 'the pool is full'), 'no-room-here')
  if (fault?.kind === 'fail' || fault?.kind === 'fail-once') {
    const passes = fault.kind === 'fail-once' || fault.times !== undefined
    throw new DriverError(said(fault, verb, 'refused'), 'nothing-happened', advice(fault, passes ? 1 : null))
  }
}

const said = (fault: Fault, verb: Verb, otherwise: string): string =>
  fault.message ?? `${verb}: ${otherwise} (fault)`

function advice(
  fault: Fault,
  otherwise: number | null,
): { retryAfterS: number | null; reason?: NonNullable<Fault['reason']> } {
  const retryAfterS = fault.retry_after_s === undefined ? otherwise : fault.retry_after_s
  return fault.reason === undefined ? { retryAfterS } : { retryAfterS, reason: fault.reason }
}

/** Waits; at the deadline or when aborted throws maybe-happened, which is all that the caller of a killed command knows. */
async function pause(call: CallContext, end: number, verb: Verb, ms: number): Promise<void> {
  if (ms <= 0) return
  const left = end - performance.now()
  try {
    await sleep(Math.max(0, Math.min(ms, left)), undefined, { signal: call.signal })
  } catch (error) {
    throw new DriverError(`${verb}: cancelled while it ran`, 'maybe-happened', { cause: error })
  }
  if (ms >= left) throw new DriverError(`${verb}: no answer in ${call.deadlineMs} ms`, 'maybe-happened')
}

/** The effect, under the lock, unless a newer owner has been here. */
async function fenced<T>(
  store: Store,
  call: CallContext,
  end: number,
  id: string | null,
  effect: (store: Store) => T,
): Promise<T> {
  try {
    return await store.lock.hold(Math.max(1, end - performance.now()), call.signal, () => {
      if (id !== null && call.fence?.owned?.() === false) throw outlived(id)
      if (id !== null && call.fence) passFence(store, id, call.fence)
      return effect(store)
    })
  } catch (error) {
    if (!(error instanceof LockTimeout)) throw error
    throw new DriverError(`another process holds the backend: ${error.message}`, 'nothing-happened', {
      retryAfterS: 1,
      reason: 'busy',
      cause: error,
    })
  }
}

const outlived = (id: string): DriverError =>
  new DriverError(`fenced: the lease on ${id} has run out`, 'nothing-happened', { reason: 'fenced' })

/**
 * Numbers of different lock files say nothing about one another, so they are remembered per lock file; by its last
 * element, because nodes that share a `network` backend keep theirs in different places.
 */
function passFence(store: Store, id: string, fence: NonNullable<CallContext['fence']>): void {
  const seen = store.get('fences', plainId(id)) ?? {}
  const lane = basename(fence.lockFile)
  const highest = seen[lane] ?? -Infinity
  if (fence.number < highest)
    throw new DriverError(
      `fenced: ${id} is owned by ${highest}, this call is from ${fence.number}`,
      'nothing-happened',
      { reason: 'fenced' },
    )
  if (fence.number > highest) store.put('fences', id, { ...seen, [lane]: fence.number })
}
