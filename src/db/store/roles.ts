/** Roles and who has which on what. A target is a project, a domain or the system; an actor is a user or a group. */
import { sql, type Insertable, type Selectable, type Updateable } from 'kysely'
import type { DbOrTx, RoleAssignmentsTable, RoleImplicationsTable, RolesTable, Tx } from '../schema.ts'
import { byName, type NamedFilter } from './names.ts'

export type RoleRow = Selectable<RolesTable>
/** `inherited`: held on every project below the target, and not on the target itself. */
export type AssignmentRow = Selectable<RoleAssignmentsTable> & { readonly inherited?: boolean }

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

export function listRoles(db: DbOrTx, filter: NamedFilter): Promise<RoleRow[]> {
  return byName(db.selectFrom('roles').selectAll(), filter).execute()
}

export async function insertRole(db: DbOrTx, row: Insertable<RolesTable>): Promise<void> {
  await db.insertInto('roles').values(row).execute()
}

export async function updateRole(db: DbOrTx, id: string, set: Updateable<RolesTable>): Promise<void> {
  await db.updateTable('roles').set(set).where('id', '=', id).execute()
}

/** The role with its assignments and what it implies. */
export async function deleteRole(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('role_assignments').where('role_id', '=', id).execute()
  await tx.deleteFrom('inherited_assignments').where('role_id', '=', id).execute()
  await tx
    .deleteFrom('role_implications')
    .where((eb) => eb.or([eb('prior_role_id', '=', id), eb('implied_role_id', '=', id)]))
    .execute()
  await tx.deleteFrom('roles').where('id', '=', id).execute()
}

export interface AssignmentFilter {
  readonly roleId?: string
  /** Any of these; an empty list matches nothing. */
  readonly actors?: readonly RoleActor[]
  readonly actorType?: RoleActor['type']
  readonly target?: RoleTarget
  readonly targetType?: RoleTarget['type']
  /** Any of these; an empty list matches nothing. */
  readonly targets?: readonly RoleTarget[]
  /** Those for what is below the target, or those for the target itself; both when absent. */
  readonly inherited?: boolean
  readonly limit: number
}

/** Those on targets themselves and those for what is below them, in one order. */
export async function listAssignments(db: DbOrTx, filter: AssignmentFilter): Promise<AssignmentRow[]> {
  if (filter.actors?.length === 0 || filter.targets?.length === 0) return []
  const direct = rowsOf(db, 'role_assignments', filter)
  const below = rowsOf(db, 'inherited_assignments', filter)
  const both = filter.inherited === undefined ? direct.unionAll(below) : filter.inherited ? below : direct
  const rows = await both
    .orderBy('target_id')
    .orderBy('actor_id')
    .orderBy('role_id')
    .orderBy('inherited')
    .limit(filter.limit)
    .execute()
  return rows.map(({ inherited, ...row }) => (Number(inherited) === 1 ? { ...row, inherited: true } : row))
}

type AssignmentTable = 'role_assignments' | 'inherited_assignments'

const tableOf = ({ inherited }: AssignmentRow): AssignmentTable =>
  inherited === true ? 'inherited_assignments' : 'role_assignments'

function rowsOf(db: DbOrTx, table: AssignmentTable, filter: AssignmentFilter) {
  const inherited = table === 'inherited_assignments' ? 1 : 0
  let query = db
    .selectFrom(table)
    .select(['role_id', 'actor_type', 'actor_id', 'target_type', 'target_id'])
    .select(sql.lit(inherited).as('inherited'))
  const { actors, target, targets } = filter
  if (filter.roleId !== undefined) query = query.where('role_id', '=', filter.roleId)
  if (filter.actorType !== undefined) query = query.where('actor_type', '=', filter.actorType)
  if (filter.targetType !== undefined) query = query.where('target_type', '=', filter.targetType)
  if (actors !== undefined) query = query.where(anyOf('actor', actors))
  if (targets !== undefined) query = query.where(anyOf('target', targets))
  if (target !== undefined) query = query.where(anyOf('target', [target]))
  return query
}

/** A list of ids for each type, so that a long one is no deep expression. */
function anyOf(end: 'actor' | 'target', wanted: readonly (RoleActor | RoleTarget)[]) {
  const types = [...new Set(wanted.map(({ type }) => type))]
  const kinds = types.map((type) => {
    const ids = wanted.filter((one) => one.type === type).map(({ id }) => id)
    return sql<boolean>`(${sql.ref(`${end}_type`)} = ${type} and ${sql.ref(`${end}_id`)} in (${sql.join(ids)}))`
  })
  return sql<boolean>`(${sql.join(kinds, sql` or `)})`
}

/** Throws the database's duplicate error when it is there already. */
export async function insertAssignment(db: DbOrTx, row: AssignmentRow): Promise<void> {
  const { inherited: _itsTableSays, ...values } = row
  await db.insertInto(tableOf(row)).values(values).execute()
}

/** False when there was none. */
export async function deleteAssignment(db: DbOrTx, row: AssignmentRow): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom(tableOf(row))
    .where('role_id', '=', row.role_id)
    .where('actor_type', '=', row.actor_type)
    .where('actor_id', '=', row.actor_id)
    .where('target_type', '=', row.target_type)
    .where('target_id', '=', row.target_id)
    .executeTakeFirst()
  return numDeletedRows > 0n
}

/** All assignments of an actor, or all on a target. */
export async function deleteAssignmentsOf(tx: Tx, end: RoleActor | RoleTarget): Promise<void> {
  const { type, id } = end
  const isActor = type === 'user' || type === 'group'
  for (const table of ['role_assignments', 'inherited_assignments'] as const) {
    const from = tx.deleteFrom(table)
    await (
      isActor
        ? from.where('actor_type', '=', type).where('actor_id', '=', id)
        : from.where('target_type', '=', type).where('target_id', '=', id)
    ).execute()
  }
}

// ------------------------------------------------------------------------------------------------------ implications

export type ImplicationRow = Selectable<RoleImplicationsTable>

/** Where what roles imply was changed. */
export function listImplications(db: DbOrTx, limit: number): Promise<ImplicationRow[]> {
  return db
    .selectFrom('role_implications')
    .selectAll()
    .orderBy('prior_role_id')
    .orderBy('implied_role_id')
    .limit(limit)
    .execute()
}

/** In place of what was noted of the pair before. */
export async function noteImplication(tx: Tx, row: ImplicationRow): Promise<void> {
  await tx
    .deleteFrom('role_implications')
    .where('prior_role_id', '=', row.prior_role_id)
    .where('implied_role_id', '=', row.implied_role_id)
    .execute()
  await tx.insertInto('role_implications').values(row).execute()
}
