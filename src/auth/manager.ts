/**
 * Authentication for the whole service: who presents this token, and may they still? `AuthManager` issues, verifies and
 * revokes tokens and administers accounts through `directory`, `roles` and `credentials`. It knows no HTTP and no policy.
 *
 * It promises: a token's signature is checked before the database is asked anything; within the cache window (5 s) a
 * verification costs no query; whatever ends a token — revocation, a changed password, a disabled account or project, a
 * role taken away, a deleted credential — reaches every process within that window, and this process at once.
 * docs/decisions/0002-tokens.md says why.
 */
import type { Store } from '../db/open.ts'
import { insertRevokedToken, purgeRevokedTokens } from '../db/store/credentials.ts'
import { findDomain, findProject } from '../db/store/identity.ts'
import { projectContents, type Content } from '../db/store/project-contents.ts'
import { fault } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { noRules, type PasswordRules } from '../model/password-rules.ts'
import type { Clock } from '../runtime/clock.ts'
import { Rate } from '../runtime/rate.ts'
import { allowsCall } from './access-rules.ts'
import { Administrators, type Keep } from './administrators.ts'
import { ApplicationCredentials } from './application-credentials.ts'
import type { UserBackend, UserRecord } from './backends/backend.ts'
import { ByDomain, type DirectoryDomain } from './backends/by-domain.ts'
import { dbBackend } from './backends/db.ts'
import { CatalogBook } from './catalog-book.ts'
import { Directory } from './directory.ts'
import { Gate } from './gate.ts'
import type { IdentityFace, IssuedToken, ScopeRequest } from './identity-face.ts'
import { InFlight } from './in-flight.ts'
import { openSigningKeys } from './keys.ts'
import { defaultLimits, LoginGuard, type LoginLimits } from './login-guard.ts'
import { proveByPassword, proveBySecret, refuseExpired, type LoginParts, type UserRef } from './login.ts'
import { argon2Hasher, type PasswordHasher } from './passwords.ts'
import { ProjectTree } from './project-tree.ts'
import { RoleBook } from './role-book.ts'
import { readStanding, type Standing, type StandingParts } from './standing.ts'
import { newAuditId, TokenSigner, type Claims, type TokenScope } from './tokens.ts'
import { expiredWindowUs, TokenValidator, type ValidToken, type ValidateOptions } from './validator.ts'
import type { PresentedCall, TokenVerifier, VerifierState } from './verifier.ts'

/** Two hashes use two of libuv's four threads, one of them at most for one account; 32 of those are two seconds of work. */
const hashing = { slots: 2, slotsPerAccount: 1, queue: 128, queuePerAddress: 48, queuePerAccount: 32 }

/** Revocations forgotten at once; the next ten minutes have the rest. */
const purgedAtOnce = 10_000

/** A few more than may wait to be hashed, since some are before that and some after. */
const underWay = { perName: 40, perAddress: 64 }

export interface AuthOptions {
  readonly store: Store
  readonly clock: Clock
  /** Signing keys; made when absent. Processes that share a database share this file. */
  readonly keyFile: string
  readonly tokenLifetimeS?: number
  readonly limits?: Partial<LoginLimits>
  /** Tokens one user is given a minute, by this process; 0 = any number. */
  readonly tokensPerMinute?: number
  readonly hasher?: PasswordHasher
  /** Of accounts of the database; any password for ever by default. */
  readonly passwordRules?: PasswordRules
  /** Whether a token that is scoped may be exchanged for one of another scope; it may by default. */
  readonly allowRescope?: boolean
  /** What there is of a project; the other tables of the database by default. */
  readonly contentsOf?: (projectId: string) => Promise<readonly Content[]>
  /** Where users come from; the database by default. */
  readonly users?: UserBackend
  /** Domains whose users are in a directory instead. */
  readonly directories?: readonly DirectoryDomain[]
  /** For the log: what is wrong with the directory of a domain. */
  readonly trouble?: (message: string, domain: string) => void
}

