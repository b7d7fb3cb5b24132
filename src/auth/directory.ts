/** Administration of domains, projects, users and groups. Says 404, 409 and "administered elsewhere"; never who may. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../db/open.ts'
import {
  deleteDomain,
  deleteProject,
  findDomain,
  findProject,
  insertDomain,
  insertProject,
  listDomains,
  listProjects,
  updateDomain,
  updateProject,
  type DomainRow,
  type ProjectFilter,
  type ProjectRow,
} from '../db/store/identity.ts'
import type { NamedRef } from '../db/store/names.ts'
import { changedOptions, type AccountOptionsChange } from '../model/account-options.ts'
import { ancestorsOf, maxProjectDepth } from '../db/store/project-tree.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Content } from '../db/store/project-contents.ts'
import type { Keep } from './administrators.ts'
import type { GroupRecord, UserAdmin, UserBackend, UserChange, UserRecord } from './backends/backend.ts'
import { maxPasswordBytes } from './passwords.ts'

/** 32 hexadecimal digits, as Keystone makes them and Manila's URLs expect them. */
export const newIdentityId = (): string => randomUUID().replaceAll('-', '')

export const notFound = (noun: string, id: string): Error =>
  fault('NotFound', { message: `Could not find ${noun}: ${id}.` })

export interface NewUser {
  readonly name: string
  readonly domainId: string
  readonly password?: string | null
  readonly description?: string
  readonly email?: string | null
  readonly enabled?: boolean
  readonly defaultProjectId?: string | null
  readonly options?: AccountOptionsChange
}

export interface DirectoryGuards {
  /** Does what may take the last administrator away. */
  readonly keep: Keep
  /** What there is of a project elsewhere: asked before it is deleted. */
  readonly contentsOf: (projectId: string) => Promise<readonly Content[]>
}

export class Directory {
  readonly #store: Store
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #guards: DirectoryGuards
  /** Reads of users and groups. */
  readonly users: UserBackend

  constructor(store: Store, clock: Clock, users: UserBackend, changed: () => void, guards: DirectoryGuards) {
    this.#store = store
    this.#clock = clock
    this.users = users
    this.#changed = changed
    this.#guards = guards
  }

  // --------------------------------------------------------------------------------------------------------- domains

