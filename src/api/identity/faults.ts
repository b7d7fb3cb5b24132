/** Refusals in Keystone's shape: `{"error": {code, title, message}}`. */
import { STATUS_CODES } from 'node:http'
import { fault, Fault, invalid } from '../../model/errors.ts'
import { authenticateHeader } from '../addresses.ts'
import { refusalOf } from '../faults.ts'
import type { Answer } from './route.ts'

/** Anything that is not a Fault is a 500 that says nothing of the inside. */
export function faultAnswer(error: unknown, base: string): Answer {
  const refusal = asFault(error)
  if (refusal === null) {
    return answer(500, 'An unexpected error prevented the server from fulfilling your request.')
  }
  const { status, detail } = refusal
  const headers: Record<string, string> = {}
  if (status === 401) headers['www-authenticate'] = authenticateHeader(`${base}/identity`)
  if (typeof detail.retryAfterS === 'number') headers['retry-after'] = String(detail.retryAfterS)
  // A 404 of this face says what was not found; the shared table's sentence is for the other one.
  const message =
    status === 404 && typeof detail.message === 'string'
      ? detail.message
      : status === 403 && refusal.code === 'Forbidden'
        ? 'You are not authorized to perform the requested action.'
        : refusal.message
  return answer(status, message, headers)
}

export function answer(
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status: code, headers, body: { error: { code, title: STATUS_CODES[code] ?? 'Error', message } } }
}

/** Fastify's own refusals in our words; null for what is nobody's refusal. */
function asFault(thrown: unknown): Fault | null {
  const error = refusalOf(thrown)
  if (error instanceof Fault) return error
  const { code, statusCode } = error as { code?: string; statusCode?: number }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return fault('TooLarge', { message: 'The request body is too large.' })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return invalid('The request could not be read.')
  }
  return null
}
