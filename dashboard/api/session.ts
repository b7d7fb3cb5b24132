/**
 * Who is signed in. One session a page; it ends when the server says so, and then one signs in again in place: whatever was under way
 * waits for that and goes on, so that a half-filled form is not lost.
 */
import type { TokenSource } from '../../src/sdk/token-source.ts'
import { ApiError } from '../../src/sdk/api-error.ts'

interface Named {
  readonly id: string
  readonly name: string
}
export interface ProjectRef extends Named {
  readonly domain_id?: string
}
/** As `GET /dashboard/session` answers it. */
export interface SessionView {
  readonly user: Named & { readonly domain: Named }
  readonly project: (Named & { readonly domain: Named }) | null
  readonly roles: readonly string[]
  readonly expires_at: string
  readonly projects: readonly ProjectRef[]
  readonly is_admin: boolean
}

export type Credentials =
  | {
      readonly name: string
      readonly password: string
      readonly domain: string
      readonly project?: { readonly id: string }
    }
  | { readonly application_credential: { readonly id: string; readonly secret: string } }

/** How a session is had: from the server's cookie or, deployed elsewhere, from Keystone into this page's memory. */
export interface SessionDoor {
  /** The session that is there already; null = none. Throws {@link ApiError}. */
  resume(): Promise<SessionView | null>
  signIn(credentials: Credentials): Promise<SessionView>
  toProject(id: string): Promise<SessionView>
  signOut(): Promise<void>
  /** Empty where the server adds it. */
  token(): string
}

export type SessionState =
  | { readonly is: 'none' }
  | { readonly is: 'open'; readonly view: SessionView }
  /** It was open and is not any more; `view` says whose it was. */
  | { readonly is: 'ended'; readonly view: SessionView }

export class Session implements TokenSource {
  readonly session = null
  readonly #door: SessionDoor
  readonly #listeners = new Set<() => void>()
  #state: SessionState = { is: 'none' }
  #again: PromiseWithResolvers<string | null> | null = null
  #asking: Promise<'open' | 'over' | 'unknown'> | null = null

  constructor(door: SessionDoor) {
    this.#door = door
  }

  get state(): SessionState {
    return this.#state
  }

  /** Null while nobody is signed in. */
  get view(): SessionView | null {
    return this.#state.is === 'none' ? null : this.#state.view
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
  snapshot = (): SessionState => this.#state

  async resume(): Promise<void> {
    const view = await this.#door.resume()
    this.#become(view === null ? { is: 'none' } : { is: 'open', view })
  }

  /** Throws {@link ApiError}: 401 for wrong credentials, 503 when nobody can tell. */
  async signIn(credentials: Credentials): Promise<void> {
    const before = this.#state
    const view = await this.#door.signIn(credentials)
    // Somebody else at the same desk: nothing of the first one's page may go on in his name.
    if (before.is === 'ended' && before.view.user.id !== view.user.id) {
      location.reload()
      return
    }
    this.#become({ is: 'open', view })
    this.#again?.resolve(this.#door.token())
    this.#again = null
  }

  async toProject(id: string): Promise<void> {
    this.#become({ is: 'open', view: await this.#door.toProject(id) })
  }

  async signOut(): Promise<void> {
    await this.#door.signOut().catch((error: unknown) => {
      // It has ended already, which is what was asked for.
      if (!(error instanceof ApiError) || error.status !== 401) throw error
    })
    this.#leave()
  }

  /** Whoever does not want to sign in again: what waits fails. */
  giveUp(): void {
    this.#leave()
  }

  current(): Promise<string> {
    return Promise.resolve(this.#door.token())
  }

  /** The token was refused: resolves when somebody has signed in again, with null if nobody will. */
  async renewed(refused: string): Promise<string | null> {
    const token = this.#door.token()
    if (this.#state.is === 'none') return null
    if (this.#state.is === 'open' && token !== refused) return token
    if (this.#state.is === 'open') {
      const still = await this.#stands()
      if (still !== 'over') return still === 'open' ? this.#door.token() : null
    }
    this.#again ??= Promise.withResolvers<string | null>()
    if (this.#state.is === 'open') this.#become({ is: 'ended', view: this.#state.view })
    return this.#again.promise
  }

  /**
   * A token also ends when another tab goes to another project: the session stands, and the page begins anew there. `unknown` when nobody
   * can tell just now.
   */
  #stands(): Promise<'open' | 'over' | 'unknown'> {
    this.#asking ??= this.#door
      .resume()
      .then(
        (view) => {
          if (view === null) return 'over' as const
          if (view.project?.id !== this.view?.project?.id || view.user.id !== this.view?.user.id)
            location.reload()
          return 'open' as const
        },
        () => 'unknown' as const,
      )
      .finally(() => {
        this.#asking = null
      })
    return this.#asking
  }

  #leave(): void {
    this.#again?.resolve(null)
    this.#again = null
    this.#become({ is: 'none' })
  }

  #become(state: SessionState): void {
    this.#state = state
    for (const listener of this.#listeners) listener()
  }
}
