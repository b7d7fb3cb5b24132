/** Users and groups in the service's own database. */
import type { Store } from '../../db/open.ts'
import {
  addMember,
  deleteGroup,
  deleteUser,
  findGroup,
  groupIdsOf,
  insertGroup,
  insertUser,
  listGroups,
  listUsers,
  memberIdsOf,
  removeMember,
  updateGroup,
  nextGeneration,
  updateUser,
  type ActorFilter,
  type GroupRow,
} from '../../db/store/identity.ts'
import {
  findAccount,
  passwordFactsOf,
  writePasswordFacts,
  type AccountRow,
} from '../../db/store/password-facts.ts'
import { changedOptions } from '../../model/account-options.ts'
import { isExpired, isInactive, noRules, type PasswordRules } from '../../model/password-rules.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Keep } from '../administrators.ts'
import type { Gate } from '../gate.ts'
import { factsOf, optionsOf, PasswordBook, textOfOptions } from '../password-book.ts'
import type { PasswordHasher } from '../passwords.ts'
import type { ActorQuery, GroupRecord, UserAdmin, UserBackend, UserRecord } from './backend.ts'

export interface DbBackendParts {
  readonly store: Store
  readonly clock: Clock
  readonly hasher: PasswordHasher
  /** Hashing for administration; logins pass their own gate before they get here. */
  readonly gate: Gate
  /** What may take away the last administrator; without it anything may. */
  readonly keep?: Keep
  /** Without them any password is one, for ever. */
  readonly rules?: PasswordRules
}

export function dbBackend(parts: DbBackendParts): UserBackend {
  const { store, clock, rules = noRules, keep = store.transaction } = parts
  const { db } = store
  const book = new PasswordBook({ ...parts, rules })
  const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)
  const record = (row: AccountRow): UserRecord => recordOf(row, rules, clock.now())

  const admin: UserAdmin = {
    async createUser(user, password) {
      const { options = {} } = user
      const made = password === null ? null : await book.made(user.id, { name: user.name, options }, password)
      await store.transaction(async (tx) => {
        const now = clock.now()
        await insertUser(tx, {
          id: user.id,
          domain_id: user.domainId,
          name: user.name,
          description: user.description,
          email: user.email,
          enabled: flag(user.enabled),
          default_project_id: user.defaultProjectId,
          password_hash: made?.hash ?? null,
          tokens_valid_after: now,
          created_at: now,
        })
        await writePasswordFacts(tx, user.id, {
          ...made?.facts,
          last_active_at: now,
          options: textOfOptions(options),
        })
      })
      return user.id
    },
    // Only what is to change is written: a password set meanwhile must not be undone by a new description.
    async updateUser(id, change) {
      const { enabled, options } = change
      const set = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.description === undefined ? {} : { description: change.description }),
        ...(change.email === undefined ? {} : { email: change.email }),
        ...(enabled === undefined ? {} : { enabled: flag(enabled) }),
        ...(change.defaultProjectId === undefined ? {} : { default_project_id: change.defaultProjectId }),
        ...(enabled === false ? { tokens_valid_after: nextGeneration(clock.now()) } : {}),
      }
      const facts = enabled === true || options !== undefined
      if (!facts) return enabled === false ? keep((tx) => updateUser(tx, id, set)) : updateUser(db, id, set)
      await (enabled === false ? keep : store.transaction)(async (tx) => {
        await updateUser(tx, id, set)
        const row = await findAccount(tx, { id })
        if (row === null) return
        await writePasswordFacts(tx, id, {
          // Who is let in again is not disabled at once for having been away.
          ...(enabled === true ? { last_active_at: clock.now() } : {}),
          ...(options === undefined
            ? {}
            : { options: textOfOptions(changedOptions(optionsOf(row.options), options)) }),
        })
      })
    },
    refusePassword: async ({ name }, password) => book.refuseBad(password, name),
    async setPassword(id, password) {
      const row = await findAccount(db, { id })
      if (row !== null) await book.set(row, password)
    },
    async replacePassword({ id, generation }, password) {
      const row = await findAccount(db, { id })
      return row !== null && row.tokens_valid_after === generation && book.replace(row, password)
    },
    deleteUser: (id) => keep((tx) => deleteUser(tx, id)),
    async createGroup({ id, name, domainId, description }) {
      await insertGroup(db, { id, name, domain_id: domainId, description })
      return id
    },
    async updateGroup(id, { name, description }) {
      if (name === undefined && description === undefined) return
      await updateGroup(db, id, {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
      })
    },
    deleteGroup: (id) => keep((tx) => deleteGroup(tx, id)),
    addMember: (groupId, userId) => addMember(db, groupId, userId),
    removeMember: (groupId, userId) => keep((tx) => removeMember(tx, groupId, userId)),
  }

  return {
    admin,
    async findUser(ref) {
      const row = await findAccount(db, ref)
      return row === null ? null : record(row)
    },
    async listUsers(query) {
      const rows = await listUsers(db, filterOf(query))
      const facts = await passwordFactsOf(
        db,
        rows.map(({ id }) => id),
      )
      return rows.map((row) => record({ ...nothingKnown, ...row, ...facts.get(row.id) }))
    },
    checkPassword: (user, password) => book.check(user?.id ?? '', password, user?.enabled === true),
    mustChangePassword: ({ passwordExpiresAt = null, options = {} }) =>
      isExpired(passwordExpiresAt, options, clock.now()),
    noteLogin: ({ id }) => book.noteLogin(id),
    groupIdsOf: (userId) => groupIdsOf(db, userId),
    memberIdsOf: (groupId) => memberIdsOf(db, groupId),
    async findGroup(ref) {
      const row = await findGroup(db, ref)
      return row === null ? null : groupRecord(row)
    },
    listGroups: async (query) => (await listGroups(db, filterOf(query))).map(groupRecord),
  }
}

const nothingKnown = {
  password_mark: null,
  set_at: null,
  expires_at: null,
  by_owner: null,
  last_active_at: null,
  options: null,
}

function recordOf(row: AccountRow, rules: PasswordRules, now: number): UserRecord {
  const options = optionsOf(row.options)
  return {
    id: row.id,
    name: row.name,
    domainId: row.domain_id,
    description: row.description,
    email: row.email,
    enabled: row.enabled === 1 && !isInactive(rules, options, { lastActiveAt: row.last_active_at, now }),
    defaultProjectId: row.default_project_id,
    generation: row.tokens_valid_after,
    passwordExpiresAt: options.ignore_password_expiry === true ? null : factsOf(row).expiresAt,
    options,
  }
}

const groupRecord = (row: GroupRow): GroupRecord => ({
  id: row.id,
  name: row.name,
  domainId: row.domain_id,
  description: row.description,
})

const filterOf = ({ enabled, ...query }: ActorQuery): ActorFilter => ({
  ...query,
  ...(enabled === undefined ? {} : { enabled: enabled ? 1 : 0 }),
})
