/**
 * Users and groups of one domain in a directory server. Passwords are proved by a bind as their owner and kept nowhere; what is
 * found is remembered for a bounded time (`cache_s`), and a little longer while nobody can be asked (`outage_s`). Where no server
 * answers it throws `Unavailable`, and never says that a password was wrong.
 */
import { randomUUID } from 'node:crypto'
import type { Store } from '../../../db/open.ts'
import { fault } from '../../../model/errors.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { Gate } from '../../gate.ts'
import { fitsNames, isAfter } from '../../../db/store/names.ts'
import type { ActorQuery, GroupRecord, UserBackend, UserRecord } from '../backend.ts'
import { ldapAdmin } from './admin.ts'
import { AgedCache } from './cache.ts'
import { isPassword } from './connection.ts'
import type { LdapDirectory } from './directory.ts'
import { dnWith, escapeDnValue } from './dn.ts'
import { codeOf, isRefusal } from './errors.ts'
import {
  groupByDn,
  groupByKey,
  groupByName,
  groupsOfUser,
  listGroups,
  membersOf,
  type LdapGroup,
} from './groups.ts'
import type { DirectoryIds } from './ids.ts'
import type { LdapOptions } from './options.ts'
import { LdapServers, type Trouble } from './servers.ts'
import { listUsers, userByKey, userByName, type LdapUser } from './users.ts'

export interface LdapParts {
  readonly store: Store
  readonly clock: Clock
  readonly domainId: string
  readonly options: LdapOptions
  readonly ids: DirectoryIds
  readonly trouble?: Trouble
}

export class LdapBackend implements UserBackend {
  readonly admin: UserBackend['admin']
  readonly servers: LdapServers
  /** Logins of this directory wait for one another only: those of the database go on when it is slow. */
  readonly gate: Gate
  readonly #directory: LdapDirectory
  readonly #users: AgedCache<LdapUser | null>
  readonly #memberships: AgedCache<readonly LdapGroup[]>
  readonly #groups: AgedCache<LdapGroup | null>

  constructor({ store, clock, domainId, options, ids, trouble = () => {} }: LdapParts) {
    this.servers = new LdapServers(options, trouble)
    this.#directory = { domainId, options, servers: this.servers, store, clock, ids, trouble }
    this.gate = new Gate({
      slots: options.connections,
      slotsPerAccount: 2,
      queue: 128,
      queuePerAddress: 48,
      queuePerAccount: 32,
    })
    const ages = { freshUs: options.cacheUs, outageUs: options.outageUs }
    this.#users = new AgedCache(clock, ages, options.cacheSize)
    this.#memberships = new AgedCache(clock, ages, options.cacheSize)
    this.#groups = new AgedCache(clock, ages, options.cacheSize)
    this.admin = options.writable
      ? ldapAdmin(
          this.#directory,
          (id) => this.#user(id),
          () => this.forget(),
        )
      : null
  }

