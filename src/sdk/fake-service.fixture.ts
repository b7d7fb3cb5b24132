/** A Keystone and a Manila in one small HTTP server: answers what a test scripts, and remembers what it was asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}

export interface Said {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Ends the connection instead of answering. */
  readonly hangUp?: boolean
  /** Answers never. */
  readonly silent?: boolean
}

export interface FakeService {
  readonly url: string
  readonly asked: readonly Asked[]
  /** Requests for this method and path, in order. */
  readonly to: (line: string) => readonly Asked[]
  readonly close: () => Promise<void>
}

export interface Script {
  /** What sign-ins give, one after another; the last one again and again. Default `token-1`, `token-2`, … */
  readonly tokens?: readonly string[]
  /** `version` of the version document; default 2.99. */
  readonly newest?: string
  readonly oldest?: string
  readonly capabilities?: readonly string[]
  readonly catalog?: (url: string) => unknown
  /** Answers a request for the API; the path has no `/v2`. */
  readonly answer?: (asked: Asked) => Said
}

export async function fakeService(script: Script = {}): Promise<FakeService> {
  const asked: Asked[] = []
  let signIns = 0
  const server = createServer((request, response) => void serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const keystone = (): Said => {
    signIns++
    const token = script.tokens?.[Math.min(signIns, script.tokens.length) - 1] ?? `token-${signIns}`
    const catalog = script.catalog?.(url) ?? [
      {
        type: 'shared-file-system',
        endpoints: [{ interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url: `${url}/v2` }],
      },
    ]
    const expires_at = '2999-01-01T00:00:00.000000Z'
    const user = { id: 'user-1' }
    const project = { id: 'project-1' }
    return {
      status: 201,
      headers: { 'x-subject-token': token },
      body: { token: { expires_at, user, project, catalog } },
    }
  }
  const answerTo = (one: Asked): Said => {
    if (one.path === '/identity/v3/auth/tokens') return keystone()
    if (one.path === '/') {
      const version = {
        status: 'CURRENT',
        version: script.newest ?? '2.99',
        min_version: script.oldest ?? '2.0',
      }
      return {
        status: 300,
        body: { versions: [{ status: 'DEPRECATED', version: '', min_version: '' }, version] },
      }
    }
    if (one.path === '/v2/capabilities' && script.capabilities !== undefined) {
      return {
        body: { capabilities: script.capabilities.map((name) => ({ name, description: '', paths: [] })) },
      }
    }
    return script.answer?.({ ...one, path: one.path.replace(/^\/v2/, '') }) ?? notFound
  }
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const at = new URL(request.url ?? '/', url)
    const text = Buffer.concat(chunks).toString('utf8')
    const one: Asked = {
      method: request.method ?? '',
      path: at.pathname,
      query: at.searchParams,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const said = answerTo(one)
    if (said.silent === true) return
    if (said.hangUp === true) {
      request.socket.destroy()
      return
    }
    response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers })
    response.end(said.body === undefined ? undefined : JSON.stringify(said.body))
  }

  return {
    url,
    asked,
    to: (line) => asked.filter(({ method, path }) => `${method} ${path}` === line),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

const notFound: Said = {
  status: 404,
  body: { itemNotFound: { code: 404, message: 'The resource could not be found.' } },
}

/** Answers from a list, the last one again and again. */
export function oneAfterAnother(...all: readonly [Said, ...Said[]]): () => Said {
  let next = 0
  return () => all[Math.min(next++, all.length - 1)] as Said
}

/** Settings that reach the fake; nothing of this machine's files or variables. */
export const signedIn = (service: FakeService) => ({
  authUrl: `${service.url}/identity`,
  username: 'demo',
  password: 'secret',
  projectName: 'demo',
  env: {},
  cwd: '/nonexistent',
  home: '/nonexistent',
})
