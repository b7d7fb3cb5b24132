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
  updateUser,
  type ActorFilter,
  type GroupRow,
  type UserRow,
} from '../../db/store/identity.ts'
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
}

export function dbBackend({ store, clock, hasher, gate }: DbBackendParts): UserBackend {
  const { db } = store
  const flag = (value: boolean): 0 | 1 => (value ? 1 : 0)

  /** Unlike any earlier one, whatever the clocks of other nodes said. */
  const nextGeneration = (user: UserRow): number => Math.max(clock.now(), user.tokens_valid_after + 1)

  const admin: UserAdmin = {
    async createUser(user, password) {
      const hash = password === null ? null : await gate.run(() => hasher.hash(password))
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
    },
    updateUser: (id, change) =>
      store.transaction(async (tx) => {
        const user = await findUser(tx, { id })
        if (user === null) return
        await updateUser(tx, id, {
          name: change.name ?? user.name,
          description: change.description ?? user.description,
          email: change.email === undefined ? user.email : change.email,
          enabled: change.enabled === undefined ? user.enabled : flag(change.enabled),
          default_project_id:
            change.defaultProjectId === undefined ? user.default_project_id : change.defaultProjectId,
          tokens_valid_after: change.enabled === false ? nextGeneration(user) : user.tokens_valid_after,
        })
      }),
    async setPassword(id, password) {
      const hash = await gate.run(() => hasher.hash(password))
      await store.transaction(async (tx) => {
        const user = await findUser(tx, { id })
        if (user === null) return
        await updateUser(tx, id, { password_hash: hash, tokens_valid_after: nextGeneration(user) })
      })
    },
    deleteUser: (id) => store.transaction((tx) => deleteUser(tx, id)),
    createGroup: ({ id, name, domainId, description }) =>
      insertGroup(db, { id, name, domain_id: domainId, description }),
    async updateGroup(id, { name, description }) {
      if (name === undefined && description === undefined) return
      await updateGroup(db, id, {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
      })
    },
    deleteGroup: (id) => store.transaction((tx) => deleteGroup(tx, id)),
    addMember: (groupId, userId) => addMember(db, groupId, userId),
    removeMember: (groupId, userId) => removeMember(db, groupId, userId),
  }

  return {
    admin,
    findUser: async (ref) => recordOf(await findUser(db, ref)),
    listUsers: async (query) => (await listUsers(db, filterOf(query))).map((row) => userRecord(row)),
    async checkPassword(user, password) {
      const row = user === null ? null : await findUser(db, { id: user.id })
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
