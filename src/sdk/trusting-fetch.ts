/**
 * What the SDK needs of `fetch`, over Node's own HTTP: the built-in `fetch` can't be given certificates per client, and to load it
 * takes a command as long as its whole work. Node only.
 */
import { readFileSync } from 'node:fs'
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { localError } from './api-error.ts'
import type { Ask, Fetch, Reply } from './exchange.ts'

export interface Trust {
  /** PEM file, trusted besides the built-in roots. */
  readonly cacert?: string
  readonly insecure?: boolean
}

/** One of the two modules that send. Node reads all the properties of one that is imported, and some of them load `fetch`. */
interface Door {
  readonly agent: Agent
  request(url: string, options: RequestOptions): ClientRequest
}

/** Connections are kept for the next request. Throws `badSettings` when the file can't be read. */
export function trustingFetch({ cacert, insecure = false }: Trust): Fetch {
  const pem = cacert === undefined ? null : readPem(cacert)
  let plain: Door | undefined
  let overTls: Door | undefined
  const tlsDoor = (): Door => {
    const { Agent, request } = process.getBuiltinModule('node:https')
    const { rootCertificates } = process.getBuiltinModule('node:tls')
    const ca = pem === null ? {} : { ca: [...rootCertificates, pem] }
    return { agent: new Agent({ keepAlive: true, rejectUnauthorized: !insecure, ...ca }), request }
  }
  const plainDoor = (): Door => {
    const { Agent, request } = process.getBuiltinModule('node:http')
    return { agent: new Agent({ keepAlive: true }), request }
  }
  return (url, init) =>
    send(url.startsWith('https:') ? (overTls ??= tlsDoor()) : (plain ??= plainDoor()), url, init)
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw localError('badSettings', 'cacert', `The CA file ${file} cannot be read.`, error)
  }
}

function send({ agent, request }: Door, url: string, { method, headers, body, signal }: Ask): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const reasonOf = (): Error => signal.reason as Error
    if (signal.aborted) return reject(reasonOf())
    const sent = request(url, { agent, method, headers })
    const abort = () => sent.destroy(reasonOf())
    const settled = () => signal.removeEventListener('abort', abort)
    signal.addEventListener('abort', abort, { once: true })
    sent.on('error', (error) => {
      settled()
      reject(error)
    })
    sent.on('response', (message) => {
      settled()
      // What comes is cut with the reason of whoever cuts it, not with that of the connection which he closed.
      const cut = () => message.destroy(reasonOf())
      signal.addEventListener('abort', cut, { once: true })
      message.on('close', () => signal.removeEventListener('abort', cut))
      resolve(replyOf(url, message))
    })
    sent.end(body)
  })
}

function replyOf(url: string, message: IncomingMessage): Reply {
  const status = message.statusCode ?? 500
  return {
    url,
    status,
    statusText: message.statusMessage ?? '',
    ok: status >= 200 && status < 300,
    headers: {
      get(name) {
        const value = message.headers[name]
        return value === undefined ? null : String(value)
      },
    },
    body: message,
  }
}
