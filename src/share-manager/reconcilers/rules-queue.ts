/** Which instances' rules are looked at next: told by the bus, found by polling, bounded, each with its own back-off. */
import type { RulesWork } from '../../db/store/access-mappings.ts'
import { DatabaseUnavailable } from '../../db/unavailable.ts'
import { instanceOfLane } from '../../model/lanes.ts'
import type { BackendScope } from '../parts.ts'
import type { Pass } from './pass.ts'

export interface RulesQueue {
  /** Resolves when everything found now was looked at once; retries go on by themselves. */
  look(): Promise<void>
  start(): void
  stop(): Promise<void>
}

/** What messages were about since the last look. */
export interface Told {
  /** Share instances, of which the snapshots are meant, too, and snapshot instances. */
  readonly instances: ReadonlySet<string>
  /** Operations that ended on this backend, or nobody says where, and nobody says what they were about. */
  readonly operations: ReadonlySet<string>
}

interface Passes {
  /** Of what messages told, which costs as much as there were messages; null: of all that is on the backend. */
  find(limit: number, told: Told | null): Promise<readonly RulesWork[]>
  pass(id: string, lastTry: boolean): Promise<Pass>
  passSnapshot(id: string, lastTry: boolean): Promise<Pass>
}

/** Milliseconds between two looks without a message. */
const pollMs = 5000
/** Milliseconds between two looks that messages cause. Somebody waits for a rule: the first message is not gathered. */
const gatherMs = 20
/** Passes at once: the exporter of one backend does one thing at a time anyway. */
const atOnce = 4
/** Tries before the rules are put in error; with the pauses below some five minutes. */
const maxTries = 10
const longestPauseMs = 60_000
const foundAtMost = 500
/** Messages of one look; after more, as when the process was busy for long, everything is looked at. */
const toldAtMost = 50

const noneTold = () => ({ instances: new Set<string>(), operations: new Set<string>() })

