/** Roles, what they imply, and who holds which where. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../db/open.ts'
import { listProjects } from '../db/store/identity.ts'
import type { NamedFilter } from '../db/store/names.ts'
import { subtreeOf } from '../db/store/project-tree.ts'
import {
  deleteAssignment,
  deleteRole,
  findRole,
  insertAssignment,
  insertRole,
  listAssignments,
  listImplications,
  listRoles,
  noteImplication,
  updateRole,
  type AssignmentFilter,
  type AssignmentRow,
  type RoleActor,
  type RoleRow,
  type RoleTarget,
} from '../db/store/roles.ts'
import type { DbOrTx } from '../db/schema.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Keep } from './administrators.ts'
import type { UserBackend } from './backends/backend.ts'
import { notFound } from './directory.ts'
import { expandRoles, implicationsOf, type Implications, type RoleName } from './implied-roles.ts'

/** The roles every installation has. */
export const standardRoles = ['admin', 'manager', 'member', 'reader', 'service'] as const

/** More roles than anyone has; reading all of them is one small query. */
const maxRoles = 1000
/** Pairs of roles that are other than by default. */
const maxImplications = 1000
/** Assignments of one user to one place and what is above it, and projects that a user may have roles on. */
const maxRows = 10_000

/** Effective roles of somebody somewhere, with what is needed to narrow them. */
export interface HeldRoles {
  readonly roles: RoleName[]
  /** That exist. */
  readonly all: RoleName[]
  readonly implications: Implications
}

/**
 * Effective roles of a user on a target: assigned in the database, to the target or to be inherited from one of `above` (its
 * domain and the projects over it), or by a mapped group; and what these imply.
 */
export async function rolesHeld(
  db: DbOrTx,
  users: Pick<UserBackend, 'groupIdsOf' | 'mappedRows'>,
  userId: string,
  target: RoleTarget,
  above: readonly RoleTarget[] = [],
): Promise<HeldRoles> {
  const actors = await actorsOf(users, userId)
  const filter = { actors, targets: [target, ...above], limit: maxRows }
  const rows = [...(await listAssignments(db, filter)), ...(await mapped(users, filter))]
  const counts = (row: AssignmentRow): boolean => isOn(row, target) !== (row.inherited === true)
  const ids = new Set(rows.filter(counts).map((row) => row.role_id))
  if (ids.size === 0) return { roles: [], all: [], implications: new Map() }
  const all = await listRoles(db, { limit: maxRoles })
  const implications = implicationsOf(all, await listImplications(db, maxImplications))
  const held = all.filter((role) => ids.has(role.id))
  return { roles: expandRoles(held, all, implications), all, implications }
}

/** The user and its groups. */
async function actorsOf(users: Pick<UserBackend, 'groupIdsOf'>, userId: string): Promise<RoleActor[]> {
  const groups = await users.groupIdsOf(userId)
  return [{ type: 'user', id: userId }, ...groups.map((id): RoleActor => ({ type: 'group', id }))]
}

/** Rows by mapped groups that the filter lets through. */
async function mapped(
  users: Pick<UserBackend, 'mappedRows'>,
  filter: AssignmentFilter,
): Promise<AssignmentRow[]> {
  const { actors, actorType, roleId, target, targets, targetType } = filter
  if (filter.inherited === true) return []
  const rows = (await users.mappedRows?.(actors)) ?? []
  return rows.filter(
    (row) =>
      (roleId === undefined || row.role_id === roleId) &&
      (actorType === undefined || row.actor_type === actorType) &&
      (targetType === undefined || row.target_type === targetType) &&
      (target === undefined || isOn(row, target)) &&
      (targets === undefined || targets.some((one) => isOn(row, one))) &&
      (actors === undefined || actors.some(({ type, id }) => type === row.actor_type && id === row.actor_id)),
  )
}

const isOn = (row: AssignmentRow, { type, id }: RoleTarget): boolean =>
  row.target_type === type && row.target_id === id

