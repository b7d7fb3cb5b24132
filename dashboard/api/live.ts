/**
 * Keeps what is shown up to date. One tab of a browser follows the stream of events and tells the others; each tab reads again exactly
 * what an event speaks of. While there is no stream every tab polls what it shows, and says so.
 */
import type { Query, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../../src/sdk/api-error.ts'
import type { Client } from '../../src/sdk/client.ts'
import { follow, type ChangeView, type Happening } from '../../src/sdk/events.ts'
import { readAgain } from './reads.ts'

export type Pulse =
  | { readonly is: 'live' }
  /** `since`: milliseconds since 1970. */
  | { readonly is: 'polling'; readonly since: number; readonly why: string | null }

/** Between looks while there is no stream. */
const pollMs = 10_000
/** Events that come together are one reading. */
const gatherMs = 150

export class Live {
  readonly #client: Client
  readonly #queries: QueryClient
  readonly #can: boolean
  readonly #listeners = new Set<() => void>()
  readonly #heard = new Set<(change: ChangeView) => void>()
  #pulse: Pulse = { is: 'live' }
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

  /** `scope` keeps sessions apart: tabs of another user or project have a stream of their own. Answers what ends it. */
  start(scope: string): () => void {
    const ended = new AbortController()
    if (!this.#can) {
      this.#cut(null)
      return () => this.#end(ended)
    }
    const channel = new BroadcastChannel(`manila-events ${scope}`)
    channel.addEventListener('message', ({ data }: MessageEvent<Happening>) => this.#take(data))
    const lead = (): Promise<void> => this.#lead(channel, ended.signal)
    // Who waits for the lock is the next to lead: it reads everything again, since what came between is not known to it.
    void navigator.locks
      .request(`manila-events ${scope}`, { signal: ended.signal }, lead)
      .catch((error: unknown) => {
        if (!ended.signal.aborted) this.#cut(String(error))
      })
    ended.signal.addEventListener('abort', () => channel.close())
    return () => this.#end(ended)
  }

  async #lead(channel: BroadcastChannel, signal: AbortSignal): Promise<void> {
    const tell = (happening: Happening): void => {
      if (signal.aborted) return
      this.#take(happening)
      // A channel has no origin to name: it is one of this origin's.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      channel.postMessage(happening)
    }
    let isFirst = true
    while (!signal.aborted) {
      try {
        for await (const happening of follow(this.#client, { signal })) {
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
    void this.#queries.invalidateQueries({ predicate: (query) => readAgain(query.queryKey, changes) })
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
  }

  #become(pulse: Pulse): void {
    this.#pulse = pulse
    for (const listener of this.#listeners) listener()
  }
}

/** What is not kept up by events (types, quotas, the policy) is left to its own time. */
const isShownByEvents = (query: Query): boolean => query.meta?.still !== true
