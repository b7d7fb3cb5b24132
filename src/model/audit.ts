/**
 * What is written down of who did what: one event of an authentication, of a change, or of a refusal. Nothing of a body is ever in
 * one, and of a URL only ids; the words are CADF's (DMTF DSP0262), as Keystone and its middleware use them.
 */

export const auditActions = ['authenticate', 'create', 'read', 'update', 'delete'] as const
export type AuditAction = (typeof auditActions)[number]

/** `pending`: taken on, and carried out later by the operation that has the event's request id; or begun, and its end was not told. */
export const auditOutcomes = ['success', 'failure', 'pending'] as const
export type AuditOutcome = (typeof auditOutcomes)[number]

/** Text is empty where there is nothing to say. */
export interface AuditEvent {
  readonly id: string
  /** Microseconds since the epoch; of a counted event, when it was first seen, and last. */
  readonly at: number
  readonly lastAt: number
  readonly count: number
  readonly action: AuditAction
  readonly outcome: AuditOutcome
  /** HTTP status; of a tool, its exit code. */
  readonly reason: number
  /** `POST /v2/shares/:id/action extend`, `manila-manage user create`. */
  readonly operation: string
  /** Who; of a login that failed, whose account, or `unknown:` and a hash of the name that nobody has. */
  readonly userId: string
  readonly userName: string
  readonly userDomainId: string
  /** What the caller's token is scoped to. */
  readonly projectId: string
  /** How the caller was known: `password`, `application_credential`, `certificate`, … */
  readonly method: string
  /** Of the application credential. */
  readonly credentialId: string
  /** Audit id of the token: it names it and opens nothing. */
  readonly tokenId: string
  /** The first 128 bits of the token's SHA-256, in hex: who finds a token can look up what was done with it. */
  readonly tokenHash: string
  readonly targetType: string
  readonly targetId: string
  /** The path with its ids, where there are several: who was given which role on what. */
  readonly targetPath: string
  /** Whose it is, where that is known. */
  readonly targetProjectId: string
  readonly requestId: string
  /** As the edge decided it. */
  readonly address: string
  readonly agent: string
  /** `manila-api@host` */
  readonly observer: string
}

export const blankAudit: Omit<AuditEvent, 'id' | 'at' | 'lastAt' | 'action' | 'outcome' | 'operation'> = {
  count: 1,
  reason: 0,
  userId: '',
  userName: '',
  userDomainId: '',
  projectId: '',
  method: '',
  credentialId: '',
  tokenId: '',
  tokenHash: '',
  targetType: '',
  targetId: '',
  targetPath: '',
  targetProjectId: '',
  requestId: '',
  address: '',
  agent: '',
  observer: '',
}

/** Longest text of a user agent that is kept. */
export const maxAgent = 200

/** A header's text as it may stand in a row and in a line: printable, bounded. */
export const agentText = (header: string): string =>
  header.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, maxAgent)

/** What an id in a URL looks like; what else was typed there may be anything, a password too, and is not kept. */
const idPattern = /^[\w.-]{1,64}$/

export interface AuditTarget {
  readonly type: string
  readonly id: string
}

/** Words that say what is done, not to what. */
const verbs: ReadonlySet<string> = new Set(['action', 'detail', 'manage', 'unmanage', 'enable', 'disable'])

const types: Readonly<Record<string, string>> = {
  types: 'share_type',
  'os-share-unmanage': 'share',
  'ensure-shares': 'service',
  inherited_to_projects: 'project',
}

/** `share-instances` → `share_instance`. */
function singular(collection: string): string {
  const known = types[collection]
  if (known !== undefined) return known
  return collection
    .replaceAll('-', '_')
    .replace(/ies$/, 'y')
    .replace(/(?<![su])s$/, '')
}

/**
 * What a route is about: the last thing in its path that has an id, else the collection that something is put into. Who gives a
 * role gives it on something, so that is what it is about. `path` as registered, without its prefix.
 */
