/**
 * Why work failed, as codes and the sentences they stand for. What a backend says (a command, a path, another's id, the name
 * of a host) is recorded beside the code for administrators; tenants are told these sentences and nothing else.
 */
import { actionText, filterRefused, knownDetail, messageDetails } from './messages.ts'
import { unmetSentence, type Unmet } from './unmet.ts'

const administrator = 'An administrator finds why by the request id.'

const causes: Readonly<Record<string, string>> = {
  // Of the service itself.
  cancelled: 'It was cancelled on request.',
  deadline: `It took longer than it may, also with repeats. Ask again later. ${administrator}`,
  'force-deleted': 'What it worked on was deleted by force.',
  gone: 'What it worked on was deleted meanwhile.',
  'no-backend': 'The share is on no backend. It can only be deleted.',
  'no-valid-host': 'No storage could be allocated. Another size, share type or zone may work.',
  'not-in-order':
    'Not everything that was checked is in order. The log of its manila-share names each; the rest is served. Check again when the backend is mended.',
  'over-quota': 'The quota has no room for it. Delete something, or ask an administrator for more.',
  'share-gone': 'The share was deleted meanwhile.',
  'status-reset': 'An administrator reset the status.',
  'under-way': 'It is not done yet and goes on.',
  unexpected: 'Something unexpected went wrong. An administrator finds it by the request id.',
  // Answers of a driver: its reasons, else what is certain about the effect.
  'access-level-unsupported': 'The backend does not support this level of access: choose another one.',
  'access-type-unsupported': 'The backend does not support this type of access: choose another one.',
  'backend-maybe-happened': `The backend did not answer for certain. ${administrator}`,
  'backend-no-room-here':
    'The backend has no room for it. Ask for less, or again when something was deleted.',
  'backend-nothing-happened': `The backend refused it. ${administrator}`,
  busy: 'It is in use on the backend. Ask again when its clients have let go of it.',
  'client-forbidden': 'This client must not have access to the share: name another client.',
  fenced: 'Another process of the service had taken it over.',
  'host-lacks': `The backend lacks something that it needs for this. ${administrator}`,
  'not-found':
    'The backend does not find it. Check the name that was given; for what was there before, ask an administrator.',
  'shrink-would-lose-data':
    'The share holds more data than the new size. Delete data or choose a larger size.',
  'size-mismatch': 'The backend holds it in another size.',
  unsupported: 'The backend cannot do this. Another share type may.',
  'withdraw-first': 'Clients still have it open on the backend. Ask again when they have let go of it.',
}

export interface ToldCause {
  readonly code: string
  readonly message: string
  readonly detailId: string | null
}

export interface CauseRecord {
  readonly code: string | null
  readonly detailId: string | null
  /** As `recordedUnmet` wrote it. */
  readonly unmet: string | null
}

/**
 * What tenants are told. The sentence of the user message where there is one of that id, with what the cause adds to it;
 * codes of other releases and of drivers from elsewhere read as `unknown`. `seesAll`: also what a share type hides from tenants.
 */
export function toldCause({ code, detailId, unmet }: CauseRecord, seesAll = false): ToldCause {
  const known = code !== null && Object.hasOwn(causes, code)
  const told = detailId === null ? null : knownDetail(detailId)
  const sentence = known ? causes[code] : undefined
  return { code: known ? code : 'unknown', message: wordsFor(), detailId: told }

  function wordsFor(): string {
    if (told === null || told === '001') return sentence ?? messageDetails['001']
    if (told === '008' && unmet !== null) {
      return `${filterRefused('Capabilities')} ${unmetSentence(JSON.parse(unmet) as Unmet, seesAll)}`
    }
    // "The driver failed": why is the cause's to say.
    const why = told === '015' || told === '017' ? sentence : undefined
    return why === undefined ? messageDetails[told] : `${messageDetails[told]} ${why}`
  }
}

/** For `cause_unmet` of operations and messages. */
export const recordedUnmet = (unmet: Unmet | null | undefined): string | null =>
  unmet === null || unmet === undefined ? null : JSON.stringify(unmet)

/** `extend: …`, with the sentence of {@link toldCause}. */
export const userMessage = (actionId: string, cause: CauseRecord, seesAll: boolean): string =>
  `${actionText(actionId)}: ${toldCause(cause, seesAll).message}`

/** For a test that every code in use has its sentence. */
export const knownCauseCodes: readonly string[] = Object.keys(causes)
