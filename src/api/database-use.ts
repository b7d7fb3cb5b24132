/** What a request asked of the database, from its first statement to its last, whichever door it came through. */
import type { FastifyRequest } from 'fastify'
import { countedIn, freshUse, keepUse, toldUse, type DatabaseUse } from '../runtime/database-use.ts'

const uses = new WeakMap<FastifyRequest, DatabaseUse>()

/** Runs a part of the request's work; all its parts have one count. Nothing is counted unless `[database] count_use` says so. */
export function countedFor<T>(request: FastifyRequest, body: () => T): T {
  const use = uses.get(request) ?? freshUse()
  if (use !== null) uses.set(request, use)
  return countedIn(use, body)
}

/** The request is over: for its line in the log. `route` is what the counts of its like are gathered under. */
export function requestUse(request: FastifyRequest, route: string): { readonly database?: object } {
  const use = uses.get(request)
  if (use === undefined) return {}
  keepUse(route, '', use)
  return { database: toldUse(use) }
}
