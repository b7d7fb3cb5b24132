/** What can go wrong between us and a directory, sorted by what it means to the caller. */
import { ResultCodeError } from 'ldapts'
import { fault } from '../../../model/errors.ts'

/** The server could not be asked: ask another one. `message` is for the log. */
export class LdapOutage extends Error {
  override readonly name = 'LdapOutage'
}

/** Result codes (RFC 4511, appendix A) of a server that can't serve now. */
const away = new Set([
  3, // timeLimitExceeded
  51, // busy
  52, // unavailable
])

/** Codes that say what was asked for is not there, rather than that something is wrong. */
const absent = new Set([
  10, // referral: somebody else has it, and we chase none
  21, // invalidAttributeSyntax: no entry can have such a value
  32, // noSuchObject
  34, // invalidDNSyntax: nor such a name
])

/**
 * Codes of a bind that say: not with this password. Servers have several for accounts that are locked or inactive; none may be
 * taken for trouble, or a locked account would be told apart.
 */
const refusal = new Set([
  19, // constraintViolation: 389ds, too many tries
  32, // noSuchObject
  34, // invalidDNSyntax
  48, // inappropriateAuthentication: the entry has no password
  49, // invalidCredentials
  50, // insufficientAccessRights
  53, // unwillingToPerform: 389ds, inactive; slapd, empty password
])

export const codeOf = (error: unknown): number | null =>
  error instanceof ResultCodeError ? error.code : null
const has = (codes: ReadonlySet<number>, error: unknown): boolean => codes.has(codeOf(error) ?? -1)

export const isAbsent = (error: unknown): boolean => has(absent, error)
/** sizeLimitExceeded: the server gives no more. */
export const isLimit = (error: unknown): boolean => codeOf(error) === 4
export const isRefusal = (error: unknown): boolean => has(refusal, error)

/** Whatever a connection threw, as an outage where it is one. */
export function sorted(error: unknown): unknown {
  if (error instanceof LdapOutage) return error
  if (error instanceof ResultCodeError && !has(away, error)) return error
  const message = error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : String(error)
  return new LdapOutage(message, { cause: error })
}

/** Nobody can be asked: 503, and not a word about whose password it was. */
export const unavailable = (cause: unknown): Error =>
  fault(
    'Unavailable',
    { message: 'The directory server cannot be reached; try again shortly.', retryAfterS: 2 },
    { cause },
  )
