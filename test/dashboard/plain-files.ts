/**
 * The built dashboard as any web server would serve it, from another origin than the API's: files, the page for every address below
 * `/dashboard/` that is none, and a `config.json` that says where the service is.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { builtDashboard } from './build.ts'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
}

export interface PlainFiles {
  readonly origin: string
  /** Says where the service is, for pages that are opened from now on. */
  point(at: { readonly endpoint: string; readonly identity: string }): void
  close(): void
}

export async function servePlainFiles(): Promise<PlainFiles> {
  const folder = builtDashboard()
  const config = { session: 'memory', endpoint: '', identity: '', release: null as string | null }
  const page = (await readFile(join(folder, 'index.html'), 'utf8')).replace('__NONCE__', '')
  const server = createServer((request, reply) => {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname)
    const file = path.replace(/^\/dashboard\//, '')
    const send = (type: string, body: string | Buffer): void => {
      reply.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(body)
    }
    if (file === 'config.json') return send('application/json', JSON.stringify(config))
    const type = types[extname(file)]
    if (type === undefined) return send('text/html; charset=utf-8', page)
    readFile(join(folder, file)).then(
      (body) => send(type, body),
      () => reply.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    point: (at) => void Object.assign(config, at),
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
