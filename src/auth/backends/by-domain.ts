/**
 * Users and groups that live in several places: each domain in the one that the configuration names for it, all others in the
 * database. An id tells where its owner lives: those of directories are in a table, whatever is not there is the database's.
 */
import type { Store } from '../../db/open.ts'
import { findDomain } from '../../db/store/identity.ts'
import type { NamedRef } from '../../db/store/names.ts'
import type { AssignmentRow, RoleActor } from '../../db/store/roles.ts'
import { fault } from '../../model/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Going } from '../administrators.ts'
import type { Gate } from '../gate.ts'
import type { VerifierState } from '../verifier.ts'
import type { ActorQuery, GroupRecord, UserAdmin, UserBackend, UserRecord } from './backend.ts'
import { LdapBackend } from './ldap/backend.ts'
import { DirectoryIds, mayBeDirectoryId } from './ldap/ids.ts'
import { MappedGroups } from './ldap/mapped-groups.ts'
import type { LdapOptions } from './ldap/options.ts'

/** One domain that is not the database's. */
export interface DirectoryDomain {
  /** By id, or by the name under which the configuration has it. */
  readonly ref: { readonly id: string } | { readonly name: string }
  readonly options: LdapOptions
}

export interface ByDomainParts {
  readonly store: Store
  readonly clock: Clock
  /** Where all other domains live. */
  readonly db: UserBackend
  readonly domains: readonly DirectoryDomain[]
  /** Throws when it is the last administrator that would go from a directory; absent: anybody may. */
  readonly refuseLast?: (going: Going) => Promise<void>
  /** For the log: what is wrong with the directory of a domain. */
  readonly trouble?: (message: string, domain: string) => void
}

interface Opened {
  /** Of the domain. */
  readonly name: string
  readonly backend: LdapBackend
  readonly mapped: MappedGroups
}

export class ByDomain implements UserBackend {
  readonly #parts: ByDomainParts
  readonly #ids: DirectoryIds
  /** By domain id, as soon as the domain is there. */
  readonly #opened = new Map<string, Opened>()
  readonly #found = new Set<DirectoryDomain>()

  constructor(parts: ByDomainParts) {
    this.#parts = parts
    this.#ids = new DirectoryIds(parts.store, parts.clock)
  }

