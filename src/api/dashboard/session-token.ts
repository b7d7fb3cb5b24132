/** Requests of the dashboard's pages bring a session instead of a token: it is put where a token stands, and judged as any other. */
import type { FastifyInstance } from 'fastify'
import type { SessionTokenSource } from '../../auth/sessions.ts'
import { withStatementBudget } from '../../runtime/statement-budget.ts'
import { one } from '../raw-requests.ts'
import { sessionIdOf, type Seen } from './cookie.ts'

/** For every route below /v2 and /identity. Who sends a token of his own is judged by that; an empty one is none. */
export function takeSessions(
  app: FastifyInstance,
  sessions: SessionTokenSource,
  { statementsMs, ...seen }: Seen & { readonly statementsMs: number },
): void {
  app.addHook('onRequest', async (request) => {
    if (!/^\/(?:v2|identity)(?=[/?]|$)/.test(request.url)) return
    if ((one(request.headers['x-auth-token']) ?? '') !== '') return
    const id = sessionIdOf(request, seen)
    if (id === null) return
    const token = await withStatementBudget(statementsMs, () => sessions.tokenOf(id))
    if (token !== null) request.raw.headers['x-auth-token'] = token
  })
}
