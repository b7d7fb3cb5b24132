/** `GET /metrics` on the API's port where that is wanted. */
import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../../runtime/metrics.ts'

export function metricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', metrics.registry.contentType).send(await metrics.expose()),
  )
}
