/**
 * Where users and groups come from. The Auth Manager asks a `UserBackend`; roles, projects, tokens and application
 * credentials stay in the service's own database whatever the backend, so a directory server (LDAP) is one more
 * implementation with `admin: null`. A real Keystone is not a backend of this kind: it verifies tokens itself and
 * is a `TokenVerifier` (`../verifier.ts`) in the Auth Manager's place.
 */
import type { NamedRef } from '../../db/store/identity.ts'

export interface UserRecord {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
  readonly email: string | null
  readonly enabled: boolean
  readonly defaultProjectId: string | null
  /** Changes when every token of the account must die: new password, account disabled. */
  readonly generation: number
}

export interface GroupRecord {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
}

export interface ActorQuery {
  readonly name?: string
  readonly domainId?: string
  readonly enabled?: boolean
  readonly ids?: readonly string[]
  readonly limit: number
}

export interface UserBackend {
  findUser(ref: NamedRef): Promise<UserRecord | null>
  listUsers(query: ActorQuery): Promise<UserRecord[]>
  /** Does the same work and answers false when `user` is null, so that time doesn't tell who exists. */
  checkPassword(user: UserRecord | null, password: string): Promise<boolean>
  groupIdsOf(userId: string): Promise<readonly string[]>
  memberIdsOf(groupId: string): Promise<readonly string[]>
  findGroup(ref: NamedRef): Promise<GroupRecord | null>
  listGroups(query: ActorQuery): Promise<GroupRecord[]>
  /** Null where accounts are administered elsewhere. */
  readonly admin: UserAdmin | null
}

export interface UserChange {
  readonly name?: string
  readonly description?: string
  readonly email?: string | null
  readonly enabled?: boolean
  readonly defaultProjectId?: string | null
}

/** Ids are given by the caller; a name already taken throws what `isDuplicate` of the database recognises. */
export interface UserAdmin {
  createUser(user: Omit<UserRecord, 'generation'>, password: string | null): Promise<void>
  /** A disabled account's tokens die for good, also when it is enabled again. */
  updateUser(id: string, change: UserChange): Promise<void>
  /** All tokens of the account die. */
  setPassword(id: string, password: string): Promise<void>
  /** The same, unless the account's generation is no longer that of `user`: false then. */
  replacePassword(user: UserRecord, password: string): Promise<boolean>
  deleteUser(id: string): Promise<void>
  createGroup(group: GroupRecord): Promise<void>
  updateGroup(id: string, change: { readonly name?: string; readonly description?: string }): Promise<void>
  deleteGroup(id: string): Promise<void>
  addMember(groupId: string, userId: string): Promise<void>
  removeMember(groupId: string, userId: string): Promise<boolean>
}
