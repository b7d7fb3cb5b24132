/** Application credentials: a secret that stands for a user in one project, perhaps with fewer roles and calls. */
import { randomBytes } from 'node:crypto'
import type { Store } from '../db/open.ts'
import {
  deleteApplicationCredential,
  findApplicationCredential,
  insertApplicationCredential,
  listApplicationCredentials,
  type ApplicationCredentialRow,
} from '../db/store/credentials.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { AccessRule } from './access-rules.ts'
import { newIdentityId, notFound } from './directory.ts'
import type { Gate } from './gate.ts'
import type { PasswordHasher } from './passwords.ts'
import type { RoleName } from './role-book.ts'

/** More than a person or a pipeline needs; each costs a row that never ends by itself. */
export const maxCredentialsPerUser = 200

export interface NewApplicationCredential {
  readonly userId: string
  readonly projectId: string
  readonly name: string
  readonly description?: string
  /** Made when absent. */
  readonly secret?: string
  /** Held by the owner; checked by the caller. */
  readonly roles: readonly RoleName[]
  readonly accessRules?: readonly Omit<AccessRule, 'id'>[] | null
  readonly unrestricted?: boolean
  readonly expiresAt?: number | null
}

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
      access_rules:
        accessRules === null
          ? null
          : JSON.stringify(accessRules.map((rule) => ({ id: newIdentityId(), ...rule }))),
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
}