export function auditTarget(path: string, params: Readonly<Record<string, string>>): AuditTarget {
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== 'v3')
  const isGrant = segments.includes('roles') && (segments.includes('users') || segments.includes('groups'))
  const pairs = segments.flatMap((segment, index) => {
    const before = segments[index - 1]
    if (!segment.startsWith(':') || before === undefined || before.startsWith(':')) return []
    // A key is no id of its own: it is part of what stands before.
    if (segment === ':key') return []
    const value = params[segment.slice(1)] ?? ''
    return [{ type: singular(before), id: idPattern.test(value) ? value : '' }]
  })
  const pair = isGrant ? pairs[0] : pairs.at(-1)
  if (pair !== undefined) return pair
  const collection = segments.findLast((segment) => !segment.startsWith(':') && !verbs.has(segment))
  return { type: singular(collection ?? ''), id: '' }
}

/** The path with its ids, when it has several; a `*` where something else than an id was typed. */
export function auditPath(path: string, params: Readonly<Record<string, string>>): string {
  const readable = (segment: string): string => {
    if (!segment.startsWith(':')) return segment
    const value = params[segment.slice(1)] ?? ''
    return idPattern.test(value) && segment !== ':key' ? value : '*'
  }
  const segments = path.split('/')
  return segments.filter((segment) => segment.startsWith(':')).length < 2
    ? ''
    : segments.map(readable).join('/')
}

/** What was made, by the answer: the collection's singular and the id of the one object in it. */
export function auditMade(path: string, reply: unknown): AuditTarget | null {
  if (typeof reply !== 'object' || reply === null) return null
  const [inner, ...others] = Object.values(reply)
  if (others.length > 0 || typeof inner !== 'object' || inner === null) return null
  const { id } = inner as { readonly id?: unknown }
  if (typeof id !== 'string' || !idPattern.test(id)) return null
  const collection = path
    .split('/')
    .findLast((segment) => segment !== '' && !segment.startsWith(':') && !verbs.has(segment))
  return { type: singular(collection ?? ''), id }
}

/** What an action of `…/action` is called, for the ones that make or end something, or only look. */
export function auditAction(method: string, action?: string): AuditAction {
  if (action !== undefined) {
    const name = action.replace(/^os-/, '')
    if (/_list$|^get_|_get_/.test(name)) return 'read'
    return /^(force_delete|soft_delete|delete|unmanage|deny_access)$/.test(name) ? 'delete' : 'update'
  }
  if (method === 'GET' || method === 'HEAD') return 'read'
  if (method === 'DELETE') return 'delete'
  return method === 'POST' ? 'create' : 'update'
}

/** Types that belong to the identity service. */
const identityTypes: ReadonlySet<string> = new Set([
  'user',
  'group',
  'project',
  'domain',
  'role',
  'token',
  'application_credential',
  'access_rule',
  'system',
])

const spread = (fields: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))

/** The event as CADF has it. `time` writes microseconds. */
export function cadfOf(event: AuditEvent, time: (micros: number) => string) {
  const { action, outcome, targetType } = event
  const kind = identityTypes.has(targetType) ? 'data/security' : 'storage'
  return {
    typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
    id: event.id,
    eventType: 'activity',
    eventTime: time(event.at),
    action,
    outcome,
    reason: {
      reasonType: event.operation.startsWith('manila-manage') ? 'exit' : 'HTTP',
      reasonCode: String(event.reason),
    },
    operation: event.operation,
    initiator: {
      typeURI: 'service/security/account/user',
      ...spread({
        id: event.userId,
        name: event.userName,
        domain_id: event.userDomainId,
        project_id: event.projectId,
        request_id: event.requestId,
      }),
      credential: spread({
        type: event.method,
        application_credential_id: event.credentialId,
        token_id: event.tokenId,
        token_hash: event.tokenHash,
      }),
      host: spread({ address: event.address, agent: event.agent }),
    },
    target: {
      typeURI: action === 'authenticate' ? 'service/security/account/user' : `${kind}/${targetType}`,
      ...spread({ id: event.targetId, path: event.targetPath, project_id: event.targetProjectId }),
    },
    observer: { typeURI: 'service/storage/share', id: event.observer },
    count: event.count,
    lastTime: time(event.lastAt),
  }
}
