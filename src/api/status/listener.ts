/**
 * `/healthcheck` and `/metrics` of a process, on a port that the clients of the API need not reach. Healthy means usable: the
 * database answers and each role can do its work.
 */
import { createServer, type ServerResponse } from 'node:http'
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

/** Without the library of the API: a process that is no API does not load it. */
export async function statusListener(parts: StatusParts): Promise<StatusListener> {
  const server = createServer((request, response) => {
    const page = pages.get((request.url ?? '').split('?', 1)[0] ?? '')
    if (page === undefined || !['GET', 'HEAD'].includes(request.method ?? ''))
      return answer(response, 404, 'application/json', '{"error":"There are /healthcheck and /metrics."}')
    void page(parts, response).catch(() => answer(response, 503, 'text/plain', 'It could not be said.'))
  })
  await new Promise<void>((resolve, reject) => {
    // Also for as long as it serves: a connection that can't be accepted ends nothing.
    server.on('error', reject)
    server.listen({ host: parts.host, port: parts.port }, resolve)
  })
  const { port } = server.address() as AddressInfo
  const host = parts.host.includes(':') ? `[${parts.host}]` : parts.host
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

type Page = (parts: StatusParts, response: ServerResponse) => Promise<void>

const health: Page = async (parts, response) => {
  const reason = await whyNot(parts)
  const said = reason === null ? { status: 'ok' } : { status: 'failed', reason }
  answer(response, reason === null ? 200 : 503, 'application/json', JSON.stringify(said))
}

const counted: Page = async ({ metrics }, response) =>
  answer(response, 200, metrics.contentType, await metrics.expose())

const pages: ReadonlyMap<string, Page> = new Map([
  ['/healthcheck', health],
  ['/metrics', counted],
])

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

async function whyNot({ store, unusable }: StatusParts): Promise<string | null> {
  try {
    await ping(store.db)
  } catch {
    return 'The database does not answer.'
  }
  return unusable()
}
