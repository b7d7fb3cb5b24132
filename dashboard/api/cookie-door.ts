/** The session that manila-api keeps: this page never sees the token, and sends the header that makes the cookie count. */
import { ApiError } from '../../src/sdk/api-error.ts'
import { exchange, type Fetch } from '../../src/sdk/exchange.ts'
import type { SessionDoor, SessionView } from './session.ts'

const timeoutMs = 30_000

/** Adds what tells the server that the page itself asks, and leaves out the token that it does not have. */
export const cookieFetch: Fetch = (url, init) => {
  const headers = new Headers(init.headers)
  headers.delete('x-auth-token')
  headers.set('x-manila-dashboard', '1')
  return fetch(url, { ...init, headers, credentials: 'same-origin' })
}

export function cookieDoor(base: string): SessionDoor {
  const url = new URL('session', base).href
  const ask = async (method: string, body?: unknown): Promise<SessionView> => {
    const request = { method, url, headers: {}, timeoutMs, ...(body === undefined ? {} : { body }) }
    const answer = await exchange({ fetch: cookieFetch }, request)
    return (answer.body as { readonly session: SessionView } | null)?.session as SessionView
  }
  return {
    async resume() {
      try {
        return await ask('GET')
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null
        throw error
      }
    },
    signIn: (credentials) => ask('POST', credentials),
    toProject: (id) => ask('PUT', { project: { id } }),
    async signOut() {
      await ask('DELETE')
    },
    token: () => '',
  }
}