  readonly admin: UserAdmin = {
    createUser: async (user, password) => {
      const admin = await this.#adminOf(user.domainId)
      if (admin !== this.#parts.db.admin) refuseOptions(user.options)
      return admin.createUser(user, password)
    },
    updateUser: async (id, change) => {
      const admin = await this.#adminOfOwner(id)
      if (admin !== this.#parts.db.admin) refuseOptions(change.options)
      if (change.enabled === false) await this.#refuseLast(id, { user: id })
      await admin.updateUser(id, change)
    },
    refusePassword: async (user, password) =>
      (await this.#adminOf(user.domainId)).refusePassword?.(user, password),
    setPassword: async (id, password) => (await this.#adminOfOwner(id)).setPassword(id, password),
    replacePassword: async (user, password) =>
      (await this.#adminOf(user.domainId)).replacePassword(user, password),
    deleteUser: async (id) => {
      const admin = await this.#adminOfOwner(id)
      await this.#refuseLast(id, { user: id })
      await admin.deleteUser(id)
    },
    createGroup: async (group) => (await this.#adminOf(group.domainId)).createGroup(group),
    updateGroup: async (id, change) => (await this.#adminOfOwner(id)).updateGroup(id, change),
    deleteGroup: async (id) => {
      const admin = await this.#adminOfOwner(id)
      await this.#refuseLast(id, { group: id })
      await admin.deleteGroup(id)
    },
    addMember: async (groupId, userId) => {
      await this.#refuseMixed(groupId, userId)
      await (await this.#adminOfOwner(groupId)).addMember(groupId, userId)
    },
    removeMember: async (groupId, userId) => {
      const admin = await this.#adminOfOwner(groupId)
      await this.#refuseLast(groupId, { group: groupId, member: userId })
      return admin.removeMember(groupId, userId)
    },
  }

  async findUser(ref: NamedRef): Promise<UserRecord | null> {
    return (await this.#of(ref)).findUser(ref)
  }

  async listUsers(query: ActorQuery): Promise<UserRecord[]> {
    return this.#list(query, (backend, part) => backend.listUsers(part))
  }

  async checkPassword(user: UserRecord | null, password: string, domainId?: string): Promise<boolean> {
    const backend = await this.#ofDomain(user?.domainId ?? domainId ?? '')
    return backend.checkPassword(user, password, domainId)
  }

  /** Of one of a directory nothing is known that would make it so. */
  mustChangePassword(user: UserRecord): boolean {
    return this.#parts.db.mustChangePassword?.(user) ?? false
  }

  async noteLogin(user: UserRecord): Promise<void> {
    await (await this.#ofDomain(user.domainId)).noteLogin?.(user)
  }

  async groupIdsOf(userId: string): Promise<readonly string[]> {
    return (await this.#ofOwner(userId)).groupIdsOf(userId)
  }

  async memberIdsOf(groupId: string): Promise<readonly string[]> {
    return (await this.#ofOwner(groupId)).memberIdsOf(groupId)
  }

  async findGroup(ref: NamedRef): Promise<GroupRecord | null> {
    return (await this.#of(ref)).findGroup(ref)
  }

  async listGroups(query: ActorQuery): Promise<GroupRecord[]> {
    return this.#list(query, (backend, part) => backend.listGroups(part))
  }

  async gateOf(domainId: string): Promise<Gate | null> {
    return (await this.#directoryOf(domainId))?.backend.gate ?? null
  }

  async readOnlyDomains(): Promise<ReadonlySet<string>> {
    const all = [...(await this.#all())]
    return new Set(all.filter(([, { backend }]) => backend.admin === null).map(([id]) => id))
  }

  async mappedRows(actors?: readonly RoleActor[]): Promise<AssignmentRow[]> {
    const rows: AssignmentRow[] = []
    for (const [domainId, { mapped }] of await this.#all()) {
      // A directory that is away keeps nobody from roles that have nothing to do with it.
      if (actors !== undefined && !(await this.#hasGroupOf(domainId, actors))) continue
      rows.push(...(await mapped.rows()))
    }
    return rows
  }

  /** What roles were made of; not what directories answered, which an outage may need. */
  forget(): void {
    for (const { mapped } of this.#opened.values()) mapped.forget()
  }

  state(): VerifierState {
    const all = [...this.#opened.values()]
    return {
      sources: all.flatMap(({ name, backend }) =>
        backend.servers.state.map(({ url, away, answeredAt }) => ({
          source: `ldap:${name}`,
          server: url,
          isReachable: away === null,
          reason: away,
          answeredAt,
        })),
      ),
      caches: all.map(({ name, backend }) => ({ cache: `ldap:${name}`, ...backend.cached })),
    }
  }

  close(): void {
    for (const { backend } of this.#opened.values()) backend.close()
  }

  // --------------------------------------------------------------------------------------------------------- routing

  #of(ref: NamedRef): Promise<UserBackend> {
    return 'id' in ref ? this.#ofOwner(ref.id) : this.#ofDomain(ref.domainId)
  }

  async #ofOwner(id: string): Promise<UserBackend> {
    const row = await this.#ids.find(id)
    // Of a domain that is in the database by now it is nobody's.
    return row === null ? this.#parts.db : this.#ofDomain(row.domain_id)
  }

  async #ofDomain(domainId: string): Promise<UserBackend> {
    return (await this.#directoryOf(domainId))?.backend ?? this.#parts.db
  }

  async #directoryOf(domainId: string): Promise<Opened | null> {
    return (await this.#all()).get(domainId) ?? null
  }

  /** Those whose domain is there. */
  async #all(): Promise<ReadonlyMap<string, Opened>> {
    for (const domain of this.#parts.domains) {
      if (this.#found.has(domain)) continue
      const row = await findDomain(this.#parts.store.db, domain.ref)
      if (row === null || this.#opened.has(row.id)) continue
      this.#opened.set(row.id, this.#open(row.id, row.name, domain.options))
      this.#found.add(domain)
    }
    return this.#opened
  }

  #open(domainId: string, name: string, options: LdapOptions): Opened {
    const { store, clock } = this.#parts
    const trouble = (message: string, server = ''): void =>
      this.#parts.trouble?.(server === '' ? message : `${server}: ${message}`, name)
    const backend = new LdapBackend({ store, clock, domainId, options, ids: this.#ids, trouble })
    return {
      name,
      backend,
      mapped: new MappedGroups({ store, clock, domainId, backend, map: options.map, trouble }),
    }
  }

  async #hasGroupOf(domainId: string, actors: readonly RoleActor[]): Promise<boolean> {
    for (const { type, id } of actors) {
      if (type !== 'group' || !mayBeDirectoryId(id)) continue
      if ((await this.#ids.find(id))?.domain_id === domainId) return true
    }
    return false
  }

  /** Of one domain, of the owners of these ids, or of all; ordered by name, then id. */
  async #list<T extends { readonly id: string; readonly name: string }>(
    query: ActorQuery,
    list: (backend: UserBackend, part: ActorQuery) => Promise<T[]>,
  ): Promise<T[]> {
    if (query.domainId !== undefined) return list(await this.#ofDomain(query.domainId), query)
    const lists: T[][] = []
    if (query.ids === undefined) {
      const directories = [...(await this.#all()).values()].map(({ backend }) => backend)
      for (const backend of [this.#parts.db, ...directories]) lists.push(await list(backend, query))
    } else {
      const idsOf = new Map<UserBackend, string[]>()
      for (const id of query.ids) {
        const backend = await this.#ofOwner(id)
        idsOf.set(backend, [...(idsOf.get(backend) ?? []), id])
      }
      for (const [backend, ids] of idsOf) lists.push(await list(backend, { ...query, ids }))
    }
    const key = ({ name, id }: T): string => `${name}\0${id}`
    return lists
      .flat()
      .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
      .slice(0, query.limit)
  }

  async #adminOfOwner(id: string): Promise<UserAdmin> {
    return administrated(await this.#ofOwner(id))
  }

  async #adminOf(domainId: string): Promise<UserAdmin> {
    return administrated(await this.#ofDomain(domainId))
  }

  /** Accounts of the database are kept by its transactions. */
  async #refuseLast(owner: string, going: Going): Promise<void> {
    if ((await this.#ofOwner(owner)) !== this.#parts.db) await this.#parts.refuseLast?.(going)
  }

  async #refuseMixed(groupId: string, userId: string): Promise<void> {
    if ((await this.#ofOwner(groupId)) === (await this.#ofOwner(userId))) return
    throw fault('Refused', {
      message:
        'A group of the database has no members from a directory, nor the other way round; assign the role to both.',
    })
  }
}

function refuseOptions(options: object | undefined): void {
  if (options === undefined || Object.keys(options).length === 0) return
  throw fault('Refused', {
    message:
      'Rules of passwords and logins are those of the directory server in this domain; users of it have no options here.',
  })
}

function administrated({ admin }: UserBackend): UserAdmin {
  if (admin !== null) return admin
  throw fault('Refused', {
    message:
      'Users and groups of this domain are administered in its directory server; here they are read only.',
  })
}
