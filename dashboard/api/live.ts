/**
 * Keeps what is shown up to date. One tab of a browser follows the stream of events and tells the others: of the session's project, or
 * of all, while any tab shows what is of all. Each tab reads again exactly what an event speaks of, and no oftener than `pace.ts` says.
 * While there is no stream every tab polls what it shows, and says so.
 */
import type { Query, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../../src/sdk/api-error.ts'
import type { Client } from '../../src/sdk/client.ts'
import { follow, type ChangeView, type Happening } from '../../src/sdk/events.ts'
import { wantedByAny, wishForAll } from './all-projects.ts'
import { allPace, ownPace, Rereads } from './pace.ts'
import { readAgain, withStatus } from './reads.ts'

/** Whose session it is; tabs of another user or project have a stream of their own. */
export interface Scope {
  readonly userId: string
  readonly projectId: string | null
}

export type Pulse =
  | { readonly is: 'live' }
  /** `since`: milliseconds since 1970. */
  | { readonly is: 'polling'; readonly since: number; readonly why: string | null }

/** Between looks while there is no stream. */
const pollMs = 10_000
/** Events that come together are judged together. */
const gatherMs = 20

const isSeen = (): boolean => typeof document === 'undefined' || document.visibilityState === 'visible'

export class Live {
  readonly #client: Client
  readonly #queries: QueryClient
  readonly #can: boolean
  readonly #listeners = new Set<() => void>()
  readonly #heard = new Set<(change: ChangeView) => void>()
  #pulse: Pulse = { is: 'live' }
  readonly #rereads = new Rereads<Query>(isSeen)
  #own: string | null = null
  #waiting = new Map<string, ChangeView>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #poll: ReturnType<typeof setInterval> | undefined

  constructor(client: Client, queries: QueryClient, capabilities: ReadonlySet<string>) {
    this.#client = client
    this.#queries = queries
    this.#can = capabilities.has('events')
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  pulse = (): Pulse => this.#pulse

  /** Tells of each change as it comes, for what shows changes themselves. */
  onChange(hear: (change: ChangeView) => void): () => void {
    this.#heard.add(hear)
    return () => this.#heard.delete(hear)
  }

  /** Answers what ends it. */
  start({ userId, projectId }: Scope): () => void {
    const ended = new AbortController()
    const { signal } = ended
    this.#own = projectId
    if (!this.#can) {
      this.#cut(null)
      return () => this.#end(ended)
    }
    const name = `manila-events ${userId} ${projectId ?? ''}`
    const channel = new BroadcastChannel(name)
    channel.addEventListener('message', ({ data }: MessageEvent<Happening>) => this.#take(data))
    wishForAll(`${name} of all`, this.#queries, (query) => this.#isOfOthers(query), signal)
    if (typeof document !== 'undefined')
      document.addEventListener('visibilitychange', () => isSeen() && this.#rereads.seen(), { signal })
    const lead = (): Promise<void> => this.#lead(name, channel, signal)
    // Who waits for the lock is the next to lead: it reads everything again, since what came between is not known to it.
    void navigator.locks.request(name, { signal }, lead).catch((error: unknown) => {
      if (!signal.aborted) this.#cut(String(error))
    })
    signal.addEventListener('abort', () => channel.close())
    return () => this.#end(ended)
  }

  async #lead(name: string, channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
    const tell = (happening: Happening): void => {
      if (signal.aborted) return
      this.#take(happening)
      // A channel has no origin to name: it is one of this origin's.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      channel.postMessage(happening)
    }
    let isFirst = true
    let last: string | undefined
    while (!signal.aborted) {
      const { all, until } = await wantedByAny(`${name} of all`, signal)
      try {
        for await (const happening of follow(this.#client, {
          signal: until,
          query: all ? { all_tenants: 1 } : {},
          // One order for all projects: where one stream ends the other goes on.
          ...(last === undefined ? {} : { lastEventId: last }),
          passed: (id) => void (last = id),
        })) {
          tell(isFirst && happening.kind === 'hello' ? { kind: 'reset' } : happening)
          isFirst = false
        }
      } catch (error) {
        if (signal.aborted) return
        tell({ kind: 'cut', why: error instanceof Error ? error.message : String(error) })
        // Not allowed, or not there: nothing to wait for. A session that ended is waited for by the client itself.
        if (error instanceof ApiError && [400, 403, 404].includes(error.status)) {
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs))
      }
    }
  }

  /** Whether a stream of the own project says nothing of it. */
  #isOfOthers(query: Query): boolean {
    const project = projectOf(query)
    return query.meta?.all === true || (project !== null && project !== this.#own)
  }

  #take(happening: Happening): void {
    switch (happening.kind) {
      case 'hello':
        return this.#joined()
      case 'reset':
        this.#joined()
        return void this.#queries.invalidateQueries({ predicate: isShownByEvents })
      case 'cut':
        return this.#cut(happening.why)
      case 'change': {
        const { change } = happening
        this.#waiting.set(`${change.resource_type} ${change.resource_id} ${change.event}`, change)
        for (const hear of this.#heard) hear(change)
        this.#timer ??= setTimeout(() => this.#readAgain(), gatherMs)
      }
    }
  }

  #readAgain(): void {
    this.#timer = undefined
    const changes = [...this.#waiting.values()]
    this.#waiting = new Map()
    const own = changes.filter(({ project_id }) => project_id === this.#own)
    const nobodys = changes.filter(({ project_id }) => project_id === '')
    const cached = this.#queries.getQueryCache().getAll()
    const projects = new Set([this.#own, ...cached.filter((query) => query.isActive()).map(projectOf)])
    for (const query of cached) {
      const { meta, queryKey, state } = query
      const isShown = (project: string): boolean => meta?.all === true || projects.has(project)
      if (!readAgain(queryKey, changes, isShown)) continue
      if (!query.isActive()) {
        query.invalidate()
        continue
      }
      for (const change of changes) {
        const data = withStatus(queryKey, query.state.data, change)
        if (data !== null) this.#queries.setQueryData(queryKey, data, { updatedAt: state.dataUpdatedAt })
      }
      // What is nobody's happens seldom, and is waited for.
      const soon = queryKey[0] === 'pools' || this.#isOfOthers(query) ? nobodys : [...own, ...nobodys]
      this.#rereads.mark(query, readAgain(queryKey, soon, isShown) ? ownPace : allPace, {
        isUnderWay: () => query.state.fetchStatus === 'fetching',
        read: () => void this.#queries.invalidateQueries({ predicate: (one) => one === query }),
      })
    }
  }

  #joined(): void {
    clearInterval(this.#poll)
    this.#poll = undefined
    this.#become({ is: 'live' })
  }

  #cut(why: string | null): void {
    if (this.#pulse.is === 'live') this.#become({ is: 'polling', since: Date.now(), why })
    this.#poll ??= setInterval(() => {
      if (document.visibilityState === 'visible')
        void this.#queries.invalidateQueries({ predicate: isShownByEvents })
    }, pollMs)
  }

  #end(ended: AbortController): void {
    ended.abort()
    clearTimeout(this.#timer)
    this.#timer = undefined
    clearInterval(this.#poll)
    this.#poll = undefined
    this.#waiting = new Map()
    this.#rereads.clear()
  }

  #become(pulse: Pulse): void {
    this.#pulse = pulse
    for (const listener of this.#listeners) listener()
  }
}

/** Whose the one thing is that was read; null for lists, and for what is nobody's. */
function projectOf({ queryKey, state }: Query): string | null {
  if (queryKey[1] !== 'one') return null
  const { project_id: id } = (state.data ?? {}) as { readonly project_id?: unknown }
  return typeof id === 'string' ? id : null
}

/** What is not kept up by events (types, quotas, the policy) is left to its own time. */
const isShownByEvents = (query: Query): boolean => query.meta?.still !== true
