/** Keeps a token as long as it holds, and fetches another when it does not; callers at the same time share one sign-in. */
import type { Session } from './keystone.ts'

/** A token that ends within this time is renewed before it is used. */
const marginMs = 30_000

export interface TokenSource {
  current(): Promise<string>
  /** Another token than the refused one; null when there is no way to get one. */
  renewed(refused: string): Promise<string | null>
  /** What is known about the caller; null when the token was given and never looked up. */
  readonly session: Session | null
}

/** A token that was given, and can't be renewed. */
export function fixedToken(token: string): TokenSource {
  return { session: null, current: () => Promise.resolve(token), renewed: () => Promise.resolve(null) }
}

export function renewingToken(
  first: Session,
  signInAgain: () => Promise<Session>,
  now: () => number = Date.now,
): TokenSource {
  let session = first
  let pending: Promise<Session> | null = null
  const renew = async (): Promise<string> => {
    pending ??= signInAgain().finally(() => {
      pending = null
    })
    session = await pending
    return session.token
  }
  return {
    get session() {
      return session
    },
    async current() {
      const ending = session.expiresAt !== null && session.expiresAt - marginMs <= now()
      return ending ? renew() : session.token
    },
    // Somebody else may have renewed it in the meantime.
    renewed: (refused) => (session.token === refused ? renew() : Promise.resolve(session.token)),
  }
}
