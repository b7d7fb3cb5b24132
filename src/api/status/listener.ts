/**
 * `/healthcheck` and `/metrics` of a process, on a port that the clients of the API need not reach. Healthy means usable: the
 * database answers and each role can do its work.
 */
import fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import { ping } from '../../db/store/health.ts'
import type { Store } from '../../db/open.ts'

export interface StatusParts {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly store: Store
  /** Why the process can't do its work now; null when it can. */
  readonly unusable: () => Promise<string | null>
  /** Prometheus text, and its content type. */
  readonly metrics: { readonly contentType: string; expose(): Promise<string> }
}

export interface StatusListener {
  readonly url: string
  close(): Promise<void>
}

export async function statusListener(parts: StatusParts): Promise<StatusListener> {
  const app = fastify()
  app.get('/healthcheck', async (_request, reply) => {
    const reason = await whyNot(parts)
    return reason === null ? { status: 'ok' } : reply.code(503).send({ status: 'failed', reason })
  })
  app.get('/metrics', async (_request, reply) =>
    reply.header('content-type', parts.metrics.contentType).send(await parts.metrics.expose()),
  )
  await app.listen({ host: parts.host, port: parts.port })
  const { port } = app.server.address() as AddressInfo
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host
  return { url: `http://${host}:${port}`, close: () => app.close() }
}

async function whyNot({ store, unusable }: StatusParts): Promise<string | null> {
  try {
    await ping(store.db)
  } catch {
    return 'The database does not answer.'
  }
  return unusable()
}
