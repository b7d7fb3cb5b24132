/**
 * Whether any tab of a session shows what is of all projects. Each such tab holds a lock that others may hold, too: it goes with the
 * tab, however that ends. Who follows the stream asks for all projects while somebody holds it.
 */
import type { Query, QueryClient } from '@tanstack/react-query'

/** Milliseconds for which a tab goes on wanting it: who walks from page to page cuts no stream. */
const lingerMs = 10_000

/** Of a tab; `isWanted` looks at what is shown now. Ends with `signal`. */
export function wishForAll(
  name: string,
  queries: QueryClient,
  isWanted: (query: Query) => boolean,
  signal: AbortSignal,
): void {
  const channel = new BroadcastChannel(name)
  let letGo: (() => void) | null = null
  let lingering: ReturnType<typeof setTimeout> | undefined
  const hold = (): void => {
    const held = Promise.withResolvers<void>()
    letGo = held.resolve
    const told = (): Promise<void> => {
      // A channel has no origin to name: it is one of this origin's.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      if (!signal.aborted) channel.postMessage('wanted')
      return held.promise
    }
    void navigator.locks.request(name, { mode: 'shared', signal }, told).catch(() => {})
  }
  const drop = (): void => {
    clearTimeout(lingering)
    lingering = undefined
    letGo?.()
    letGo = null
  }
  const look = (): void => {
    if (queries.getQueryCache().findAll({ type: 'active' }).some(isWanted)) {
      clearTimeout(lingering)
      lingering = undefined
      if (letGo === null) hold()
    } else if (letGo !== null) lingering ??= setTimeout(drop, lingerMs)
  }
  const unwatch = queries.getQueryCache().subscribe(({ type }) => {
    if (type.startsWith('observer') || type === 'updated') look()
  })
  look()
  signal.addEventListener('abort', () => {
    unwatch()
    drop()
    channel.close()
  })
}

/** Whether anybody wants all projects now, and what ends when that changes. */
export async function wantedByAny(
  name: string,
  signal: AbortSignal,
): Promise<{ readonly all: boolean; readonly until: AbortSignal }> {
  const changed = new AbortController()
  const change = (): void => changed.abort()
  const channel = new BroadcastChannel(name)
  channel.addEventListener('message', change)
  const { held = [], pending = [] } = await navigator.locks.query()
  const all = [...held, ...pending].some((lock) => lock.name === name && lock.mode === 'shared')
  const until = AbortSignal.any([signal, changed.signal])
  until.addEventListener('abort', () => channel.close())
  if (all) {
    channel.removeEventListener('message', change)
    // It is had when nobody has it for himself any more.
    void navigator.locks.request(name, { signal: until }, change).catch(() => {})
  }
  return { all, until }
}
