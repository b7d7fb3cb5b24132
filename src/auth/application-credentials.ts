/** Application credentials: a secret that stands for a user in one project, perhaps with fewer roles and calls. */
import { randomBytes } from 'node:crypto'
import type { Store } from '../db/open.ts'
import {
  deleteApplicationCredential,
  deleteCredentialRule,
  findApplicationCredential,
  insertApplicationCredential,
  insertCredentialRules,
  listApplicationCredentials,
  listCredentialRules,
  type ApplicationCredentialRow,
} from '../db/store/credentials.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { AccessRule } from './access-rules.ts'
import { newIdentityId, notFound } from './directory.ts'
import type { Gate } from './gate.ts'
import type { PasswordHasher } from './passwords.ts'
import type { RoleName } from './implied-roles.ts'

/** More than a person or a pipeline needs; each costs a row that never ends by itself. */
export const maxCredentialsPerUser = 200

/** As many as so many credentials could name ten of. */
export const maxRulesPerUser = 2000

export interface NewApplicationCredential {
  readonly userId: string
  readonly projectId: string
  readonly name: string
  readonly description?: string
  /** Made when absent. */
  readonly secret?: string
  /** Held by the owner; checked by the caller. */
  readonly roles: readonly RoleName[]
  readonly accessRules?: readonly WantedRule[] | null
  readonly unrestricted?: boolean
  readonly expiresAt?: number | null
}

/** One that the user has, by its id, or one by what it allows. */
export type WantedRule = { readonly id: string } | Omit<AccessRule, 'id'>

export class ApplicationCredentials {
  readonly #store: Store
  readonly #clock: Clock
  readonly #hasher: PasswordHasher
  readonly #gate: Gate
  readonly #changed: () => void

  constructor(store: Store, clock: Clock, hasher: PasswordHasher, gate: Gate, changed: () => void) {
    this.#store = store
    this.#clock = clock
    this.#hasher = hasher
    this.#gate = gate
    this.#changed = changed
  }

  /** The secret is in the answer and nowhere else: the database keeps a hash. */
  async create(wanted: NewApplicationCredential): Promise<{ row: ApplicationCredentialRow; secret: string }> {
    const now = this.#clock.now()
    const { expiresAt = null, accessRules = null } = wanted
    if (expiresAt !== null && expiresAt <= now) throw invalid('expires_at must be in the future')
    const { userId } = wanted
    const existing = await listApplicationCredentials(this.#store.db, {
      userId,
      limit: maxCredentialsPerUser,
    })
    if (existing.length >= maxCredentialsPerUser) {
      throw fault('Refused', {
        message: `A user has at most ${maxCredentialsPerUser} application credentials.`,
      })
    }
    const rules = accessRules === null ? null : await this.#rulesFor(userId, accessRules)
    const secret = wanted.secret ?? randomBytes(64).toString('base64url')
    const row: ApplicationCredentialRow = {
      id: newIdentityId(),
      user_id: userId,
      project_id: wanted.projectId,
      name: wanted.name,
      description: wanted.description ?? '',
      secret_hash: await this.#gate.run({ account: `u:${userId}`, address: 'administration' }, () =>
        this.#hasher.hash(secret),
      ),
      roles: JSON.stringify(wanted.roles.map(({ id }) => id)),
      access_rules: rules === null ? null : JSON.stringify(rules),
      unrestricted: wanted.unrestricted === true ? 1 : 0,
      expires_at: expiresAt,
      created_at: now,
    }
    try {
      await insertApplicationCredential(this.#store.db, row)
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
      const message = `There is an application credential named ${wanted.name} already.`
      throw fault('Conflict', { message }, { cause: error })
    }
    return { row, secret }
  }

  list(filter: {
    readonly userId: string
    readonly name?: string
    readonly limit: number
  }): Promise<ApplicationCredentialRow[]> {
    return listApplicationCredentials(this.#store.db, filter)
  }

  /** Of this user, or 404. */
  async get(userId: string, id: string): Promise<ApplicationCredentialRow> {
    const row = await findApplicationCredential(this.#store.db, { id })
    if (row === null || row.user_id !== userId) throw notFound('application credential', id)
    return row
  }

  /** Its tokens die with it. */
  async delete(userId: string, id: string): Promise<void> {
    if (!(await deleteApplicationCredential(this.#store.db, userId, id))) {
      throw notFound('application credential', id)
    }
    this.#changed()
  }

  // ---------------------------------------------------------------------------------------------------- access rules

  /** Those of the user's credentials, and those that outlived theirs; each once, in the order of service, path and method. */
  async rules(userId: string): Promise<AccessRule[]> {
    const found = new Map<string, AccessRule>()
    // Credentials of the release before have rules that are theirs alone, and no row.
    for (const rule of await this.#rulesInUse(userId)) found.set(rule.id, rule)
    const rows = await listCredentialRules(this.#store.db, { userId, limit: maxRulesPerUser })
    for (const { id, path, method, service } of rows) found.set(id, { id, path, method, service })
    const key = (rule: AccessRule): string => [rule.service, rule.path, rule.method, rule.id].join(' ')
    return [...found.values()].toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
  }

  /** Throws `Refused` as long as a credential has it. */
  async deleteRule(userId: string, id: string): Promise<void> {
    if ((await this.#rulesInUse(userId)).some((rule) => rule.id === id)) {
      throw fault('Refused', {
        message: 'An application credential has this access rule; delete that first.',
      })
    }
    if (!(await deleteCredentialRule(this.#store.db, userId, id))) throw notFound('access rule', id)
  }

  async #rulesInUse(userId: string): Promise<AccessRule[]> {
    const rows = await this.list({ userId, limit: maxCredentialsPerUser })
    return rows.flatMap((row) =>
      row.access_rules === null ? [] : (JSON.parse(row.access_rules) as AccessRule[]),
    )
  }

  /** With ids: of rows that are there, and of new ones. */
  async #rulesFor(userId: string, wanted: readonly WantedRule[]): Promise<AccessRule[]> {
    // Twice: somebody may make the same ones at the same time.
    for (let isLast = false; ; isLast = true) {
      const known = await this.rules(userId)
      const byKey = new Map(known.map((rule) => [keyOf(rule), rule]))
      const fresh = new Map<string, AccessRule>()
      const rules = wanted.map((rule): AccessRule => {
        if ('id' in rule) {
          const found = known.find(({ id }) => id === rule.id)
          if (found === undefined) throw notFound('access rule', rule.id)
          return found
        }
        const key = keyOf(rule)
        const found = byKey.get(key) ?? fresh.get(key) ?? { id: newIdentityId(), ...rule }
        if (!byKey.has(key)) fresh.set(key, found)
        return found
      })
      if (known.length + fresh.size > maxRulesPerUser) {
        throw fault('Refused', { message: `A user has at most ${maxRulesPerUser} access rules.` })
      }
      try {
        const rows = [...fresh.values()].map((rule) => ({ ...rule, user_id: userId }))
        await insertCredentialRules(this.#store.db, rows)
        return rules
      } catch (error) {
        if (isLast || !this.#store.dialect.isDuplicate(error)) throw error
      }
    }
  }
}

const keyOf = ({ service, method, path }: Omit<AccessRule, 'id'>): string => `${service} ${method} ${path}`
