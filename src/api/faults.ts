/** Turns what was thrown into Manila's error body. Only here do fault codes meet HTTP. */
import { DatabaseBusy, DatabaseUnavailable } from '../db/unavailable.ts'
import { Fault, fault } from '../model/errors.ts'
import { BudgetSpent } from '../runtime/statement-budget.ts'

const names: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
}

export interface FaultReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** A database that is away is nobody's mistake: 503, and when to come back. Everything else stays what it was. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof BudgetSpent) {
    const message = `The database needs more than ${error.limitMs / 1000} s for this request: ask for less at once, or try again later.`
    return fault('Unavailable', { message, retryAfterS: 5 }, { cause: error })
  }
  if (error instanceof DatabaseBusy) {
    const message =
      'Others are changing the same thing at the moment; nothing was done, try again in a second.'
    return fault('Unavailable', { message, retryAfterS: 1 }, { cause: error })
  }
  if (!(error instanceof DatabaseUnavailable)) return error
  const doubt = error.maybeCommitted
    ? ' The request may have been carried out: look before you repeat it.'
    : ''
  const message = `The database can not be reached at the moment; try again in a few seconds.${doubt}`
  return fault('Unavailable', { message, retryAfterS: 5 }, { cause: error })
}

/** The reply to a fault; anything else is a 500 that tells nothing but the request id. */
export function faultReply(thrown: unknown, requestId: string): FaultReply {
  const error = refusalOf(thrown)
  if (!(error instanceof Fault)) {
    const message = `The server has either erred or is incapable of performing the requested operation (${requestId}).`
    return { status: 500, headers: {}, body: { computeFault: { code: 500, message } } }
  }
  const reply: Record<string, unknown> = { code: error.status, message: error.message }
  const headers: Record<string, string> = {}
  if (error.status === 413) {
    reply.retryAfter = '0'
    headers['retry-after'] = '0'
  }
  if (error.code === 'Unavailable' || error.code === 'TooManyRequests') {
    headers['retry-after'] = String(error.detail.retryAfterS ?? 5)
  }
  return { status: error.status, headers, body: { [names[error.status] ?? 'computeFault']: reply } }
}
