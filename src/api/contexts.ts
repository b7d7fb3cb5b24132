/** What a handler is given: the pool for a request that reads, one transaction for one that changes something, with its audit event. */
import type { FastifyRequest } from 'fastify'
import type { AppParts, Ctx, RequestRate } from '../app/context.ts'
import type { Bus } from '../bus/bus.ts'
import type { Store } from '../db/open.ts'
import type { Tx } from '../db/schema.ts'
import { ownerOf } from '../db/store/owner-of.ts'
import { auditTarget, type AuditEvent } from '../model/audit.ts'
import type { Identity } from '../model/identity.ts'
import { withoutStatementBudget } from '../runtime/statement-budget.ts'
import { changeOf, type Audit } from './audited.ts'
import type { Edge, ServerParts } from './edge.ts'
import { findKept, keepReply, type Idempotency } from './idempotency.ts'
import type { Reply } from './route.ts'

/** Whose line a request waits in. */
export const turnOf = (identity: Identity): string => identity.projectId || identity.userId

/** One transaction per changing request; effects for others only after its commit. */
export async function changing(
  parts: Edge,
  caller: { identity: Identity; requestId: string; minor: number; flags: ReadonlySet<string> },
  idempotency: Idempotency | null,
  respond: (ctx: Ctx) => Promise<Reply>,
  audited: { readonly audit: Audit; readonly request: FastifyRequest } | null,
): Promise<Reply> {
  let written: AuditEvent | null = null
  let effects: (() => void)[] = []
  let warnings: string[] = []
  const reply = await transaction(parts.store, idempotency !== null, async (tx) => {
    effects = []
    warnings = []
    written = null
    const kept = idempotency === null ? null : await findKept(tx, idempotency)
    if (kept !== null) return kept
    const owner = audited === null ? null : await ownerOfTarget(tx, parts, caller.identity, audited.request)
    const fresh = await respond({
      ...appParts(parts),
      ...caller,
      db: tx,
      tx,
      afterCommit: (effect) => effects.push(effect),
      warn: (sentence) => warnings.push(sentence),
    })
    if (idempotency !== null) await keepReply(tx, idempotency, fresh)
    if (audited !== null) {
      const end = {
        status: fresh.status,
        reply: fresh.body,
        ...(owner === null ? {} : { targetProjectId: owner }),
      }
      // In the change's own transaction: there is none without its event, whatever dies when.
      written = await audited.audit.trail.write(tx, changeOf(audited.audit, audited.request, end))
    }
    return fresh
  })
  for (const effect of effects) withoutStatementBudget(effect)
  if (written !== null) audited?.audit.trail.told(written)
  reply.warnings = warnings
  return reply
}

/** Looked up before the change, which may end it; whoever is no administrator acts on what is his project's. */
const ownerOfTarget = (
  tx: Tx,
  { policy }: Edge,
  identity: Identity,
  request: FastifyRequest,
): Promise<string | null> =>
  policy.check('context_is_admin', identity)
    ? ownerOf(tx, auditTarget((request.routeOptions.url ?? '').replace(/^\/v2/, ''), request.params as never))
    : Promise.resolve(null)

/** Two requests with one key at once: the second one's key is taken by the time it writes it, and finds the answer next time. */
async function transaction<T>(store: Store, keyed: boolean, body: (tx: Tx) => Promise<T>): Promise<T> {
  try {
    return await store.transaction(body)
  } catch (error) {
    if (!keyed || !store.dialect.isDuplicate(error)) throw error
    return store.transaction(body)
  }
}

export function readingContext(
  parts: Edge,
  identity: Identity,
  requestId: string,
  minor: number,
  flags: ReadonlySet<string>,
): Ctx {
  return {
    ...appParts(parts),
    identity,
    requestId,
    minor,
    flags,
    db: parts.store.db,
    get rate(): RequestRate | null {
      return parts.rates.left(turnOf(identity))
    },
    get tx(): Tx {
      throw new Error('a reading request has no transaction')
    },
    afterCommit: (effect) => effect(),
    warn: () => {},
  }
}

/** Whoever works on a message does so on its own time, also in this process. */
export const outsideOfBudgets = (bus: Bus): Bus => ({
  cast: (...message) => withoutStatementBudget(() => bus.cast(...message)),
  call: (...question) => withoutStatementBudget(() => bus.call(...question)),
  serve: (...service) => bus.serve(...service),
  answer: (...service) => bus.answer(...service),
  onGap: (look) => bus.onGap(look),
  state: () => bus.state(),
  close: () => bus.close(),
})

const appParts = ({ store, clock, bus, policy, settings, agreement }: ServerParts): AppParts => ({
  store,
  clock,
  bus,
  policy,
  settings,
  ...(agreement === undefined ? {} : { agreement }),
})
