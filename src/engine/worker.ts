/**
 * Finds due operations for one topic (the scheduler's, or one backend's) and runs a bounded number at once. Woken by the
 * bus; every `pollMs` it looks by itself, so a lost wake-up costs a moment. One worker per backend: a hung backend fills
 * its own slots and nobody else's.
 */
import type { Bus } from '../bus/bus.ts'
import { Hold, monotonicMs } from './hold.ts'
import { renewLeases, renewMs } from '../db/store/leases.ts'
import type { Due } from '../db/store/operation-families.ts'
import { dueOperations, waitingIn } from '../db/store/operation-queue.ts'
import { run, type RunnerParts } from './runner.ts'
import { busTopic, rowTopics } from './topics.ts'

export interface WorkerParts extends Omit<RunnerParts, 'backendId'> {
  readonly bus: Bus
  /** Null for the scheduler, and for the share manager's worker of operations that have no backend. */
  readonly backendId: string | null
  /** Operations run at once. */
  readonly slots: number
  readonly pollMs: number
  /** True while the process takes nothing new: what runs goes on, the rest is for others. */
  readonly draining?: () => boolean
}

interface Running {
  readonly hold: Hold
  readonly abort: AbortController
  readonly ended: Promise<void>
}

export interface Worker {
  start(): void
  /** Takes nothing new, waits up to `graceMs` for what runs, then lets go of the rest for others to resume. */
  stop(graceMs: number): Promise<void>
  /** Running now, for metrics and tests. */
  readonly running: number
}

export function worker(parts: WorkerParts): Worker {
  const running = new Map<string, Running>()
  const stop = new AbortController()
  const topic = busTopic(parts.topic, parts.backendId)
  let stopped = false
  let looking = false
  let lookAgain = false
  const timers: NodeJS.Timeout[] = []
  const unserve: (() => void)[] = []

  const start = (id: string): void => {
    if (stopped || running.has(id) || parts.draining?.() === true) return
    if (running.size >= parts.slots) return
    const hold = new Hold()
    const abort = new AbortController()
    const ended = run(parts, id, AbortSignal.any([stop.signal, abort.signal]), hold)
      .then((end) => {
        running.delete(id)
        if (end.end === 'handed-over') {
          const next = busTopic(end.topic, end.backendId)
          parts.bus.cast(next, 'operation.due', { operationId: id })
        } else if (end.end === 'waiting') {
          setTimeout(() => start(id), end.forMs + 5).unref()
        } else if (end.end === 'finished') {
          const { lanes } = end
          parts.bus.cast('operations', 'operation.finished', {
            operationId: id,
            backendId: parts.backendId,
            lanes: [...lanes],
          })
          wakeAll(end.due)
          void wakeNext(end.lanes)
        } else if (end.end === 'has-children') {
          wakeAll(end.due)
        }
      })
      .catch((error: unknown) => {
        running.delete(id)
        parts.log.error(
          { operation_id: id, err: error },
          'the operation could not be recorded; it will be resumed',
        )
      })
      .finally(() => {
        // A slot is free: somebody may have been turned away.
        if (saturated && running.size < parts.slots) void look()
      })
    running.set(id, { hold, abort, ended })
  }

  let saturated = false

  /** Starts what is due, oldest first, as far as slots go. */
  const look = async (): Promise<void> => {
    if (stopped || parts.draining?.() === true) return
    if (looking) {
      lookAgain = true
      return
    }
    looking = true
    try {
      const free = parts.slots - running.size
      saturated = free <= 0
      if (free > 0) {
        const due = await dueHere(parts, free + running.size)
        saturated = due.length >= free
        for (const id of due) start(id)
      }
    } catch (error) {
      parts.log.error({ err: error }, 'looking for due operations failed')
    } finally {
      looking = false
      if (lookAgain) {
        lookAgain = false
        setImmediate(() => void look())
      }
    }
  }

  const wakeAll = (due: readonly Due[]): void => {
    for (const { id, topic: of, backend_id } of due)
      parts.bus.cast(busTopic(of, backend_id), 'operation.due', { operationId: id })
  }

  /** What waited behind the finished operation may go. */
  const wakeNext = async (lanes: readonly string[]): Promise<void> => {
    try {
      wakeAll(await waitingIn(parts.store.db, lanes))
    } catch (error) {
      parts.log.warn({ err: error }, 'the next operation was not woken; the sweep will find it')
    }
  }

  /** What lost its lanes, or may have while the database could not be asked, is stopped before it does any more. */
  const beat = async (): Promise<void> => {
    if (running.size === 0) return
    const askedAtMs = monotonicMs()
    const before = [...running.values()]
    try {
      const held = await renewLeases(parts.store, parts.holder)
      for (const { hold } of before) if (hold.lanes.every((lane) => held.has(lane))) hold.renewed(askedAtMs)
    } catch (error) {
      parts.log.error({ err: error }, 'leases were not renewed')
    }
    for (const { hold, abort } of before) if (hold.lanes.length > 0 && !hold.lasts) abort.abort()
  }

  return {
    start() {
      unserve.push(
        parts.bus.serve(topic, 'operation.due', ({ operationId }) => {
          if (running.size >= parts.slots) saturated = true
          else start(operationId)
        }),
        parts.bus.onGap(() => void look()),
      )
      timers.push(setInterval(() => void look(), parts.pollMs))
      timers.push(setInterval(() => void beat(), renewMs))
      void look()
    },
    async stop(graceMs) {
      stopped = true
      for (const end of unserve) end()
      for (const timer of timers.slice(0, 1)) clearInterval(timer)
      const all = Promise.allSettled([...running.values()].map(({ ended }) => ended))
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
      stop.abort()
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 2000).unref())])
      for (const timer of timers) clearInterval(timer)
    },
    get running() {
      return running.size
    },
  }
}

/** What is due here, as {@link dueOperations} finds it. */
function dueHere(parts: WorkerParts, limit: number): Promise<string[]> {
  const { store, topic, holder, backendId, clock, registry } = parts
  const byVersion = Map.groupBy(registry.values(), ({ version }) => version)
  return dueOperations(store, {
    topics: rowTopics(topic),
    holder,
    // The scheduler places work wherever it came from; a share manager without a backend takes only what has none.
    backendId: topic === 'share' || backendId !== null ? backendId : undefined,
    known: [...byVersion].map(([version, codes]) => ({ version, kinds: codes.map(({ kind }) => kind) })),
    now: clock.now(),
    limit,
  })
}