export class RoleBook {
  readonly #store: Store
  readonly #users: UserBackend
  readonly #changed: () => void
  readonly #keep: Keep

  /** `changed` is called after every write, so that this process forgets what it cached; `keep` does what may take an administrator away. */
  constructor(store: Store, users: UserBackend, changed: () => void, keep: Keep) {
    this.#store = store
    this.#users = users
    this.#changed = changed
    this.#keep = keep
  }

  find(ref: { readonly id: string } | { readonly name: string }): Promise<RoleRow | null> {
    return findRole(this.#store.db, ref)
  }

  list(filter: NamedFilter): Promise<RoleRow[]> {
    return listRoles(this.#store.db, filter)
  }

  /** Names that differ in letter case only are the same role to every policy: 409. */
  async create(name: string, description = '', id = randomUUID().replaceAll('-', '')): Promise<RoleRow> {
    const existing = await listRoles(this.#store.db, { limit: maxRoles })
    const refusal = fault('Conflict', { message: `There is a role named ${name} already.` })
    if (existing.some((role) => role.name.toLowerCase() === name.toLowerCase())) throw refusal
    if (existing.length >= maxRoles) throw invalid(`There are ${maxRoles} roles; there can be no more.`)
    const row: RoleRow = { id, name, description }
    try {
      await insertRole(this.#store.db, row)
    } catch (error) {
      throw this.#store.dialect.isDuplicate(error) ? refusal : error
    }
    return row
  }

  /** The names of the standard roles are what policies mean: those stay. */
  async update(
    id: string,
    change: { readonly name?: string; readonly description?: string },
  ): Promise<RoleRow> {
    const role = await this.#role(id)
    const next = { name: change.name ?? role.name, description: change.description ?? role.description }
    if (next.name !== role.name) {
      refuseStandard(role, 'renamed')
      const refusal = fault('Conflict', { message: `There is a role named ${next.name} already.` })
      const others = (await listRoles(this.#store.db, { limit: maxRoles })).filter((one) => one.id !== id)
      if (others.some(({ name }) => name.toLowerCase() === next.name.toLowerCase())) throw refusal
    }
    await updateRole(this.#store.db, id, next)
    this.#changed()
    return { ...role, ...next }
  }

  async delete(id: string): Promise<void> {
    const role = await this.find({ id })
    if (role !== null) refuseStandard(role, 'deleted')
    await this.#keep((tx) => deleteRole(tx, id))
    this.#changed()
  }

  /** Whether the user has the role on anything, by itself or through a group. */
  async holds(users: Pick<UserBackend, 'groupIdsOf'>, userId: string, name: string): Promise<boolean> {
    const role = await this.find({ name })
    if (role === null) return false
    const actors = await actorsOf(users, userId)
    return (await this.assignments({ actors, roleId: role.id, limit: 1 })).length > 0
  }

  /** Those of the database, and those that the configuration gives to groups of a directory; each once. */
  async assignments(filter: AssignmentFilter): Promise<AssignmentRow[]> {
    const stored = await listAssignments(this.#store.db, filter)
    const more = await mapped(this.#users, filter)
    if (more.length === 0) return stored
    const rows = new Map([...stored, ...more].map((row) => [keyOf(row), row]))
    return [...rows.values()].slice(0, filter.limit)
  }

  /** A no-op when it is granted already. The ids must exist. `inherited`: for the projects below the target. */
  async grant(roleId: string, actor: RoleActor, target: RoleTarget, inherited = false): Promise<void> {
    try {
      await insertAssignment(this.#store.db, { ...rowOf(roleId, actor, target), inherited })
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
    }
    this.#changed()
  }

  /** False when there was nothing to take away. */
  async take(roleId: string, actor: RoleActor, target: RoleTarget, inherited = false): Promise<boolean> {
    const row = { ...rowOf(roleId, actor, target), inherited }
    const taken = await this.#keep((tx) => deleteAssignment(tx, row))
    this.#changed()
    return taken
  }

  /** Ids of the projects or domains on which the user has a role, by itself or through a group or from above; each once. */
  async placesOf(userId: string, type: 'project' | 'domain'): Promise<string[]> {
    const { db } = this.#store
    const rows = await this.assignments({ actors: await actorsOf(this.#users, userId), limit: maxRows })
    const direct = rows.filter((row) => row.inherited !== true && row.target_type === type)
    const found = new Set(direct.map((row) => row.target_id))
    if (type === 'domain') return [...found]
    const above = (kind: RoleTarget['type']): string[] =>
      rows.filter((row) => row.inherited === true && row.target_type === kind).map((row) => row.target_id)
    const below = [
      ...(await listProjects(db, { domainIds: above('domain'), limit: maxRows })),
      ...(await subtreeOf(db, above('project'), maxRows)),
    ]
    for (const { id } of below) found.add(id)
    return [...found]
  }

  /** Whether the user has a role on the system, by itself or through a group. */
  async onSystem(userId: string): Promise<boolean> {
    const actors = await actorsOf(this.#users, userId)
    return (await this.assignments({ actors, target: { type: 'system', id: 'all' }, limit: 1 })).length > 0
  }

  // ---------------------------------------------------------------------------------------------------- implications

  /** What each role implies by itself. */
  async implications(): Promise<Implications> {
    const { db } = this.#store
    return implicationsOf(
      await listRoles(db, { limit: maxRoles }),
      await listImplications(db, maxImplications),
    )
  }

  /** A no-op when it does already. Throws `NotFound`, or `Refused` where it would make administrators by a side door. */
  async imply(priorId: string, impliedId: string): Promise<void> {
    const [prior, implied] = [await this.#role(priorId), await this.#role(impliedId)]
    if (prior.id === implied.id) throw invalid('A role cannot imply itself.')
    if (implied.name.toLowerCase() === 'admin') {
      throw fault('Refused', { message: 'No role may imply admin: that is assigned by name only.' })
    }
    const { db } = this.#store
    if ((await listImplications(db, maxImplications)).length >= maxImplications) {
      throw fault('Refused', {
        message: `At most ${maxImplications} implications can be other than by default.`,
      })
    }
    await this.#note(prior.id, implied.id, 1)
  }

  /** False when it implied nothing of the kind. */
  async unimply(priorId: string, impliedId: string): Promise<boolean> {
    const has = (await this.implications()).get(priorId)?.has(impliedId) === true
    if (has) await this.#note(priorId, impliedId, 0)
    return has
  }

  async #note(prior: string, implied: string, inForce: 0 | 1): Promise<void> {
    const row = { prior_role_id: prior, implied_role_id: implied, in_force: inForce }
    try {
      await this.#store.transaction((tx) => noteImplication(tx, row))
    } catch (error) {
      // Somebody else noted the pair at the same time: that one stands.
      if (!this.#store.dialect.isDuplicate(error)) throw error
    }
    this.#changed()
  }

  async #role(id: string): Promise<RoleRow> {
    const role = await this.find({ id })
    if (role === null) throw notFound('role', id)
    return role
  }
}

function refuseStandard({ name }: RoleRow, what: string): void {
  if (!(standardRoles as readonly string[]).includes(name)) return
  throw fault('Refused', { message: `The role ${name} is part of the service and can't be ${what}.` })
}

const keyOf = (row: AssignmentRow): string =>
  [row.role_id, row.actor_type, row.actor_id, row.target_type, row.target_id, row.inherited === true].join(
    ' ',
  )

const rowOf = (roleId: string, actor: RoleActor, target: RoleTarget): AssignmentRow => ({
  role_id: roleId,
  actor_type: actor.type,
  actor_id: actor.id,
  target_type: target.type,
  target_id: target.id,
})
