/**
 * Users, groups, projects and what ties them together, many at a time: for imports. Only reads and inserts; who may and what must
 * hold is decided in `manage/import`. Callers hand over at most {@link maxImportRows} at once, so that no statement has more parameters than a
 * database takes.
 */
import type { Insertable } from 'kysely'
import type { DbOrTx, GroupsTable, ProjectsTable, UsersTable } from '../schema.ts'
import type { GroupRow, ProjectRow, UserRow } from './identity.ts'
import type { AssignmentRow } from './roles.ts'

/** Of one call. A user has ten columns, and the smallest limit of parameters is SQLite's 32,766. */
export const maxImportRows = 200

type Named = { readonly id: string; readonly domain_id: string; readonly name: string }

/** Those with one of these ids, and those that have one of these names in one of these domains. */
export const usersLike = (db: DbOrTx, wanted: readonly Named[]): Promise<UserRow[]> => {
  const { ids, names, domains } = partsOf(wanted)
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('users')
    .selectAll()
    .where((eb) =>
      eb.or([eb('id', 'in', ids), eb.and([eb('domain_id', 'in', domains), eb('name', 'in', names)])]),
    )
    .execute()
}

export const groupsLike = (db: DbOrTx, wanted: readonly Named[]): Promise<GroupRow[]> => {
  const { ids, names, domains } = partsOf(wanted)
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('groups')
    .selectAll()
    .where((eb) =>
      eb.or([eb('id', 'in', ids), eb.and([eb('domain_id', 'in', domains), eb('name', 'in', names)])]),
    )
    .execute()
}

export const projectsLike = (db: DbOrTx, wanted: readonly Named[]): Promise<ProjectRow[]> => {
  const { ids, names, domains } = partsOf(wanted)
  if (ids.length === 0) return Promise.resolve([])
  return db
    .selectFrom('projects')
    .selectAll()
    .where((eb) =>
      eb.or([eb('id', 'in', ids), eb.and([eb('domain_id', 'in', domains), eb('name', 'in', names)])]),
    )
    .execute()
}

const unique = (all: readonly string[]): string[] => [...new Set(all)]

const partsOf = (wanted: readonly Named[]) => ({
  ids: unique(wanted.map(({ id }) => id)),
  names: unique(wanted.map(({ name }) => name)),
  domains: unique(wanted.map((one) => one.domain_id)),
})

export interface MemberRow {
  readonly group_id: string
  readonly user_id: string
}

/** Those of these pairs that are there, and maybe more. */
export const membersAmong = (db: DbOrTx, pairs: readonly MemberRow[]): Promise<MemberRow[]> =>
  pairs.length === 0
    ? Promise.resolve([])
    : db
        .selectFrom('group_members')
        .select(['group_id', 'user_id'])
        .where('group_id', 'in', unique(pairs.map((one) => one.group_id)))
        .where('user_id', 'in', unique(pairs.map((one) => one.user_id)))
        .execute()

/** Those of these rows that are there, and maybe more. */
export async function assignmentsAmong(db: DbOrTx, rows: readonly AssignmentRow[]): Promise<AssignmentRow[]> {
  if (rows.length === 0) return []
  const among = (table: 'role_assignments' | 'inherited_assignments') =>
    db
      .selectFrom(table)
      .selectAll()
      .where('role_id', 'in', unique(rows.map((one) => one.role_id)))
      .where('actor_id', 'in', unique(rows.map((one) => one.actor_id)))
      .where('target_id', 'in', unique(rows.map((one) => one.target_id)))
      .execute()
  const below = await among('inherited_assignments')
  return [...(await among('role_assignments')), ...below.map((row) => ({ ...row, inherited: true }))]
}

/** Throw the database's duplicate error, and then have inserted nothing of this call. */
export async function insertUsers(db: DbOrTx, rows: readonly Insertable<UsersTable>[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('users')
      .values([...rows])
      .execute()
}
export async function insertGroups(db: DbOrTx, rows: readonly Insertable<GroupsTable>[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('groups')
      .values([...rows])
      .execute()
}
export async function insertProjects(db: DbOrTx, rows: readonly Insertable<ProjectsTable>[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('projects')
      .values([...rows])
      .execute()
}
export async function insertMembers(db: DbOrTx, rows: readonly MemberRow[]): Promise<void> {
  if (rows.length > 0)
    await db
      .insertInto('group_members')
      .values([...rows])
      .execute()
}
export async function insertAssignments(db: DbOrTx, rows: readonly AssignmentRow[]): Promise<void> {
  const of = (isBelow: boolean) =>
    rows
      .filter(({ inherited }) => (inherited === true) === isBelow)
      .map(({ inherited: _itsTableSays, ...row }) => row)
  const [direct, below] = [of(false), of(true)]
  if (direct.length > 0) await db.insertInto('role_assignments').values(direct).execute()
  if (below.length > 0) await db.insertInto('inherited_assignments').values(below).execute()
}