  /** By id from what is remembered, by name always from the directory: logins see it as it is. */
  /** What is remembered of users, memberships and groups, together. */
  get cached(): { readonly size: number; readonly hits: number; readonly misses: number } {
    const all = [this.#users.state, this.#memberships.state, this.#groups.state]
    const sum = (read: (one: (typeof all)[number]) => number): number =>
      all.reduce((total, one) => total + read(one), 0)
    return {
      size: sum(({ size }) => size),
      hits: sum(({ hits }) => hits),
      misses: sum(({ misses }) => misses),
    }
  }

  async findUser(ref: Parameters<UserBackend['findUser']>[0]): Promise<UserRecord | null> {
    if ('id' in ref) return (await this.#user(ref.id))?.record ?? null
    const at = this.#directory.clock.now()
    const user = await userByName(this.#directory, ref.name)
    if (user !== null) this.#users.put(user.record.id, user, at)
    return user?.record ?? null
  }

  async listUsers(query: ActorQuery): Promise<UserRecord[]> {
    if (query.ids === undefined) return (await listUsers(this.#directory, query)).map(({ record }) => record)
    const found = await Promise.all(query.ids.map((id) => this.#user(id)))
    const records = found.flatMap((user) => (user === null ? [] : [user.record]))
    return records.filter((user) => matches(query, user)).slice(0, query.limit)
  }

  /** One bind, whether or not there is such a user. */
  async checkPassword(user: UserRecord | null, password: string): Promise<boolean> {
    // Servers answer a bind without a password with success, as nobody (RFC 4513, 5.1.2).
    if (!isPassword(password)) return false
    const known = user === null ? null : await this.#user(user.id)
    const dn = known?.dn ?? this.#nobody()
    try {
      await this.servers.run('login', (connection) => connection.bind(dn, password))
      return known !== null
    } catch (error) {
      if (isRefusal(error)) return false
      const code = codeOf(error)
      if (code === null) throw error
      // Such as: not without TLS. Nothing is said about the password.
      this.#directory.trouble(`refuses to check a password (code ${code}): ${(error as Error).message}`, '')
      throw fault(
        'Unavailable',
        { message: 'The directory server refuses to check passwords.', retryAfterS: 30 },
        { cause: error },
      )
    }
  }

  async groupIdsOf(userId: string): Promise<readonly string[]> {
    return (await this.#groupsOf(userId)).map(({ record }) => record.id)
  }

  async memberIdsOf(groupId: string): Promise<readonly string[]> {
    const row = await this.#directory.ids.find(groupId)
    if (row === null || row.kind !== 'group') return []
    return (await membersOf(this.#directory, row.entry_key)).map(({ record }) => record.id)
  }

  async findGroup(ref: Parameters<UserBackend['findGroup']>[0]): Promise<GroupRecord | null> {
    if (!('id' in ref)) return (await groupByName(this.#directory, ref.name))?.record ?? null
    const row = await this.#directory.ids.find(ref.id)
    if (row === null || row.kind !== 'group') return null
    const group = await this.#groups.get(`id ${ref.id}`, () => groupByKey(this.#directory, row.entry_key))
    return group?.record ?? null
  }

  async listGroups(query: ActorQuery): Promise<GroupRecord[]> {
    if (query.ids === undefined) return (await listGroups(this.#directory, query)).map(({ record }) => record)
    const found = await Promise.all(query.ids.map((id) => this.findGroup({ id })))
    return found
      .filter((group) => group !== null)
      .filter((group) => fitsNames(group.name, query.nameParts) && isAfter(group, query.after))
      .slice(0, query.limit)
  }

  /** The group that the configuration names by its DN or its name, from what is remembered. */
  async groupNamed(text: string): Promise<GroupRecord | null> {
    const group = await this.#groups.get(`named ${text}`, () =>
      text.includes('=') ? groupByDn(this.#directory, text) : groupByName(this.#directory, text),
    )
    return group?.record ?? null
  }

  forget(): void {
    this.#users.clear()
    this.#memberships.clear()
    this.#groups.clear()
  }

  close(): void {
    this.servers.close()
  }

  async #user(id: string): Promise<LdapUser | null> {
    const row = await this.#directory.ids.find(id)
    if (row === null || row.kind !== 'user' || row.domain_id !== this.#directory.domainId) return null
    return this.#users.get(id, () => userByKey(this.#directory, row.entry_key))
  }

  async #groupsOf(userId: string): Promise<readonly LdapGroup[]> {
    const user = await this.#user(userId)
    if (user === null) return []
    return this.#memberships.get(userId, () => groupsOfUser(this.#directory, user))
  }

  /** A DN below the users that is nobody's. */
  #nobody(): string {
    const { users } = this.#directory.options
    const name = randomUUID()
    return users.dnTemplate === null
      ? `${users.name}=${escapeDnValue(name)},${users.base}`
      : dnWith(users.dnTemplate, name)
  }
}

const matches = (query: ActorQuery, user: UserRecord): boolean =>
  (query.name === undefined || user.name === query.name) &&
  fitsNames(user.name, query.nameParts) &&
  isAfter(user, query.after) &&
  (query.enabled === undefined || user.enabled === query.enabled)
