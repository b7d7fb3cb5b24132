/**
 * What it means to be logged in to the dashboard: a token kept on this side, under an id that the browser has. A session is worth
 * what its token is: it ends with it, with the account, with the role. All of it is in the database, so that any process serves it
 * after any restart; nothing of it is remembered here.
 */
import type { Store } from '../db/open.ts'
import {
  changeDashboardSession,
  deleteDashboardSession,
  findDashboardSession,
  insertDashboardSession,
  purgeDashboardSessions,
  type DashboardSessionRow,
} from '../db/store/dashboard-sessions.ts'
import { fault, Fault } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { Rate } from '../runtime/rate.ts'
import type { Granted, LoginDesk, Place, ProjectRef } from './login-desk.ts'
import { isSessionId, newSessionId, seal, sessionHash, unseal, type SessionTokens } from './sealed-tokens.ts'

/** A session as its owner sees it. */
export interface SessionView extends Omit<Granted, 'token'> {
  readonly projects: readonly Place[]
}

/** How somebody logs in. */
export type Login =
  | {
      readonly by: 'password'
      readonly name: string
      /** By name. */
      readonly domain: string
      readonly password: string
      /** Absent = the first one by name that lets the account in, or none. */
      readonly project?: ProjectRef
    }
  | { readonly by: 'secret'; readonly id: string; readonly secret: string }

/** What the edge needs of sessions to serve everything else. */
export interface SessionTokenSource {
  /** The token of a session; null when there is no such session. Whether the token is still worth something is not asked. */
  tokenOf(id: string): Promise<string | null>
}

/** Projects tried for somebody who named none: the first may be below one that is disabled. */
const placesTried = 10
/** Sessions that one process begins for one person in a minute. */
const begunPerMinute = 60
const purgedAtOnce = 500
const purgeEveryUs = 600_000_000

/** Where a Keystone that is away can not be told: nobody has the token any more, and it ends by itself. */
const asUnused = (): void => {}

export class Sessions implements SessionTokenSource {
  readonly #store: Store
  readonly #clock: Clock
  readonly #desk: LoginDesk
  readonly #begun: Rate
  #purgedAt = -Infinity

  constructor({
    store,
    clock,
    desk,
  }: {
    readonly store: Store
    readonly clock: Clock
    readonly desk: LoginDesk
  }) {
    this.#store = store
    this.#clock = clock
    this.#desk = desk
    this.#begun = new Rate(begunPerMinute, () => clock.now())
  }

  /** Always under a new id, whatever came along with the login. Throws as the {@link LoginDesk} does. */
  async begin(
    login: Login,
    address: string,
  ): Promise<{ readonly id: string; readonly session: SessionView }> {
    const { granted, root } = await this.#logIn(login, address)
    const retryAfterS = this.#begun.take(granted.user.id)
    if (retryAfterS > 0) {
      await this.#revoke({ token: granted.token, root })
      throw fault('TooManyRequests', { message: 'Too many logins in a minute.', retryAfterS })
    }
    const id = newSessionId()
    const now = this.#clock.now()
    await insertDashboardSession(this.#store.db, {
      id_hash: sessionHash(id),
      sealed: seal(id, { token: granted.token, root }),
      user_id: granted.user.id,
      project_id: granted.project?.id ?? '',
      turn: 0,
      created_at: now,
      expires_at: granted.expiresAt,
    })
    await this.#purge(now)
    return { id, session: await this.#view(granted) }
  }

  async tokenOf(id: string): Promise<string | null> {
    return (await this.#find(id))?.tokens.token ?? null
  }

  /** Null when it is over: nothing is left of it then. */
  async look(id: string): Promise<SessionView | null> {
    const found = await this.#find(id)
    if (found === null) return null
    const granted = await this.#desk.look(found.tokens.token)
    if (granted !== null) return this.#view(granted)
    await deleteDashboardSession(this.#store.db, found.row.id_hash)
    return null
  }

  /**
   * Into another project, with another token; the one of before is revoked, so that nothing that still holds it, such as another
   * tab's stream of events, goes on showing the project that was left. Null when the session is over; throws `Refused` for a
   * project that is not the person's.
   */
  async enter(id: string, project: ProjectRef): Promise<SessionView | null> {
    const found = await this.#find(id)
    if (found === null) return null
    const { row, tokens } = found
    const before = await this.#desk.look(tokens.token)
    if (before !== null && 'id' in project && before.project?.id === project.id) return this.#view(before)
    let granted: Granted
    try {
      granted = await this.#desk.enter(tokens.root ?? tokens.token, project)
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'Unauthorized') throw error
      await deleteDashboardSession(this.#store.db, row.id_hash)
      return null
    }
    const set = {
      sealed: seal(id, { token: granted.token, root: tokens.root }),
      project_id: granted.project?.id ?? '',
      expires_at: granted.expiresAt,
    }
    if (!(await changeDashboardSession(this.#store.db, row, set))) {
      await this.#desk.revoke(granted.token)
      const message = 'Another page changes this session at the moment; nothing was done, try again.'
      throw fault('Unavailable', { message, retryAfterS: 1 })
    }
    // The root is what the next one is got with, and shows nothing.
    if (tokens.token !== tokens.root) await this.#desk.revoke(tokens.token).catch(asUnused)
    return this.#view(granted)
  }

  /** Its tokens are revoked. Twice is once; answers whose it was. */
  async end(id: string): Promise<Granted | null> {
    const found = await this.#find(id)
    if (found === null) return null
    const granted = await this.#desk.look(found.tokens.token).catch(() => null)
    await deleteDashboardSession(this.#store.db, found.row.id_hash)
    await this.#revoke(found.tokens).catch(asUnused)
    return granted
  }

  async #logIn(
    login: Login,
    address: string,
  ): Promise<{ readonly granted: Granted; readonly root: string | null }> {
    if (login.by === 'secret') {
      const { id, secret } = login
      return { granted: await this.#desk.bySecret({ id, secret, address }), root: null }
    }
    const { name, domain, password, project } = login
    const root = await this.#desk.byPassword({ name, domain, password, address })
    try {
      const granted =
        project === undefined ? await this.#firstOf(root) : await this.#desk.enter(root.token, project)
      return { granted, root: root.token }
    } catch (error) {
      await this.#desk.revoke(root.token).catch(asUnused)
      throw error
    }
  }

  async #firstOf(root: Granted): Promise<Granted> {
    const places = await this.#desk.projectsOf(root.token)
    for (const { id } of places.slice(0, placesTried)) {
      try {
        return await this.#desk.enter(root.token, { id })
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== 'Refused') throw error
      }
    }
    return root
  }

  async #view({ token, ...facts }: Granted): Promise<SessionView> {
    return { ...facts, projects: await this.#desk.projectsOf(token) }
  }

  async #find(
    id: string,
  ): Promise<{ readonly row: DashboardSessionRow; readonly tokens: SessionTokens } | null> {
    if (!isSessionId(id)) return null
    const row = await findDashboardSession(this.#store.db, sessionHash(id), this.#clock.now())
    const tokens = row === null ? null : unseal(id, row.sealed)
    return row === null || tokens === null ? null : { row, tokens }
  }

  async #revoke({ token, root }: SessionTokens): Promise<void> {
    await this.#desk.revoke(token)
    if (root !== null && root !== token) await this.#desk.revoke(root)
  }

  async #purge(now: number): Promise<void> {
    if (now - this.#purgedAt < purgeEveryUs) return
    this.#purgedAt = now
    await purgeDashboardSessions(this.#store.db, now, purgedAtOnce)
  }
}
