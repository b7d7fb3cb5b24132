/** What every page works with: who is signed in, the client of the SDK, what the service can do, what has been read, and what changes. */
import { QueryCache, QueryClient } from '@tanstack/react-query'
import { createContext, useContext, useSyncExternalStore } from 'react'
import { ApiError, isNotFound } from '../../src/sdk/api-error.ts'
import { Client } from '../../src/sdk/client.ts'
import { exchange, type Wire } from '../../src/sdk/exchange.ts'
import { chooseMinor, rootOf, versionsIn } from '../../src/sdk/microversion.ts'
import { defaultRetry } from '../../src/sdk/retry.ts'
import { cookieDoor, cookieFetch } from './cookie-door.ts'
import type { Deployment } from './deployment.ts'
import { Live } from './live.ts'
import { memoryDoor } from './memory-door.ts'
import { Session, type SessionState, type SessionView } from './session.ts'

export interface Console {
  readonly deployment: Deployment
  readonly session: Session
  readonly client: Client
  /** Abilities beyond Manila, by the names of `GET /v2/capabilities`; empty against the original. */
  readonly capabilities: ReadonlySet<string>
  readonly queries: QueryClient
  readonly live: Live
}

const timeoutMs = 30_000

/** What is read once and then belongs to the page; {@link Console.capabilities} need a session and are read by `openConsole`. */
export interface Foundation {
  readonly deployment: Deployment
  readonly session: Session
  readonly wire: Wire
  readonly queries: QueryClient
}

export function foundation(deployment: Deployment, base: string): Foundation {
  const own = deployment.session === 'cookie'
  const door = own ? cookieDoor(base) : memoryDoor(deployment.identity ?? deployment.endpoint)
  const wire: Wire = {
    fetch: own ? cookieFetch : (url, init) => fetch(url, { ...init, credentials: 'omit' }),
  }
  return { deployment, session: new Session(door), wire, queries: newQueries() }
}

/** Negotiates the version and asks what the service can do. Throws {@link ApiError}. */
export async function openConsole(parts: Foundation): Promise<Console> {
  const { deployment, session, wire, queries } = parts
  const url = rootOf(deployment.endpoint)
  const { body } = await exchange(wire, { method: 'GET', url, headers: {}, timeoutMs, accept: [300] })
  const server = versionsIn(body, `GET ${new URL(url).pathname}`)
  const client = new Client({
    endpoint: deployment.endpoint,
    minor: chooseMinor(undefined, server),
    server,
    tokens: session,
    wire,
    // A person waits: what does not come soon is said, with a button to try again.
    retry: { ...defaultRetry, attempts: 3, maxWaitMs: 5000 },
    timeoutMs,
    newKey: () => crypto.randomUUID(),
    ...(deployment.identity === null ? {} : { authUrl: deployment.identity }),
  })
  const capabilities = await client.capabilities()
  return { deployment, session, client, capabilities, queries, live: new Live(client, queries, capabilities) }
}

/** Errors that waiting does not mend. */
const isFinal = (error: unknown): boolean =>
  error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429

const newQueries = (): QueryClient =>
  new QueryClient({
    queryCache: new QueryCache({
      // Deleted while one looks at it: what was read of it would go on looking alive.
      onError(error, query) {
        if (isNotFound(error)) query.setState({ data: undefined, dataUpdatedAt: 0 })
      },
    }),
    defaultOptions: {
      queries: {
        // Events say when to read again; without a stream `Live` polls.
        staleTime: 30_000,
        gcTime: 10 * 60_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < 2 && !isFinal(error),
      },
      mutations: { retry: false },
    },
  })

export const ConsoleContext = createContext<Console | null>(null)

export function useConsole(): Console {
  const console = useContext(ConsoleContext)
  if (console === null) throw new Error('outside of the console')
  return console
}

/** Whether the service has one of the abilities that `GET /v2/capabilities` names. */
export const useCan = (capability: string): boolean => useConsole().capabilities.has(capability)

export function useSessionState(session: Session): SessionState {
  return useSyncExternalStore(session.subscribe, session.snapshot)
}

/** Who is signed in; pages exist only for somebody who is. */
export function useWho(): SessionView {
  const { session } = useConsole()
  const state = useSessionState(session)
  if (state.is === 'none') throw new Error('nobody is signed in')
  return state.view
}
