/** Users and groups in the service's own database. */
import type { Store } from '../../db/open.ts'
import {
  addMember,
  deleteGroup,
  deleteUser,
  findGroup,
  findUser,
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
  updateUserOf,
  type ActorFilter,
  type GroupRow,
  type UserRow,
} from '../../db/store/identity.ts'
import type { Keep } from '../administrators.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Gate } from '../gate.ts'
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
}

export function dbBackend({
  store,
  clock,
  hasher,
  gate,
  keep = store.transaction,
}: DbBackendParts): UserBackend {
  const { db } = store
  const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)

  const hashed = (userId: string, password: string): Promise<string> =>
    gate.run({ account: `u:${userId}`, address: 'administration' }, () => hasher.hash(password))

  const admin: UserAdmin = {
    async createUser(user, password) {
      const hash = password === null ? null : await hashed(user.id, password)
      const now = clock.now()
      await insertUser(db, {
        id: user.id,
        domain_id: user.domainId,
        name: user.name,
        description: user.description,
        email: user.email,
        enabled: flag(user.enabled),
        default_project_id: user.defaultProjectId,
        password_hash: hash,
        tokens_valid_after: now,
        created_at: now,
      })
      return user.id
    },
    // Only what is to change is written: a password set meanwhile must not be undone by a new description.
    async updateUser(id, change) {
      const set = {
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.description === undefined ? {} : { description: change.description }),
        ...(change.email === undefined ? {} : { email: change.email }),
        ...(change.enabled === undefined ? {} : { enabled: flag(change.enabled) }),
        ...(change.defaultProjectId === undefined ? {} : { default_project_id: change.defaultProjectId }),
        ...(change.enabled === false ? { tokens_valid_after: nextGeneration(clock.now()) } : {}),
      }
      await (change.enabled === false ? keep((tx) => updateUser(tx, id, set)) : updateUser(db, id, set))
    },
    async setPassword(id, password) {
      const password_hash = await hashed(id, password)
      await updateUser(db, id, { password_hash, tokens_valid_after: nextGeneration(clock.now()) })
    },
    async replacePassword({ id, generation }, password) {
      const password_hash = await hashed(id, password)
      return updateUserOf(db, id, generation, {
        password_hash,
        tokens_valid_after: nextGeneration(clock.now()),
      })
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
    findUser: async (ref) => recordOf(await findUser(db, ref)),
    listUsers: async (query) => (await listUsers(db, filterOf(query))).map((row) => userRecord(row)),
    async checkPassword(user, password) {
      // Asked for nobody as well, so that time doesn't tell.
      const row = await findUser(db, { id: user?.id ?? '' })
      return hasher.matches(password, row?.password_hash ?? null)
    },
    groupIdsOf: (userId) => groupIdsOf(db, userId),
    memberIdsOf: (groupId) => memberIdsOf(db, groupId),
    async findGroup(ref) {
      const row = await findGroup(db, ref)
      return row === null ? null : groupRecord(row)
    },
    listGroups: async (query) => (await listGroups(db, filterOf(query))).map(groupRecord),
  }
}

const recordOf = (row: UserRow | null): UserRecord | null => (row === null ? null : userRecord(row))

const userRecord = (row: UserRow): UserRecord => ({
  id: row.id,
  name: row.name,
  domainId: row.domain_id,
  description: row.description,
  email: row.email,
  enabled: row.enabled === 1,
  defaultProjectId: row.default_project_id,
  generation: row.tokens_valid_after,
})

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
