/**
 * Where users and groups come from. The Auth Manager asks a `UserBackend`; roles, projects, tokens and application
 * credentials stay in the service's own database whatever the backend, so a directory server (LDAP) is one more
 * implementation with `admin: null`. A real Keystone is not a backend of this kind: it verifies tokens itself and
 * is a `TokenVerifier` (`../verifier.ts`) in the Auth Manager's place.
 */
import type { NamedRef } from '../../db/store/names.ts'
import type { NamedFilter } from '../../db/store/names.ts'
import type { AssignmentRow, RoleActor } from '../../db/store/roles.ts'
import type { AccountOptions, AccountOptionsChange } from '../../model/account-options.ts'
import type { Gate } from '../gate.ts'
import type { VerifierState } from '../verifier.ts'

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
  /** Microseconds; null = never, or not known here. */
  readonly passwordExpiresAt?: number | null
  /** Absent where the account is administered elsewhere. */
  readonly options?: AccountOptions
}

export interface GroupRecord {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
}

export interface ActorQuery extends NamedFilter {
  readonly domainId?: string
  readonly enabled?: boolean
  readonly ids?: readonly string[]
}

export interface UserBackend {
  findUser(ref: NamedRef): Promise<UserRecord | null>
  listUsers(query: ActorQuery): Promise<UserRecord[]>
  /**
   * Does the same work and answers false when `user` is null, so that time doesn't tell who exists; `domainId` is where there is
   * none of that name. Throws `Unavailable` when that can't be known now.
   */
  checkPassword(user: UserRecord | null, password: string, domainId?: string): Promise<boolean>
  /** Whether the password that was right must be changed before the account is let in; absent: never here. */
  mustChangePassword?(user: UserRecord): boolean
  /** The account has logged in. */
  noteLogin?(user: UserRecord): Promise<void>
  groupIdsOf(userId: string): Promise<readonly string[]>
  memberIdsOf(groupId: string): Promise<readonly string[]>
  findGroup(ref: NamedRef): Promise<GroupRecord | null>
  listGroups(query: ActorQuery): Promise<GroupRecord[]>
  /** Null where accounts are administered elsewhere. */
  readonly admin: UserAdmin | null
  /** Domains whose users and groups can't be changed here; absent = none. */
  readOnlyDomains?(): Promise<ReadonlySet<string>>
  /** Where password checks of this domain wait for their turn; null or absent = where hashes are made. */
  gateOf?(domainId: string): Promise<Gate | null>
  /**
   * Roles that the configuration gives to groups of a directory, as if they were assigned to the groups: of these actors, or all.
   * Absent = none.
   */
  mappedRows?(actors?: readonly RoleActor[]): Promise<AssignmentRow[]>
  /** Forgets what roles, projects and domains mean to it. */
  forget?(): void
  /** Of the services that are asked; absent = none are. */
  state?(): VerifierState
  /** Ends connections to other services. */
  close?(): void
}

export interface UserChange {
  readonly name?: string
  readonly description?: string
  readonly email?: string | null
  readonly enabled?: boolean
  readonly defaultProjectId?: string | null
  readonly options?: AccountOptionsChange
}

/**
 * Ids are given by the caller, where the backend has none of its own; a name already taken throws what `isDuplicate` of the database
 * recognises, or `Conflict`.
 */
export interface UserAdmin {
  /** Answers the id. */
  createUser(user: Omit<UserRecord, 'generation'>, password: string | null): Promise<string>
  /** A disabled account's tokens die for good, also when it is enabled again. */
  updateUser(id: string, change: UserChange): Promise<void>
  /** Throws `InvalidInput` for a password that could not be set of this user; absent: that is found out when it is set. */
  refusePassword?(user: Pick<UserRecord, 'name' | 'domainId'>, password: string): Promise<void>
  /** As an administrator does, whatever it was before. All tokens of the account die. */
  setPassword(id: string, password: string): Promise<void>
  /** As its owner does, by his rules, unless the account's generation is no longer that of `user`: false then. */
  replacePassword(user: UserRecord, password: string): Promise<boolean>
  deleteUser(id: string): Promise<void>
  /** Answers the id. */
  createGroup(group: GroupRecord): Promise<string>
  updateGroup(id: string, change: { readonly name?: string; readonly description?: string }): Promise<void>
  deleteGroup(id: string): Promise<void>
  addMember(groupId: string, userId: string): Promise<void>
  removeMember(groupId: string, userId: string): Promise<boolean>
}
