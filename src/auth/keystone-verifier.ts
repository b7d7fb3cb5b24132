/**
 * Tokens of a real Keystone: each is asked about once and believed for a bounded time, as its own middleware does. What Keystone
 * has said within that time stands while it is away; of everything else nothing is guessed, the answer is 503.
 */
import { hash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import type { Clock } from '../runtime/clock.ts'
import { allowsCall, type AccessRule } from './access-rules.ts'
import { Lru } from './lru.ts'
import type { PresentedCall, SourceState, TokenVerifier, VerifierState } from './verifier.ts'

/** Who can say what a token is worth: Keystone's `token`, or null when it is worth nothing. Throws when that can't be known now. */
export interface TokenSource {
  validate(token: string, options: { readonly allowExpired: boolean }): Promise<unknown>
  readonly state?: Omit<SourceState, 'source'>
}

export interface KeystoneVerifierOptions {
  readonly source: TokenSource
  readonly clock: Clock
  readonly authenticateUri: string
  readonly cacheS: number
  readonly invalidCacheS: number
  readonly serviceType: string
  readonly serviceTokenRoles: readonly string[]
  readonly serviceTokenRolesRequired: boolean
}

/** Tokens remembered, good ones and bad ones apart: a flood of made-up ones pushes nobody out. */
const cacheSize = 10_000
/** Longer than any token that fits beside other headers; Keystone is not asked about it. */
const maxTokenLength = 12_288
/** Seconds after which a client that could not be known may come again: Keystone is found within two of its return. */
const retryAfterS = 2

const Place = Type.Object({ id: Type.String(), name: Type.Optional(Type.String()) })

/** What is read of Keystone's answer; all else is passed over. */
const TokenBody = Type.Object({
  user: Type.Object({
    id: Type.String({ minLength: 1 }),
    name: Type.String(),
    domain: Type.Optional(Place),
  }),
  expires_at: Type.String(),
  audit_ids: Type.Optional(Type.Array(Type.String())),
  methods: Type.Optional(Type.Array(Type.String())),
  roles: Type.Optional(Type.Array(Type.Object({ name: Type.String() }))),
  project: Type.Optional(
    Type.Object({ id: Type.String({ minLength: 1 }), name: Type.String(), domain: Type.Optional(Place) }),
  ),
  domain: Type.Optional(Place),
  system: Type.Optional(Type.Object({ all: Type.Boolean() })),
  application_credential: Type.Optional(
    Type.Object({
      id: Type.Optional(Type.String()),
      access_rules: Type.Optional(
        Type.Union([
          Type.Null(),
          Type.Array(
            Type.Object({
              id: Type.Optional(Type.String()),
              path: Type.String(),
              method: Type.String(),
              service: Type.String(),
            }),
          ),
        ]),
      ),
    }),
  ),
})

/** What a token is worth. */
export interface Known {
  readonly identity: Identity
  /** Null = any call. */
  readonly accessRules: readonly AccessRule[] | null
  /** Counted from before Keystone was asked, microseconds. */
  readonly askedAt: number
}

export class KeystoneVerifier implements TokenVerifier {
  readonly authenticateUri: string
  readonly #options: KeystoneVerifierOptions
  readonly #known = new Lru<Known>(cacheSize)
  /** Until when each is refused, microseconds. */
  readonly #refused = new Lru<number>(cacheSize)
  readonly #asking = new Map<string, Promise<Known | null>>()
  readonly #serviceRoles: ReadonlySet<string>
  #hits = 0
  #misses = 0

  constructor(options: KeystoneVerifierOptions) {
    this.#options = options
    this.authenticateUri = options.authenticateUri
    this.#serviceRoles = new Set(options.serviceTokenRoles.map((role) => role.toLowerCase()))
  }

  async verify(token: string, call?: PresentedCall): Promise<Identity | null> {
    let serviceRoles: readonly string[] = []
    if (typeof call?.serviceToken === 'string') {
      const roles = await this.verifyService(call.serviceToken)
      if (roles === null) return null
      serviceRoles = roles
    }
    const allowExpired = serviceRoles.some((role) => this.#serviceRoles.has(role))
    const known = await this.#lookUp(token, allowExpired, call?.maxAgeMs)
    if (known === null || !this.#allows(known, call)) return null
    return serviceRoles.length === 0 ? known.identity : { ...known.identity, serviceRoles }
  }

  async verifyService(serviceToken: string): Promise<readonly string[] | null> {
    const known = await this.#lookUp(serviceToken, false)
    // A credential limited to some calls may not vouch for others, nor a role on a domain or the system.
    if (known === null || known.accessRules !== null || known.identity.scope !== 'project') return null
    const { roles } = known.identity
    if (this.#options.serviceTokenRolesRequired && !roles.some((role) => this.#serviceRoles.has(role)))
      return null
    return roles
  }

  state(): VerifierState {
    const { state } = this.#options.source
    return {
      sources: state === undefined ? [] : [{ source: 'keystone', ...state }],
      caches: [{ cache: 'tokens', size: this.#known.size, hits: this.#hits, misses: this.#misses }],
    }
  }

  #allows({ accessRules, identity }: Known, call: PresentedCall | undefined): boolean {
    if (accessRules === null) return true
    if (call === undefined) return false
    return allowsCall(accessRules, {
      method: call.method,
      paths:
        identity.projectId === '' || call.pathIn === undefined
          ? [call.path]
          : [call.path, call.pathIn(identity.projectId)],
      service: call.service ?? 'shared-file-system',
    })
  }

  async #lookUp(token: string, allowExpired: boolean, maxAgeMs = Infinity): Promise<Known | null> {
    // It goes into a header: whatever can't be in one is nobody's token.
    if (!/^[\x21-\x7e]+$/.test(token) || token.length > maxTokenLength) return null
    // By a hash, so that a dump of the heap shows no usable token. Whoever may be expired is known apart.
    const key = `${hash('sha256', token, 'base64')}${allowExpired ? '+' : ''}`
    const now = this.#options.clock.now()
    const known = this.#known.get(key)
    const asked =
      known !== undefined && now - known.askedAt < Math.min(this.#options.cacheS * 1_000_000, maxAgeMs * 1000)
    // What has expired since is not asked about again: it does not come back.
    if (known !== undefined && !allowExpired && now >= known.identity.expiresAt) return null
    const isKnown = asked || (this.#refused.get(key) ?? 0) > now
    if (isKnown) this.#hits++
    else this.#misses++
    if (isKnown) return asked ? known : null
    let asking = this.#asking.get(key)
    if (asking === undefined) {
      asking = this.#ask(token, key, allowExpired, now).finally(() => this.#asking.delete(key))
      this.#asking.set(key, asking)
    }
    return asking
  }

  async #ask(token: string, key: string, allowExpired: boolean, askedAt: number): Promise<Known | null> {
    const { source, invalidCacheS, serviceType } = this.#options
    let body: unknown
    try {
      body = await source.validate(token, { allowExpired })
    } catch (error) {
      throw unknowable(error)
    }
    const known = body === null ? null : readToken(body, askedAt, serviceType)
    if (known === null || (!allowExpired && askedAt >= known.identity.expiresAt)) {
      this.#known.delete(key)
      this.#refused.set(key, askedAt + invalidCacheS * 1_000_000)
      return null
    }
    this.#known.set(key, known)
    return known
  }
}

/** For callers; what is the matter is in the log. */
export const unknowable = (cause: unknown): Error =>
  fault(
    'Unavailable',
    {
      message:
        'The identity service does not answer, so that your token can not be checked; try again in a few seconds.',
      retryAfterS,
    },
    { cause },
  )

/** Throws 503 for what is no answer of a Keystone. */
export function readToken(body: unknown, askedAt: number, serviceType: string): Known {
  if (!Value.Check(TokenBody, body))
    throw unknowable(new Error('Keystone answered something else than a token'))
  const { user, project } = body
  const expiresAt = Date.parse(body.expires_at) * 1000
  if (Number.isNaN(expiresAt)) throw unknowable(new Error('Keystone answered a token without an end'))
  const rules = body.application_credential?.access_rules ?? null
  return {
    identity: {
      userId: user.id,
      userName: user.name,
      userDomainId: user.domain?.id ?? '',
      projectId: project?.id ?? '',
      projectName: project?.name ?? '',
      projectDomainId: project?.domain?.id ?? '',
      roles: [...new Set((body.roles ?? []).map(({ name }) => name.toLowerCase()))],
      serviceRoles: [],
      scope: scopeOf(body),
      auditId: body.audit_ids?.[0] ?? '',
      method: `keystone${body.methods?.[0] === undefined ? '' : `/${body.methods[0]}`}`,
      ...(body.application_credential?.id === undefined
        ? {}
        : { applicationCredentialId: body.application_credential.id }),
      expiresAt,
    },
    accessRules:
      rules === null
        ? null
        : rules.map(({ id = '', path, method, service }) => ({
            id,
            path,
            method,
            service: service === serviceType ? 'shared-file-system' : service,
          })),
    askedAt,
  }
}

function scopeOf({ project, domain, system }: Static<typeof TokenBody>): Identity['scope'] {
  if (project !== undefined) return 'project'
  if (domain !== undefined) return 'domain'
  return system?.all === true ? 'system' : 'unscoped'
}
