/**
 * One request to a neighbouring service that speaks JSON. `fetch` takes no certificates of our own, so this is the `http` it
 * stands on: bounded in time by the caller's signal and in size, no redirects, no proxy of the environment.
 */
import { request as httpRequest, type Agent } from 'node:http'
import { request as httpsRequest } from 'node:https'

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly agent: Agent
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Parsed; undefined when it is empty or no JSON. */
  readonly body: unknown
}

/** A token with a large catalog is some 100 kB. */
const maxBytes = 4 * 1024 * 1024

/** Rejects when there is no whole answer: the connection's error, or the signal's reason. */
export function askJson(call: HttpCall): Promise<HttpAnswer> {
  const { method, url, agent, signal } = call
  const content = call.body === undefined ? null : Buffer.from(JSON.stringify(call.body))
  const headers: Record<string, string | number> = { accept: 'application/json', ...call.headers }
  if (content !== null) {
    headers['content-type'] = 'application/json'
    headers['content-length'] = content.length
  }
  return new Promise((resolve, reject) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest
    const sent = send(url, { method, agent, headers, signal }, (reply) => {
      const pieces: Buffer[] = []
      let size = 0
      reply.on('data', (piece: Buffer) => {
        size += piece.length
        if (size > maxBytes) sent.destroy(new Error(`the answer has more than ${maxBytes} bytes`))
        else pieces.push(piece)
      })
      reply.on('error', reject)
      reply.on('end', () =>
        resolve({
          status: reply.statusCode ?? 0,
          headers: reply.headers,
          body: parsed(Buffer.concat(pieces)),
        }),
      )
    })
    sent.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error))
    sent.end(content ?? undefined)
  })
}

function parsed(bytes: Buffer): unknown {
  try {
    return bytes.length === 0 ? undefined : (JSON.parse(bytes.toString('utf8')) as unknown)
  } catch {
    return undefined
  }
}
