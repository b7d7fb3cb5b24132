/** Roles and who has which on what. A target is a project, a domain or the system; an actor is a user or a group. */
import type { Insertable, Selectable } from 'kysely'
import type { DbOrTx, RoleAssignmentsTable, RolesTable, Tx } from '../schema.ts'

export type RoleRow = Selectable<RolesTable>
export type AssignmentRow = Selectable<RoleAssignmentsTable>

export interface RoleTarget {
  readonly type: 'project' | 'domain' | 'system'
  readonly id: string
}
export interface RoleActor {
  readonly type: 'user' | 'group'
  readonly id: string
}

export async function findRole(
  db: DbOrTx,
  ref: { readonly id: string } | { readonly name: string },
): Promise<RoleRow | null> {
  const query = db.selectFrom('roles').selectAll()
  const row = await ('id' in ref ? query.where('id', '=', ref.id) : query.where('name', '=', ref.name))
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export function listRoles(
  db: DbOrTx,
  filter: { readonly name?: string; readonly limit: number },
): Promise<RoleRow[]> {
  let query = db.selectFrom('roles').selectAll().orderBy('name').limit(filter.limit)
  if (filter.name !== undefined) query = query.where('name', '=', filter.name)
  return query.execute()
}

export async function insertRole(db: DbOrTx, row: Insertable<RolesTable>): Promise<void> {
  await db.insertInto('roles').values(row).execute()
}

/** The role with its assignments. */
export async function deleteRole(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('role_assignments').where('role_id', '=', id).execute()
  await tx.deleteFrom('roles').where('id', '=', id).execute()
}

export interface AssignmentFilter {
  readonly roleId?: string
  /** Any of these; an empty list matches nothing. */
  readonly actors?: readonly RoleActor[]
  readonly actorType?: RoleActor['type']
  readonly target?: RoleTarget
  readonly targetType?: RoleTarget['type']
  readonly limit: number
}

export function listAssignments(db: DbOrTx, filter: AssignmentFilter): Promise<AssignmentRow[]> {
  let query = db
    .selectFrom('role_assignments')
    .selectAll()
    .orderBy('target_id')
    .orderBy('actor_id')
    .orderBy('role_id')
    .limit(filter.limit)
  const { actors, target } = filter
  if (filter.roleId !== undefined) query = query.where('role_id', '=', filter.roleId)
  if (filter.actorType !== undefined) query = query.where('actor_type', '=', filter.actorType)
  if (filter.targetType !== undefined) query = query.where('target_type', '=', filter.targetType)
  if (actors !== undefined) {
    if (actors.length === 0) return Promise.resolve([])
    query = query.where((eb) =>
      eb.or(actors.map(({ type, id }) => eb.and([eb('actor_type', '=', type), eb('actor_id', '=', id)]))),
    )
  }
  if (target !== undefined) {
    query = query.where('target_type', '=', target.type).where('target_id', '=', target.id)
  }
  return query.execute()
}

/** Throws the database's duplicate error when it is there already. */
export async function insertAssignment(db: DbOrTx, row: AssignmentRow): Promise<void> {
  await db.insertInto('role_assignments').values(row).execute()
}

/** False when there was none. */
export async function deleteAssignment(db: DbOrTx, row: AssignmentRow): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('role_assignments')
    .where('role_id', '=', row.role_id)
    .where('actor_type', '=', row.actor_type)
    .where('actor_id', '=', row.actor_id)
    .where('target_type', '=', row.target_type)
    .where('target_id', '=', row.target_id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
