/** Bodies of requests: JSON out of bytes, read strictly: text that is not UTF-8 would be stored as something else than was sent. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { invalid } from '../model/errors.ts'

const utf8: readonly string[] = ['utf-8', 'utf8', 'us-ascii']
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for no bytes. 400 for another charset than UTF-8, for bytes that are none, and for what is not JSON. */
export function jsonOf(
  bytes: Uint8Array,
  contentType: string | undefined,
  reviver?: (key: string, value: unknown) => unknown,
): unknown {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType ?? '')?.[1]
  if (charset !== undefined && !utf8.includes(charset.toLowerCase())) {
    throw invalid('Malformed request body: its charset must be utf-8.')
  }
  if (bytes.length === 0) return undefined
  let text
  try {
    text = decoder.decode(bytes)
  } catch {
    throw invalid('Malformed request body: it is not UTF-8.')
  }
  try {
    return JSON.parse(text, reviver)
  } catch {
    throw invalid('Malformed request body: it is not JSON.')
  }
}

/** JSON is read only when it is called JSON; anything else is "no body", as in the original. */
export function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (request: FastifyRequest, bytes: Buffer) =>
      jsonOf(bytes, request.headers['content-type'], refusePrototype),
  )
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume()
    payload.on('end', () => done(null, undefined))
    payload.on('error', done)
  })
}

/** `__proto__` as a key is an attempt, never data. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__')
  return value
}
