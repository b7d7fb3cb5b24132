/**
 * Pages of listed origins may call the API. A token goes in a header that the page sets itself, so no credentials of the browser are
 * ever allowed, and an origin that is not listed gets no word about it.
 */
import type { FastifyInstance } from 'fastify'
import type { ApiCorsSettings } from '../config/edge.ts'

const methods = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const sent = [
  'Accept',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'Last-Event-ID',
  'OpenStack-API-Version',
  'X-Auth-Token',
  'X-OpenStack-Manila-API-Experimental',
  'X-OpenStack-Manila-API-Version',
  'X-OpenStack-Request-ID',
  'X-Subject-Token',
].join(', ')
const read = [
  'ETag',
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'X-Compute-Request-Id',
  'X-OpenStack-Manila-API-Version',
  'X-OpenStack-Request-ID',
  'X-Subject-Token',
].join(', ')

/** Nothing changes where no origin is listed. Before anything else looks at a request. */
export function allowOrigins(app: FastifyInstance, { origins, max_age_s: maxAgeS }: ApiCorsSettings): void {
  if (origins.length === 0) return
  const listed = new Set(origins)
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers
    if (origin === undefined || !listed.has(origin)) return
    reply.header('access-control-allow-origin', origin)
    reply.header('access-control-expose-headers', read)
    // What a browser asks before the request that needs a token; it sends none.
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return
    reply.header('access-control-allow-methods', methods)
    reply.header('access-control-allow-headers', sent)
    reply.header('access-control-max-age', String(maxAgeS))
    return reply.code(204).send()
  })
  // A cache must not give one origin what another was told.
  app.addHook('onSend', async (_request, reply) => {
    const vary = reply.getHeader('vary')
    reply.header('vary', vary === undefined ? 'Origin' : `${String(vary)}, Origin`)
  })
}