  findDomain(ref: { readonly id: string } | { readonly name: string }): Promise<DomainRow | null> {
    return findDomain(this.#store.db, ref)
  }

  listDomains(filter: Parameters<typeof listDomains>[1]): Promise<DomainRow[]> {
    return listDomains(this.#store.db, filter)
  }

  async createDomain(domain: {
    readonly id?: string
    readonly name: string
    readonly description?: string
    readonly enabled?: boolean
  }): Promise<DomainRow> {
    const { id = newIdentityId(), name, description = '', enabled = true } = domain
    const row: DomainRow = { id, name, description, enabled: enabled ? 1 : 0 }
    await this.#unique(`a domain named ${name}`, () => insertDomain(this.#store.db, row))
    return row
  }

  async updateDomain(
    id: string,
    change: { readonly name?: string; readonly description?: string; readonly enabled?: boolean },
  ): Promise<DomainRow> {
    const domain = await this.#domain(id)
    if (change.enabled === false) refuseDefault(domain, 'disabled')
    const next = {
      name: change.name ?? domain.name,
      description: change.description ?? domain.description,
      enabled: change.enabled === undefined ? domain.enabled : ((change.enabled ? 1 : 0) as 0 | 1),
    }
    await this.#unique(`a domain named ${next.name}`, () =>
      change.enabled === false
        ? this.#guards.keep((tx) => updateDomain(tx, id, next))
        : updateDomain(this.#store.db, id, next),
    )
    this.#changed()
    return { ...domain, ...next }
  }

  /**
   * Its users and groups go along. Throws `Refused` while it is enabled, as in Keystone, and while there are projects in it: each
   * is deleted by itself, because of what may be in it.
   */
  async deleteDomain(id: string): Promise<void> {
    const domain = await this.#domain(id)
    refuseDefault(domain, 'deleted')
    if (domain.enabled === 1) {
      throw fault('Refused', { message: `The domain ${domain.name} is enabled; disable it first.` })
    }
    if (((await this.users.gateOf?.(id)) ?? null) !== null) {
      throw fault('Refused', {
        message: `The users of the domain ${domain.name} are in a directory: take it out of the configuration first.`,
      })
    }
    const [project] = await this.listProjects({ domainId: id, limit: 1 })
    if (project !== undefined) {
      throw fault('Refused', {
        message: `The domain ${domain.name} has projects, such as ${project.name}; delete those first.`,
      })
    }
    await this.#guards.keep((tx) => deleteDomain(tx, id))
    this.#changed()
  }

  async #domain(id: string): Promise<DomainRow> {
    const domain = await this.findDomain({ id })
    if (domain === null) throw notFound('domain', id)
    return domain
  }

  // -------------------------------------------------------------------------------------------------------- projects

  findProject(ref: NamedRef): Promise<ProjectRow | null> {
    return findProject(this.#store.db, ref)
  }

  listProjects(filter: ProjectFilter): Promise<ProjectRow[]> {
    return listProjects(this.#store.db, filter)
  }

  async createProject(project: {
    readonly name: string
    readonly domainId: string
    readonly description?: string
    readonly enabled?: boolean
    readonly parentId?: string | null
  }): Promise<ProjectRow> {
    if ((await this.findDomain({ id: project.domainId })) === null) throw notFound('domain', project.domainId)
    const parentId = project.parentId ?? project.domainId
    if (parentId !== project.domainId) {
      const parent = await this.findProject({ id: parentId })
      if (parent === null) throw notFound('project', parentId)
      if (parent.domain_id !== project.domainId) throw invalid('parent_id must be in the same domain')
      await this.#refuseBelow(parent, project.enabled !== false)
    }
    const row: ProjectRow = {
      id: newIdentityId(),
      domain_id: project.domainId,
      name: project.name,
      description: project.description ?? '',
      enabled: project.enabled === false ? 0 : 1,
      parent_id: parentId,
      created_at: this.#clock.now(),
    }
    await this.#unique(`a project named ${project.name}`, () => insertProject(this.#store.db, row))
    return row
  }

  async updateProject(
    id: string,
    change: { readonly name?: string; readonly description?: string; readonly enabled?: boolean },
  ): Promise<ProjectRow> {
    const project = await this.findProject({ id })
    if (project === null) throw notFound('project', id)
    if (change.enabled !== undefined && change.enabled !== (project.enabled === 1)) {
      await this.#refuseUneven(project, change.enabled)
    }
    const next = {
      name: change.name ?? project.name,
      description: change.description ?? project.description,
      enabled: change.enabled === undefined ? project.enabled : ((change.enabled ? 1 : 0) as 0 | 1),
    }
    await this.#unique(`a project named ${next.name}`, () =>
      change.enabled === false
        ? this.#guards.keep((tx) => updateProject(tx, id, next))
        : updateProject(this.#store.db, id, next),
    )
    this.#changed()
    return { ...project, ...next }
  }

  async #refuseBelow(parent: ProjectRow, enabled: boolean): Promise<void> {
    const over = [parent, ...(await ancestorsOf(this.#store.db, parent))]
    if (over.length >= maxProjectDepth) {
      throw fault('Refused', { message: `Projects are at most ${maxProjectDepth} levels deep.` })
    }
    const disabled = over.find((one) => one.enabled === 0)
    if (enabled && disabled !== undefined) {
      throw fault('Refused', { message: `The project ${disabled.name} above it is disabled.` })
    }
  }

  /** A disabled project has nothing enabled below it. */
  async #refuseUneven(project: ProjectRow, enabled: boolean): Promise<void> {
    const { db } = this.#store
    const others = enabled
      ? (await ancestorsOf(db, project)).filter((one) => one.enabled === 0)
      : await listProjects(db, { parentId: project.id, enabled: 1, limit: 1 })
    const [first] = others
    if (first === undefined) return
    throw fault('Refused', {
      message: enabled
        ? `The project ${first.name} above it is disabled; enable that first.`
        : `The project ${first.name} below it is enabled; disable that first.`,
    })
  }

  /**
   * Its role assignments and application credentials go along. Throws `Conflict` as long as there is anything of it: a share whose
   * project is gone is nobody's. Who has a token may still make one for as long as other processes believe it (5 s).
   */
  async deleteProject(id: string): Promise<void> {
    const project = await this.findProject({ id })
    if (project === null) throw notFound('project', id)
    const children = await this.listProjects({ parentId: id, limit: 1 })
    if (children.length > 0) {
      throw fault('Refused', { message: 'The project has projects of its own; delete those first.' })
    }
    const contents = await this.#guards.contentsOf(id)
    if (contents.length > 0) throw stillHolds(project.name, contents)
    await this.#guards.keep((tx) => deleteProject(tx, id))
    this.#changed()
  }

  // ------------------------------------------------------------------------------------------------ users and groups

  async createUser(user: NewUser): Promise<UserRecord> {
    if ((await this.findDomain({ id: user.domainId })) === null) throw notFound('domain', user.domainId)
    const { defaultProjectId = null, password = null } = user
    if (password !== null) checkPassword(password)
    if (defaultProjectId !== null && (await this.findProject({ id: defaultProjectId })) === null) {
      throw notFound('project', defaultProjectId)
    }
    const record = {
      id: newIdentityId(),
      name: user.name,
      domainId: user.domainId,
      description: user.description ?? '',
      email: user.email ?? null,
      enabled: user.enabled ?? true,
      defaultProjectId,
      ...(user.options === undefined ? {} : { options: changedOptions({}, user.options) }),
    }
    const made = await this.#unique(`a user named ${user.name}`, () =>
      this.#admin().createUser(record, password),
    )
    return this.#user(made)
  }

  async updateUser(id: string, change: UserChange & { readonly password?: string }): Promise<UserRecord> {
    const user = await this.#user(id)
    const { password, ...rest } = change
    if (password !== undefined) {
      checkPassword(password)
      // Before anything of the rest is written.
      await this.#admin().refusePassword?.(
        { ...user, ...(rest.name === undefined ? {} : { name: rest.name }) },
        password,
      )
    }
    const { defaultProjectId } = rest
    if (typeof defaultProjectId === 'string' && (await this.findProject({ id: defaultProjectId })) === null) {
      throw notFound('project', defaultProjectId)
    }
    await this.#unique(`a user named ${rest.name}`, () => this.#admin().updateUser(id, rest))
    if (password !== undefined) await this.#admin().setPassword(id, password)
    this.#changed()
    return this.#user(id)
  }

  /** Every token of the account dies, everywhere, within the cache window. */
  async setPassword(id: string, password: string): Promise<void> {
    checkPassword(password)
    await this.#admin().setPassword(id, password)
    this.#changed()
  }

  /**
   * {@link setPassword}, unless the account has changed since `user` was read: false then. Two who know the old password
   * can't both replace it, and neither undoes what an administrator did meanwhile.
   */
  async replacePassword(user: UserRecord, password: string): Promise<boolean> {
    checkPassword(password)
    const isReplaced = await this.#admin().replacePassword(user, password)
    if (isReplaced) this.#changed()
    return isReplaced
  }

  async deleteUser(id: string): Promise<void> {
    await this.#user(id)
    await this.#admin().deleteUser(id)
    this.#changed()
  }

  async createGroup(group: {
    readonly name: string
    readonly domainId: string
    readonly description?: string
  }): Promise<GroupRecord> {
    if ((await this.findDomain({ id: group.domainId })) === null) throw notFound('domain', group.domainId)
    const record = { id: newIdentityId(), description: '', ...group }
    const id = await this.#unique(`a group named ${group.name}`, () => this.#admin().createGroup(record))
    return { ...record, id }
  }

  async updateGroup(id: string, change: { readonly name?: string; readonly description?: string }) {
    await this.group(id)
    await this.#unique(`a group named ${change.name}`, () => this.#admin().updateGroup(id, change))
    return this.group(id)
  }

  async deleteGroup(id: string): Promise<void> {
    await this.group(id)
    await this.#admin().deleteGroup(id)
    this.#changed()
  }

  /** A no-op when the user is a member already. */
  async addMember(groupId: string, userId: string): Promise<void> {
    await this.group(groupId)
    await this.#user(userId)
    try {
      await this.#admin().addMember(groupId, userId)
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
    }
    this.#changed()
  }

  async removeMember(groupId: string, userId: string): Promise<void> {
    if (!(await this.#admin().removeMember(groupId, userId))) throw notFound('user in the group', userId)
    this.#changed()
  }

  /** The group, or 404. */
  async group(id: string): Promise<GroupRecord> {
    const group = await this.users.findGroup({ id })
    if (group === null) throw notFound('group', id)
    return group
  }

  async #user(id: string): Promise<UserRecord> {
    const user = await this.users.findUser({ id })
    if (user === null) throw notFound('user', id)
    return user
  }

  #admin(): UserAdmin {
    const { admin } = this.users
    if (admin === null) {
      throw fault('Refused', { message: 'Users and groups are administered in the directory server.' })
    }
    return admin
  }

  async #unique<T>(what: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write()
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
      throw fault('Conflict', { message: `There is ${what} already.` }, { cause: error })
    }
  }
}

function stillHolds(name: string, contents: readonly Content[]): Error {
  const told = contents.map(({ noun, count }) => `${count} ${noun}`)
  const all = told.length === 1 ? told.join('') : `${told.slice(0, -1).join(', ')} and ${told.at(-1)}`
  return fault('Conflict', { message: `The project ${name} still has ${all}: delete or move these first.` })
}

/** Everything of the service that has no domain of its own is in it. */
function refuseDefault({ id, name }: DomainRow, what: string): void {
  if (id !== 'default') return
  throw fault('Refused', { message: `The domain ${name} is part of the service and can't be ${what}.` })
}

function checkPassword(password: string): void {
  if (password === '') throw invalid('password must not be empty')
  if (Buffer.byteLength(password) > maxPasswordBytes) {
    throw invalid(`password must be at most ${maxPasswordBytes} bytes`)
  }
}
