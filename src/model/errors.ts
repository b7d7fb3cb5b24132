/**
 * Every refusal a caller can meet, in one table: code → HTTP status and the sentence. Code throws
 * `fault('ShareNotFound', { id })`; the HTTP edge alone turns it into a reply. Texts begin with the code on 404s because
 * Manila's do and its clients print them.
 */

type Template = (detail: Readonly<Record<string, string | number | undefined>>) => string

interface FaultKind {
  readonly status: number
  readonly text: Template
}

const notFound =
  (noun: string): Template =>
  ({ id }) =>
    `${noun} ${id} could not be found.`

const said: Template = ({ message }) => String(message)

export const faults = {
  // What the body, query or path says is wrong: `message` names the field and what to change.
  InvalidInput: { status: 400, text: said },
  MalformedBody: { status: 422, text: said },
  /** A state that does not allow the request where Manila answers 400. */
  InvalidState: { status: 400, text: said },
  Unauthorized: { status: 401, text: () => 'The request you have made requires authentication.' },
  /** Who says so knew it. */
  PasswordExpired: {
    status: 401,
    text: ({ id }) =>
      `The password of user ${id} has expired and must be changed: POST /identity/v3/users/${id}/password with original_password and password; it needs no token.`,
  },
  Forbidden: { status: 403, text: ({ rule }) => `Policy doesn't allow ${rule ?? 'this'} to be performed.` },
  /** A refusal for another reason than policy (state, lock, quota of an extend). */
  Refused: { status: 403, text: said },
  NotFound: { status: 404, text: () => 'The resource could not be found.' },
  ShareNotFound: { status: 404, text: notFound('ShareNotFound: Share') },
  ShareInstanceNotFound: { status: 404, text: notFound('ShareInstanceNotFound: Share instance') },
  ShareSnapshotNotFound: { status: 404, text: notFound('ShareSnapshotNotFound: Snapshot') },
  ShareSnapshotInstanceNotFound: {
    status: 404,
    text: notFound('ShareSnapshotInstanceNotFound: Snapshot instance'),
  },
  ShareTypeNotFound: { status: 404, text: notFound('ShareTypeNotFound: Share type') },
  ShareNetworkNotFound: { status: 404, text: notFound('ShareNetworkNotFound: Share network') },
  ShareGroupNotFound: { status: 404, text: notFound('ShareGroupNotFound: Share group') },
  ShareGroupTypeNotFound: { status: 404, text: notFound('ShareGroupTypeNotFound: Share group type') },
  ShareGroupSnapshotNotFound: {
    status: 404,
    text: notFound('ShareGroupSnapshotNotFound: Share group snapshot'),
  },
  ShareReplicaNotFound: { status: 404, text: notFound('ShareReplicaNotFound: Share replica') },
  AccessRuleNotFound: { status: 404, text: notFound('NotFound: Share access rule') },
  AvailabilityZoneNotFound: { status: 404, text: notFound('AvailabilityZoneNotFound: Availability zone') },
  ExportLocationNotFound: { status: 404, text: notFound('ExportLocationNotFound: Export location') },
  MetadataItemNotFound: {
    status: 404,
    text: ({ key }) => `MetadataItemNotFound: Metadata item "${key}" is not found.`,
  },
  MessageNotFound: { status: 404, text: notFound('MessageNotFound: Message') },
  ResourceLockNotFound: { status: 404, text: notFound('ResourceLockNotFound: Resource lock') },
  ServiceNotFound: { status: 404, text: notFound('ServiceNotFound: Service') },
  HostNotFound: { status: 404, text: notFound('HostNotFound: Host') },
  OperationNotFound: { status: 404, text: notFound('OperationNotFound: Operation') },
  Conflict: { status: 409, text: said },
  /** Somebody else changed the resource first. */
  LostRace: { status: 409, text: said },
  /** `resource` names the quota; Manila answers 413 with Retry-After 0. */
  OverQuota: { status: 413, text: said },
  TooLarge: { status: 413, text: said },
  IdempotencyMismatch: { status: 422, text: said },
  VersionNotAcceptable: { status: 406, text: said },
  UnsupportedMediaType: { status: 415, text: said },
  TooManyRequests: { status: 429, text: said },
  Unavailable: { status: 503, text: said },
} satisfies Record<string, FaultKind>

export type FaultCode = keyof typeof faults

/** A refusal on its way to the caller. `message` is for people outside; nothing in it is secret. */
export class Fault extends Error {
  readonly code: FaultCode
  readonly status: number
  readonly detail: Readonly<Record<string, string | number | undefined>>
  constructor(
    code: FaultCode,
    detail: Readonly<Record<string, string | number | undefined>>,
    options?: ErrorOptions,
  ) {
    super(faults[code].text(detail), options)
    this.name = 'Fault'
    this.code = code
    this.status = faults[code].status
    this.detail = detail
  }
}

/** `throw fault('ShareNotFound', { id })`. */
export function fault(
  code: FaultCode,
  detail: Readonly<Record<string, string | number | undefined>> = {},
  options?: ErrorOptions,
): Fault {
  return new Fault(code, detail, options)
}

/** `throw invalid('size must be a whole number of GiB above 0')`: the commonest refusal, short. */
export function invalid(message: string): Fault {
  return new Fault('InvalidInput', { message })
}
