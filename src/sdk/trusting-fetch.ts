/**
 * `fetch` with certificates of one's own, which the built-in one can't be given per client. Node only; used only when a CA
 * file or `insecure` is set.
 */
import { readFileSync } from 'node:fs'
import { Agent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { rootCertificates } from 'node:tls'
import { localError } from './api-error.ts'
import type { Fetch } from './exchange.ts'

export interface Trust {
  /** PEM file, trusted besides the built-in roots. */
  readonly cacert?: string
  readonly insecure?: boolean
}

/** Requests over plain http go through the built-in `fetch`. Throws `badSettings` when the file can't be read. */
export function trustingFetch({ cacert, insecure = false }: Trust): Fetch {
  if (cacert === undefined && !insecure) return (url, init) => fetch(url, init)
  const agent = new Agent({
    keepAlive: true,
    rejectUnauthorized: !insecure,
    ...(cacert === undefined ? {} : { ca: [...rootCertificates, readPem(cacert)] }),
  })
  return (url, init) => (url.startsWith('https:') ? overTls(agent, url, init) : fetch(url, init))
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw localError('badSettings', 'cacert', `The CA file ${file} cannot be read.`, error)
  }
}

/** Statuses that have no body; a Response of one refuses even an empty stream. */
const bodiless = [204, 205, 304]

function overTls(agent: Agent, url: string, init: RequestInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const { signal } = init
    const request = httpsRequest(url, {
      agent,
      method: init.method ?? 'GET',
      headers: init.headers as Record<string, string>,
    })
    const abort = () => request.destroy(signal?.reason as Error)
    signal?.addEventListener('abort', abort, { once: true })
    request.on('error', reject)
    request.on('response', (message) => {
      message.on('close', () => signal?.removeEventListener('abort', abort))
      const headers = new Headers()
      for (let at = 0; at + 1 < message.rawHeaders.length; at += 2) {
        headers.append(message.rawHeaders[at] ?? '', message.rawHeaders[at + 1] ?? '')
      }
      const status = message.statusCode ?? 500
      if (bodiless.includes(status)) message.resume()
      const body = bodiless.includes(status) ? null : (Readable.toWeb(message) as ReadableStream<Uint8Array>)
      resolve(new Response(body, { status, statusText: message.statusMessage ?? '', headers }))
    })
    request.end(typeof init.body === 'string' ? init.body : undefined)
  })
}
