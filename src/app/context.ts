/**
 * What every verb of `app/` is given. `app` says what a user may ask for; it knows no HTTP and no driver.
 *
 * A request that changes something runs in one transaction: `ctx.tx` is it, `ctx.db` is the same, and what has to be told
 * to others waits in `afterCommit`. A reading request has `ctx.db` only. Nothing in a verb awaits anything but the
 * database.
 */
import type { Bus } from '../bus/bus.ts'
import type { Store } from '../db/open.ts'
import type { Scope } from '../db/store/scope.ts'
import type { DbOrTx, Tx } from '../db/schema.ts'
import type { Identity, Standing } from '../model/identity.ts'
import type { Agreement } from '../engine/agreement.ts'
import type { Policy } from '../policy/enforce.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Settings } from '../config/schema.ts'

/** The long-lived parts behind every request. */
export interface AppParts {
  readonly store: Store
  readonly clock: Clock
  readonly bus: Bus
  readonly policy: Policy
  readonly settings: Settings
  /** Which plans of operations all live processes know; this process's own without it. */
  readonly agreement?: Agreement
}

/** What the caller's project may still ask this process. */
export interface RequestRate {
  readonly perMinute: number
  readonly left: number
  /** Microseconds: when all of it is there again. */
  readonly wholeAt: number
}

export interface Ctx extends AppParts {
  readonly identity: Identity
  readonly requestId: string
  /** N of the negotiated `2.N`; for views. Verbs ask `flags`. */
  readonly minor: number
  /** Named behaviours that are on at this microversion (`changes.ts`). */
  readonly flags: ReadonlySet<string>
  /** The transaction of a changing request, the pool of a reading one. */
  readonly db: DbOrTx
  /** Throws in a reading request. */
  readonly tx: Tx
  /** Null or absent where requests are not counted. */
  readonly rate?: RequestRate | null
  /** Runs after the commit, never when it fails. */
  afterCommit(effect: () => void): void
  /** What the caller should know although the request is granted; one sentence. */
  warn(sentence: string): void
}

/** True when the caller passes `context_is_admin`. */
export const isAdmin = (ctx: Ctx): boolean => ctx.policy.check('context_is_admin', ctx.identity)

const isService = (ctx: Ctx): boolean => ctx.identity.roles.includes('service')

/** What the caller's work and locks say about their maker. A service that is an administrator too acts as a service, as in the original. */
export function standingOf(ctx: Ctx): Standing {
  if (isService(ctx)) return 'service'
  return isAdmin(ctx) ? 'admin' : 'user'
}

const rank: Readonly<Record<Standing, number>> = { user: 0, service: 1, admin: 2 }

/** True when the caller stands at least as high as whoever made something. */
export function standsAbove(ctx: Ctx, maker: Standing): boolean {
  const highest = isAdmin(ctx) ? 'admin' : isService(ctx) ? 'service' : 'user'
  return rank[highest] >= rank[maker]
}

/** Whose rows the caller may see: administrators every project's. */
export const scopeOf = (ctx: Ctx): Scope => ({ projectId: isAdmin(ctx) ? null : ctx.identity.projectId })