export class AuthManager implements TokenVerifier, IdentityFace {
  /** Its own face. */
  readonly authenticateUri = null
  readonly directory: Directory
  readonly roles: RoleBook
  readonly credentials: ApplicationCredentials
  readonly tree: ProjectTree
  readonly catalog: CatalogBook
  readonly #store: Store
  readonly #clock: Clock
  readonly #signer: TokenSigner
  readonly #users: UserBackend
  readonly #login: LoginParts
  readonly #lifetimeUs: number
  readonly #validator: TokenValidator
  readonly #issued: Rate
  readonly #allowRescope: boolean
  #purgedAt = 0

  constructor(options: AuthOptions, signer: TokenSigner) {
    const { store, clock, hasher = argon2Hasher(), tokenLifetimeS = 3600, limits = {} } = options
    const gate = new Gate(hashing)
    const changed = (): void => this.forget()
    this.#store = store
    this.#clock = clock
    this.#signer = signer
    this.#lifetimeUs = tokenLifetimeS * 1_000_000
    const administrators = new Administrators(store, () => this.#users)
    const keep: Keep = (change) => administrators.keep(change)
    const db =
      options.users ??
      dbBackend({ store, clock, hasher, gate, keep, rules: options.passwordRules ?? noRules })
    const { directories = [], trouble } = options
    const spread = trouble === undefined ? {} : { trouble }
    this.#users =
      directories.length === 0
        ? db
        : new ByDomain({
            store,
            clock,
            db,
            domains: directories,
            refuseLast: (going) => administrators.refuseLast(going),
            ...spread,
          })
    const maxFailures = limits.maxFailures ?? defaultLimits.maxFailures
    const guard = new LoginGuard(store, clock, {
      ...defaultLimits,
      maxAccountFailures: maxFailures * 10,
      maxAddressFailures: maxFailures * 10,
      ...limits,
    })
    this.#allowRescope = options.allowRescope ?? true
    this.#issued = new Rate(options.tokensPerMinute ?? 0, () => clock.now())
    this.#validator = new TokenValidator({ store, users: this.#users }, clock, signer)
    const isAdministrator = (userId: string): Promise<boolean> =>
      this.roles.holds(this.#users, userId, 'admin')
    this.#login = {
      store,
      users: this.#users,
      guard,
      gate,
      inFlight: new InFlight(underWay),
      hasher,
      isAdministrator,
    }
    const contentsOf = options.contentsOf ?? ((id) => projectContents(store.db, id))
    this.directory = new Directory(store, clock, this.#users, changed, { keep, contentsOf })
    this.roles = new RoleBook(store, this.#users, changed, keep)
    this.credentials = new ApplicationCredentials(store, clock, hasher, gate, changed)
    this.tree = new ProjectTree(store, this.directory)
    this.catalog = new CatalogBook(store, clock)
  }

  /** Reads or makes the key file. Throws a sentence when it can't be used. */
  static async open(options: AuthOptions): Promise<AuthManager> {
    const keys = await openSigningKeys(options.keyFile)
    return new AuthManager(options, new TokenSigner(keys, options.keyFile))
  }

  // ------------------------------------------------------------------------------------------------------- verifying

  /**
   * Who presents this token. Null when it is not valid here and now, when a service token comes along that isn't, or when
   * the token belongs to an application credential whose access rules don't allow `call` (without `call`: any such).
   */
  async verify(token: string, call?: PresentedCall): Promise<Identity | null> {
    let serviceRoles: readonly string[] = []
    if (typeof call?.serviceToken === 'string') {
      const roles = await this.verifyService(call.serviceToken)
      if (roles === null) return null
      serviceRoles = roles
    }
    const valid = await this.validate(token, {
      allowExpired: serviceRoles.includes('service'),
      ...(call?.maxAgeMs === undefined ? {} : { maxAgeMs: call.maxAgeMs }),
    })
    if (valid === null || !callAllowed(valid.standing, call)) return null
    const { identity } = valid.standing
    return serviceRoles.length === 0 ? identity : { ...identity, serviceRoles }
  }

  async verifyService(serviceToken: string): Promise<readonly string[] | null> {
    const valid = await this.validate(serviceToken)
    // A credential limited to some calls may not vouch for others.
    if (valid === null || valid.standing.accessRules !== null) return null
    // A role on a domain or the system says nothing of what it may do in projects.
    if (valid.standing.identity.scope !== 'project') return null
    return valid.standing.identity.roles
  }

  /** All there is to know about a valid token; null for any other. See {@link TokenValidator.validate}. */
  validate(token: string, options: ValidateOptions = {}): Promise<ValidToken | null> {
    return this.#validator.validate(token, options)
  }

  get #parts(): StandingParts {
    return { store: this.#store, users: this.#users }
  }

  /** Forgets what is cached in this process; called after every change made through it. */
  forget(): void {
    this.#validator.forget()
    this.#users.forget?.()
    this.catalog.forget()
  }

  state(): VerifierState {
    const { sources, caches } = this.#users.state?.() ?? { sources: [], caches: [] }
    return { sources, caches: [this.#validator.state, ...caches] }
  }

  /** Ends connections to directories; what needs one fails from now on. */
  close(): void {
    this.#users.close?.()
  }

  // --------------------------------------------------------------------------------------------------------- issuing

  /** Throws `Unauthorized` or, when locked out, `TooManyRequests`. `address` is the client's IP address. */
  async loginWithPassword(login: {
    readonly user: UserRef
    readonly password: string
    readonly address: string
    readonly scope: ScopeRequest
  }): Promise<IssuedToken> {
    const user = await proveByPassword(this.#login, login.user, login.password, login.address)
    refuseExpired(this.#login, user)
    await this.#noteLogin(user)
    const now = this.#clock.now()
    return this.#issueScoped(login.scope, user.defaultProjectId, {
      userId: user.id,
      auditIds: [newAuditId()],
      methods: ['password'],
      issuedAt: now,
      expiresAt: now + this.#lifetimeUs,
      generation: user.generation,
      applicationCredentialId: null,
    })
  }

  /** The credential's project is the scope. Throws as {@link loginWithPassword}. */
  async loginWithApplicationCredential(login: {
    readonly ref: { readonly id: string } | { readonly name: string; readonly user: UserRef }
    readonly secret: string
    readonly address: string
  }): Promise<IssuedToken> {
    const { user, credential } = await proveBySecret(this.#login, login.ref, login.secret, login.address)
    if (user.enabled) await this.#noteLogin(user)
    const now = this.#clock.now()
    const end = now + this.#lifetimeUs
    return this.#issue({
      userId: user.id,
      scope: { type: 'project', id: credential.project_id },
      auditIds: [newAuditId()],
      methods: ['application_credential'],
      issuedAt: now,
      expiresAt: credential.expires_at === null ? end : Math.min(end, credential.expires_at),
      generation: user.generation,
      applicationCredentialId: credential.id,
    })
  }

  /**
   * A token of another scope for the holder of a valid one. It ends when the first one would have. Throws `Unauthorized`,
   * or `Refused` for a token that came from an application credential, and for a scoped one where that is not allowed.
   */
  async exchange(token: string, scope: ScopeRequest): Promise<IssuedToken> {
    // Fresh: a token revoked elsewhere a second ago must not leave a child behind.
    const valid = await this.validate(token, { fresh: true })
    if (valid === null) throw fault('Unauthorized')
    const { claims, standing } = valid
    if (claims.applicationCredentialId !== null) {
      throw fault('Refused', { message: 'The token of an application credential cannot be rescoped.' })
    }
    if (!this.#allowRescope && claims.scope.type !== 'unscoped') {
      throw fault('Refused', {
        message:
          'A scoped token cannot be rescoped here ([auth] allow_rescope); log in with the scope that is wanted.',
      })
    }
    return this.#issueScoped(scope, standing.user.defaultProjectId, {
      ...claims,
      auditIds: [newAuditId(), claims.auditIds.at(-1) ?? claims.auditIds[0]],
      methods: [...new Set([...claims.methods, 'token' as const])],
      issuedAt: this.#clock.now(),
    })
  }

  /**
   * A new password for whoever knows the old one; every token of the account dies. Throws as a login does, also when the
   * password was changed by somebody else meanwhile: of two changes one wins, and an administrator's reset always does.
   */
  async changePassword(change: {
    readonly userId: string
    readonly original: string
    readonly password: string
    readonly address: string
  }): Promise<void> {
    const { userId, original, password, address } = change
    const user = await proveByPassword(this.#login, { id: userId }, original, address)
    if (!(await this.directory.replacePassword(user, password))) throw fault('Unauthorized')
  }

  /** That it can't be written now keeps nobody out. */
  async #noteLogin(user: UserRecord): Promise<void> {
    await this.#users.noteLogin?.(user).catch(() => {})
  }

  async #issueScoped(
    request: ScopeRequest,
    defaultProjectId: string | null,
    claims: Omit<Claims, 'scope'>,
  ): Promise<IssuedToken> {
    if (request === 'default' && defaultProjectId !== null) {
      const scope = { type: 'project', id: defaultProjectId } as const
      const standing = await readStanding(this.#parts, { ...claims, scope }, claims.issuedAt)
      if (standing !== null) return this.#issue({ ...claims, scope })
    }
    const scope = typeof request === 'string' ? ({ type: 'unscoped' } as const) : await this.#resolve(request)
    if (scope === null) throw fault('Unauthorized')
    return this.#issue({ ...claims, scope })
  }

  async #issue(claims: Claims): Promise<IssuedToken> {
    const standing = await readStanding(this.#parts, claims, claims.issuedAt)
    if (standing === null) throw fault('Unauthorized')
    const retryAfterS = this.#issued.take(claims.userId)
    if (retryAfterS > 0) {
      throw fault('TooManyRequests', {
        message: 'Too many tokens in a minute; use the ones you have.',
        retryAfterS,
      })
    }
    return { token: await this.#signer.sign(claims), claims, standing }
  }

  async #resolve(request: Exclude<ScopeRequest, string>): Promise<TokenScope | null> {
    const { db } = this.#store
    if ('system' in request) return { type: 'system', id: 'all' }
    if ('domain' in request) {
      const domain = await findDomain(db, request.domain)
      return domain === null ? null : { type: 'domain', id: domain.id }
    }
    const { project } = request
    if ('id' in project) return { type: 'project', id: project.id }
    const domain = await findDomain(db, project.domain)
    const found = domain === null ? null : await findProject(db, { name: project.name, domainId: domain.id })
    return found === null ? null : { type: 'project', id: found.id }
  }

  // -------------------------------------------------------------------------------------------------------- revoking

  /** Ends one token; the ones exchanged for it before live on, as in Keystone. Twice is once. */
  async revoke({ claims }: ValidToken): Promise<void> {
    const { db, dialect } = this.#store
    try {
      await insertRevokedToken(db, claims.auditIds[0], claims.expiresAt + expiredWindowUs)
    } catch (error) {
      if (!dialect.isDuplicate(error)) throw error
    }
    this.forget()
    const now = this.#clock.now()
    if (now - this.#purgedAt > 600_000_000) {
      this.#purgedAt = now
      await purgeRevokedTokens(db, now, purgedAtOnce)
    }
  }
}

/** True when the access rules, if any, allow the call. */
export function callAllowed({ accessRules, project }: Standing, call: PresentedCall | undefined): boolean {
  if (accessRules === null) return true
  if (call === undefined) return false
  return allowsCall(accessRules, {
    method: call.method,
    paths: project === null || call.pathIn === undefined ? [call.path] : [call.path, call.pathIn(project.id)],
    service: call.service ?? 'shared-file-system',
  })
}
