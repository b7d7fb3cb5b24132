/**
 * Why work failed, as codes and the sentences they stand for. What a backend says (a command, a path, another's id, the name
 * of a host) is recorded beside the code for administrators; tenants are told these sentences and nothing else.
 */
import { knownDetail, messageDetails } from './messages.ts'

const causes: Readonly<Record<string, string>> = {
  // Of the service itself.
  cancelled: 'It was cancelled on request.',
  deadline: 'It took longer than it may, also with repeats.',
  'force-deleted': 'What it worked on was deleted by force.',
  gone: 'What it worked on was deleted meanwhile.',
  'no-backend': 'The share is on no backend.',
  'no-valid-host': 'No storage could be allocated.',
  'over-quota': 'The quota has no room for it.',
  'share-gone': 'The share was deleted meanwhile.',
  'status-reset': 'An administrator reset the status.',
  'under-way': 'It is not done yet and goes on.',
  unexpected: 'Something unexpected went wrong. An administrator finds it by the request id.',
  // Answers of a driver: its reasons, else what is certain about the effect.
  'access-level-unsupported': 'The backend does not support this level of access.',
  'access-type-unsupported': 'The backend does not support this type of access.',
  'backend-maybe-happened': 'The backend did not answer for certain.',
  'backend-no-room-here': 'The backend has no room for it.',
  'backend-nothing-happened': 'The backend refused it.',
  busy: 'It is in use on the backend.',
  'client-forbidden': 'This client must not have access to the share.',
  fenced: 'Another process of the service had taken it over.',
  'host-lacks': 'The backend lacks something that it needs for this.',
  'not-found': 'The backend does not find it.',
  'shrink-would-lose-data': 'The share holds more data than the new size.',
  'size-mismatch': 'The backend holds it in another size.',
  unsupported: 'The backend cannot do this.',
  'withdraw-first': 'Clients still have it open on the backend.',
}

export interface ToldCause {
  readonly code: string
  readonly message: string
  readonly detailId: string | null
}

/**
 * What tenants are told. The sentence of the user message where there is one of that id; codes of other releases and of
 * drivers from elsewhere read as `unknown`.
 */
export function toldCause(code: string, detailId: string | null): ToldCause {
  const known = Object.hasOwn(causes, code)
  const told = detailId === null ? null : knownDetail(detailId)
  const sentence = known ? causes[code] : undefined
  return {
    code: known ? code : 'unknown',
    message: told !== null && told !== '001' ? messageDetails[told] : (sentence ?? messageDetails['001']),
    detailId: told,
  }
}

/** For a test that every code in use has its sentence. */
export const knownCauseCodes: readonly string[] = Object.keys(causes)
