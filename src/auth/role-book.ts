/** Roles, what they imply, and who holds which where. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../db/open.ts'
import {
  deleteAssignment,
  deleteRole,
  findRole,
  insertAssignment,
  insertRole,
  listAssignments,
  listRoles,
  type AssignmentFilter,
  type AssignmentRow,
  type RoleActor,
  type RoleRow,
  type RoleTarget,
} from '../db/store/roles.ts'
import type { DbOrTx } from '../db/schema.ts'
import { fault, invalid } from '../model/errors.ts'
import type { UserBackend } from './backends/backend.ts'

export interface RoleName {
  readonly id: string
  readonly name: string
}

/** Prior → implied, by name. Fixed, as Keystone's bootstrap makes them. */
export const impliedRoles: readonly (readonly [prior: string, implied: string])[] = [
  ['admin', 'manager'],
  ['manager', 'member'],
  ['member', 'reader'],
]

/** The roles every installation has. */
export const standardRoles = ['admin', 'manager', 'member', 'reader', 'service'] as const

/** More roles than anyone has; reading all of them is one small query. */
const maxRoles = 1000

/** Adds what the roles imply, over any number of hops. `all` are the roles that exist. */
export function expandRoles(roles: readonly RoleName[], all: readonly RoleName[]): RoleName[] {
  const held = new Map(roles.map((role) => [role.id, role]))
  // In the order of the table one pass reaches the end of the chain.
  for (const [prior, implied] of impliedRoles) {
    if (![...held.values()].some((role) => role.name.toLowerCase() === prior)) continue
    const found = all.find((role) => role.name === implied)
    if (found !== undefined) held.set(found.id, found)
  }
  return [...held.values()].map(({ id, name }) => ({ id, name }))
}

/** Effective roles of a user on a target, assigned in the database or by a mapped group, and all roles that exist. */
export async function rolesHeld(
  db: DbOrTx,
  users: Pick<UserBackend, 'groupIdsOf' | 'mappedRows'>,
  userId: string,
  target: RoleTarget,
): Promise<{ roles: RoleName[]; all: RoleName[] }> {
  const groupIds = await users.groupIdsOf(userId)
  const actors: RoleActor[] = [
    { type: 'user', id: userId },
    ...groupIds.map((id): RoleActor => ({ type: 'group', id })),
  ]
  const filter = { actors, target, limit: maxRoles }
  const assigned = [...(await listAssignments(db, filter)), ...(await mapped(users, filter))]
  if (assigned.length === 0) return { roles: [], all: [] }
  const all = await listRoles(db, { limit: maxRoles })
  const ids = new Set(assigned.map((row) => row.role_id))
  return {
    roles: expandRoles(
      all.filter((role) => ids.has(role.id)),
      all,
    ),
    all,
  }
}

/** Rows by mapped groups that the filter lets through. */
async function mapped(
  users: Pick<UserBackend, 'mappedRows'>,
  { actors, actorType, roleId, target, targetType }: AssignmentFilter,
): Promise<AssignmentRow[]> {
  const rows = (await users.mappedRows?.(actors)) ?? []
  return rows.filter(
    (row) =>
      (roleId === undefined || row.role_id === roleId) &&
      (actorType === undefined || row.actor_type === actorType) &&
      (targetType === undefined || row.target_type === targetType) &&
      (target === undefined || (row.target_type === target.type && row.target_id === target.id)) &&
      (actors === undefined || actors.some(({ type, id }) => type === row.actor_type && id === row.actor_id)),
  )
}

export class RoleBook {
  readonly #store: Store
  readonly #users: UserBackend
  readonly #changed: () => void

  /** `changed` is called after every write, so that this process forgets what it cached. */
  constructor(store: Store, users: UserBackend, changed: () => void) {
    this.#store = store
    this.#users = users
    this.#changed = changed
  }

  find(ref: { readonly id: string } | { readonly name: string }): Promise<RoleRow | null> {
    return findRole(this.#store.db, ref)
  }

  list(filter: { readonly name?: string; readonly limit: number }): Promise<RoleRow[]> {
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

  async delete(id: string): Promise<void> {
    const role = await this.find({ id })
    if (role !== null && (standardRoles as readonly string[]).includes(role.name)) {
      throw fault('Refused', {
        message: `The role ${role.name} is part of the service and can't be deleted.`,
      })
    }
    await this.#store.transaction((tx) => deleteRole(tx, id))
    this.#changed()
  }

  /** Whether the user has the role on anything, by itself or through a group. */
  async holds(users: Pick<UserBackend, 'groupIdsOf'>, userId: string, name: string): Promise<boolean> {
    const role = await this.find({ name })
    if (role === null) return false
    const groups = await users.groupIdsOf(userId)
    const actors: RoleActor[] = [
      { type: 'user', id: userId },
      ...groups.map((id): RoleActor => ({ type: 'group', id })),
    ]
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

  /** A no-op when it is granted already. The ids must exist. */
  async grant(roleId: string, actor: RoleActor, target: RoleTarget): Promise<void> {
    try {
      await insertAssignment(this.#store.db, rowOf(roleId, actor, target))
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
    }
    this.#changed()
  }

  /** False when there was nothing to take away. */
  async take(roleId: string, actor: RoleActor, target: RoleTarget): Promise<boolean> {
    const taken = await deleteAssignment(this.#store.db, rowOf(roleId, actor, target))
    this.#changed()
    return taken
  }
}

const keyOf = (row: AssignmentRow): string =>
  [row.role_id, row.actor_type, row.actor_id, row.target_type, row.target_id].join(' ')

const rowOf = (roleId: string, actor: RoleActor, target: RoleTarget): AssignmentRow => ({
  role_id: roleId,
  actor_type: actor.type,
  actor_id: actor.id,
  target_type: target.type,
  target_id: target.id,
})
