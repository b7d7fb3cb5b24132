/** The API without what is ours: a proxy before it that knows none of our own paths, as the original Manila does not. */
import { createServer, request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import { capabilities } from '../../src/wire/capabilities/schema.ts'

/** These stand in the original, too; ours say more. */
const shared = ['GET /v2/scheduler-stats/pools/detail', 'GET /v2/types/{id}']

const ours: readonly RegExp[] = [
  /^GET \/v2\/capabilities$/,
  ...capabilities
    .flatMap(({ paths }) => paths)
    .filter((path) => path.includes(' /v2/') && !shared.includes(path))
    .map((path) => new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{[a-z_]+\}/g, '[^/]+')}$`)),
]

export const isOurs = (method: string, url: string): boolean => {
  const path = `${method} ${new URL(url, 'http://localhost').pathname}`
  return ours.some((pattern) => pattern.test(path))
}

export interface BareApi {
  readonly origin: string
  /** Requests for what is ours, the question for it left out. */
  readonly askedFor: readonly string[]
  close(): void
}

/** `api`: where the real one is. */
export async function bareApi(api: string): Promise<BareApi> {
  const askedFor: string[] = []
  const server = createServer((request, reply) => {
    const { method = 'GET', url = '/', headers } = request
    if (isOurs(method, url)) {
      if (!url.endsWith('/capabilities')) askedFor.push(`${method} ${url}`)
      const { origin } = headers
      reply.writeHead(404, {
        'content-type': 'application/json',
        ...(origin === undefined ? {} : { 'access-control-allow-origin': origin }),
      })
      return reply.end('{"itemNotFound": {"code": 404, "message": "The resource could not be found."}}')
    }
    const onward = send(new URL(url, api), { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(reply)
    })
    onward.on('error', () => reply.destroy())
    return request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    askedFor,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