export function rulesQueue(parts: BackendScope, passes: Passes): RulesQueue {
  const { bus, backend, log } = parts
  const running = new Map<string, Promise<void>>()
  /** Waiting for a free place, in order; `true` marks a snapshot instance. */
  const waiting = new Map<string, boolean>()
  const resting = new Map<string, { tries: number; timer: NodeJS.Timeout | null }>()
  /** Those that an operation kept from being looked at; `true` as above. They are looked at when one has ended, whichever. */
  const behind = new Map<string, boolean>()
  /** Operations of which was heard that they ended. */
  let ends = 0
  const unserve: (() => void)[] = []
  let told: { readonly instances: Set<string>; readonly operations: Set<string> } | null = noneTold()
  let timer: NodeJS.Timeout | undefined
  let planned: { readonly timer: NodeJS.Timeout; readonly atMs: number } | undefined
  let lookedAtMs = -gatherMs
  let stopped = false

  const pump = (): void => {
    if (stopped) return
    while (running.size < atOnce) {
      const next = [...waiting].find(([id]) => !running.has(id))
      if (next === undefined) return
      const [id, isSnapshot] = next
      waiting.delete(id)
      const ended = one(id, isSnapshot).finally(() => {
        running.delete(id)
        pump()
      })
      running.set(id, ended)
    }
  }

  const one = async (id: string, isSnapshot: boolean): Promise<void> => {
    const tries = (resting.get(id)?.tries ?? 0) + 1
    const lastTry = tries >= maxTries
    const before = ends
    let pass: Pass
    try {
      pass = await (isSnapshot ? passes.passSnapshot(id, lastTry) : passes.pass(id, lastTry))
    } catch (error) {
      pass = { end: 'retry', error, afterS: null }
    }
    if (pass.end === 'retry' && pass.error instanceof DatabaseUnavailable) {
      // Nothing is known of the backend, so it was no try: the next look finds them again as soon as there is a database.
      log.warn({ backend: backend.label, share_instance: id, err: pass.error }, 'access rules wait')
      return
    }
    if (pass.end === 'retry') {
      const pauseMs = pass.afterS === null ? Math.min(longestPauseMs, 500 * 2 ** tries) : pass.afterS * 1000
      log.warn(
        { backend: backend.label, share_instance: id, attempt: tries, err: pass.error },
        'access rules are not applied yet',
      )
      rest(id, isSnapshot, tries, pauseMs)
      return
    }
    resting.delete(id)
    // What kept it may have ended while it was found in the way.
    if (pass.end === 'again') (pass.soon || ends > before ? waiting : behind).set(id, isSnapshot)
  }

  const rest = (id: string, isSnapshot: boolean, tries: number, pauseMs: number): void => {
    if (stopped) return
    const again = setTimeout(() => {
      resting.set(id, { tries, timer: null })
      waiting.set(id, isSnapshot)
      pump()
    }, pauseMs)
    again.unref()
    resting.set(id, { tries, timer: again })
  }

  const add = (id: string, isSnapshot: boolean): void => {
    // One that rests is looked at when its pause is over, with whatever was queued by then.
    if ((resting.get(id)?.timer ?? null) === null) waiting.set(id, isSnapshot)
  }

  const find = async (of: Told | null): Promise<void> => {
    if (stopped || backend.health !== 'ready') return
    for (const { id, isSnapshot } of await passes.find(foundAtMost, of)) add(id, isSnapshot)
    pump()
  }
  /** However many messages come, one look answers them all. */
  const lookAt = (atMs: number): void => {
    if (stopped || (planned !== undefined && planned.atMs <= atMs)) return
    clearTimeout(planned?.timer)
    const look = (): void => {
      planned = undefined
      lookedAtMs = performance.now()
      const of = told
      told = noneTold()
      find(of).catch((error: unknown) =>
        log.error({ backend: backend.label, err: error }, 'looking for access rules failed'),
      )
    }
    planned = { atMs, timer: setTimeout(look, Math.max(0, atMs - performance.now())) }
  }
  const lookSoon = (): void => lookAt(performance.now() + gatherMs)
  const lookNext = (): void => lookAt(Math.max(performance.now(), lookedAtMs + gatherMs))

  const lookAtAllSoon = (): void => {
    told = null
    lookSoon()
  }
  const changed = (instanceId: string, all: boolean): void => {
    if (all) return lookAtAllSoon()
    told?.instances.add(instanceId)
    notTooMany()
    lookNext()
  }
  const notTooMany = (): void => {
    if (told !== null && told.instances.size + told.operations.size > toldAtMost) told = null
  }
  const finished = (
    operationId: string,
    where: string | null | undefined,
    lanes: readonly string[] | undefined,
  ): void => {
    ends++
    const ours = where === undefined || where === null || where === backend.id
    if (!ours && behind.size === 0) return
    for (const [id, isSnapshot] of behind) add(id, isSnapshot)
    behind.clear()
    if (ours && lanes === undefined) told?.operations.add(operationId)
    if (ours)
      for (const instance of (lanes ?? []).flatMap((lane) => instanceOfLane(lane) ?? []))
        told?.instances.add(instance)
    notTooMany()
    lookSoon()
  }

  return {
    async look() {
      await find(null)
      while (running.size > 0) await Promise.race(running.values())
    },
    start() {
      unserve.push(
        bus.serve(`share.${backend.id}`, 'access.changed', ({ instanceId, all }) =>
          changed(instanceId, all === true),
        ),
      )
      unserve.push(
        bus.serve('operations', 'operation.finished', ({ operationId, backendId, lanes }) =>
          finished(operationId, backendId, lanes),
        ),
      )
      unserve.push(bus.onGap(lookAtAllSoon))
      timer = setInterval(lookAtAllSoon, pollMs)
      timer.unref()
      lookAtAllSoon()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      clearTimeout(planned?.timer)
      for (const end of unserve) end()
      for (const { timer } of resting.values()) if (timer !== null) clearTimeout(timer)
      const all = Promise.allSettled(running.values())
      await Promise.race([all, new Promise((resolve) => setTimeout(resolve, 2000).unref())])
    },
  }
}
