/**
 * Domains, projects, users and groups of the database backend. Only reads and writes: who may and what must hold is
 * decided in `auth/`. Lists are ordered by name, then id, and cut at `limit`.
 */
import { sql, type Insertable, type RawBuilder, type Selectable, type Updateable } from 'kysely'
import type {
  DbOrTx,
  DomainsTable,
  Flag,
  GroupsTable,
  ProjectsTable,
  Stamp,
  Tx,
  UsersTable,
} from '../schema.ts'
import { forgetPasswords } from './password-facts.ts'
import { byName, type NamedFilter, type NamedRef } from './names.ts'
import { withTags, type TagFilter } from './project-tags.ts'
import { deleteAssignmentsOf } from './roles.ts'

export type DomainRow = Selectable<DomainsTable>
export type ProjectRow = Selectable<ProjectsTable>
export type UserRow = Selectable<UsersTable>
export type GroupRow = Selectable<GroupsTable>

// ----------------------------------------------------------------------------------------------------------- domains

export async function findDomain(
  db: DbOrTx,
  ref: { readonly id: string } | { readonly name: string },
): Promise<DomainRow | null> {
  const query = db.selectFrom('domains').selectAll()
  const row = await ('id' in ref ? query.where('id', '=', ref.id) : query.where('name', '=', ref.name))
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

export interface DomainFilter extends NamedFilter {
  readonly enabled?: Flag
  readonly ids?: readonly string[]
}

export function listDomains(db: DbOrTx, filter: DomainFilter): Promise<DomainRow[]> {
  if (filter.ids?.length === 0) return Promise.resolve([])
  let query = db.selectFrom('domains').selectAll()
  if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled)
  if (filter.ids !== undefined) query = query.where('id', 'in', filter.ids)
  return byName(query, filter).execute()
}

export async function insertDomain(db: DbOrTx, row: Insertable<DomainsTable>): Promise<void> {
  await db.insertInto('domains').values(row).execute()
}

export async function updateDomain(db: DbOrTx, id: string, set: Updateable<DomainsTable>): Promise<void> {
  await db.updateTable('domains').set(set).where('id', '=', id).execute()
}

/** The domain with its users and groups, and all that is of these. It has no projects any more. */
export async function deleteDomain(tx: Tx, id: string): Promise<void> {
  // Users and groups of a directory have no rows but those that keep their ids.
  for (const table of ['users', 'groups', 'directory_ids'] as const) {
    const actors = tx.selectFrom(table).select('id').where('domain_id', '=', id)
    await tx.deleteFrom('role_assignments').where('actor_id', 'in', actors).execute()
    await tx.deleteFrom('inherited_assignments').where('actor_id', 'in', actors).execute()
    await tx.deleteFrom('application_credentials').where('user_id', 'in', actors).execute()
    await tx.deleteFrom('credential_rules').where('user_id', 'in', actors).execute()
    await tx.deleteFrom('password_facts').where('user_id', 'in', actors).execute()
    await tx.deleteFrom('old_passwords').where('user_id', 'in', actors).execute()
    await tx.deleteFrom('group_members').where('user_id', 'in', actors).execute()
    await tx.deleteFrom('group_members').where('group_id', 'in', actors).execute()
  }
  await deleteAssignmentsOf(tx, { type: 'domain', id })
  await tx.deleteFrom('users').where('domain_id', '=', id).execute()
  await tx.deleteFrom('groups').where('domain_id', '=', id).execute()
  await tx.deleteFrom('directory_ids').where('domain_id', '=', id).execute()
  await tx.deleteFrom('domains').where('id', '=', id).execute()
}

// ---------------------------------------------------------------------------------------------------------- projects

export async function findProject(db: DbOrTx, ref: NamedRef): Promise<ProjectRow | null> {
  const query = db.selectFrom('projects').selectAll()
  const one =
    'id' in ref
      ? query.where('id', '=', ref.id)
      : query.where('domain_id', '=', ref.domainId).where('name', '=', ref.name)
  return (await one.limit(1).executeTakeFirst()) ?? null
}

export interface ProjectFilter extends NamedFilter, TagFilter {
  readonly domainId?: string
  /** Of any of these; an empty list matches nothing. */
  readonly domainIds?: readonly string[]
  readonly parentId?: string
  /** Below any of these; an empty list matches nothing. */
  readonly parentIds?: readonly string[]
  readonly enabled?: Flag
  readonly ids?: readonly string[]
}

export function listProjects(db: DbOrTx, filter: ProjectFilter): Promise<ProjectRow[]> {
  const { ids, domainIds, parentIds } = filter
  if ([ids, domainIds, parentIds].some((list) => list?.length === 0)) return Promise.resolve([])
  let query = db.selectFrom('projects').selectAll()
  if (filter.domainId !== undefined) query = query.where('domain_id', '=', filter.domainId)
  if (domainIds !== undefined) query = query.where('domain_id', 'in', domainIds)
  if (filter.parentId !== undefined) query = query.where('parent_id', '=', filter.parentId)
  if (parentIds !== undefined) query = query.where('parent_id', 'in', parentIds)
  if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled)
  if (ids !== undefined) query = query.where('id', 'in', ids)
  return byName(withTags(query, filter), filter).execute()
}

export async function insertProject(db: DbOrTx, row: Insertable<ProjectsTable>): Promise<void> {
  await db.insertInto('projects').values(row).execute()
}

export async function updateProject(db: DbOrTx, id: string, set: Updateable<ProjectsTable>): Promise<void> {
  await db.updateTable('projects').set(set).where('id', '=', id).execute()
}

/** The project with its tags, role assignments and application credentials. */
export async function deleteProject(tx: Tx, id: string): Promise<void> {
  await deleteAssignmentsOf(tx, { type: 'project', id })
  await tx.deleteFrom('project_tags').where('project_id', '=', id).execute()
  await tx.deleteFrom('application_credentials').where('project_id', '=', id).execute()
  await tx
    .updateTable('users')
    .set({ default_project_id: null })
    .where('default_project_id', '=', id)
    .execute()
  await tx.deleteFrom('projects').where('id', '=', id).execute()
}

// ------------------------------------------------------------------------------------------------------------- users

export async function findUser(db: DbOrTx, ref: NamedRef): Promise<UserRow | null> {
  const query = db.selectFrom('users').selectAll()
  const one =
    'id' in ref
      ? query.where('id', '=', ref.id)
      : query.where('domain_id', '=', ref.domainId).where('name', '=', ref.name)
  return (await one.limit(1).executeTakeFirst()) ?? null
}

export interface ActorFilter extends NamedFilter {
  readonly domainId?: string
  readonly enabled?: Flag
  readonly ids?: readonly string[]
}

export function listUsers(db: DbOrTx, filter: ActorFilter): Promise<UserRow[]> {
  let query = db.selectFrom('users').selectAll()
  if (filter.domainId !== undefined) query = query.where('domain_id', '=', filter.domainId)
  if (filter.enabled !== undefined) query = query.where('enabled', '=', filter.enabled)
  if (filter.ids !== undefined) {
    if (filter.ids.length === 0) return Promise.resolve([])
    query = query.where('id', 'in', filter.ids)
  }
  return byName(query, filter).execute()
}

export async function insertUser(db: DbOrTx, row: Insertable<UsersTable>): Promise<void> {
  await db.insertInto('users').values(row).execute()
}

/** `tokens_valid_after` is {@link nextGeneration} or absent. */
type UserChange = Omit<Updateable<UsersTable>, 'id' | 'tokens_valid_after'> & {
  readonly tokens_valid_after?: RawBuilder<number>
}

/** A no-op without anything to set. */
export async function updateUser(db: DbOrTx, id: string, set: UserChange): Promise<void> {
  if (Object.keys(set).length === 0) return
  await db.updateTable('users').set(set).where('id', '=', id).execute()
}

/** The same while its `tokens_valid_after` is still `generation`; false when it is not, or the user is gone. */
export async function updateUserOf(
  db: DbOrTx,
  id: string,
  generation: Stamp,
  set: UserChange,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set(set)
    .where('id', '=', id)
    .where('tokens_valid_after', '=', generation)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Writes the same password with another hash; false when it is not `before` any more. Tokens live on. */
export async function replaceHash(
  db: DbOrTx,
  id: string,
  hashes: { readonly before: string; readonly after: string },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('users')
    .set({ password_hash: hashes.after })
    .where('id', '=', id)
    .where('password_hash', '=', hashes.before)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Hashes of other parameters than those `usual` begins with, some of them. Reads every user. */
export async function unusualHashes(db: DbOrTx, usual: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom('users')
    .select('password_hash')
    .where('password_hash', 'not like', `${usual}%`)
    .limit(limit)
    .execute()
  return rows.flatMap(({ password_hash: hash }) => (hash === null ? [] : [hash]))
}

/** For `tokens_valid_after`: unlike any earlier one, whatever the clocks of other nodes said and whoever writes meanwhile. */
export const nextGeneration = (now: Stamp): RawBuilder<number> => {
  const before = sql.ref('tokens_valid_after')
  return sql<number>`case when ${before} >= ${now} then ${before} + 1 else ${now} end`
}

/** The user with memberships, role assignments, application credentials and their rules. */
export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('group_members').where('user_id', '=', id).execute()
  await deleteAssignmentsOf(tx, { type: 'user', id })
  await tx.deleteFrom('credential_rules').where('user_id', '=', id).execute()
  await tx.deleteFrom('application_credentials').where('user_id', '=', id).execute()
  await forgetPasswords(tx, id)
  await tx.deleteFrom('users').where('id', '=', id).execute()
}

// ------------------------------------------------------------------------------------------------------------ groups

export async function findGroup(db: DbOrTx, ref: NamedRef): Promise<GroupRow | null> {
  const query = db.selectFrom('groups').selectAll()
  const one =
    'id' in ref
      ? query.where('id', '=', ref.id)
      : query.where('domain_id', '=', ref.domainId).where('name', '=', ref.name)
  return (await one.limit(1).executeTakeFirst()) ?? null
}

export function listGroups(db: DbOrTx, filter: ActorFilter): Promise<GroupRow[]> {
  let query = db.selectFrom('groups').selectAll()
  if (filter.domainId !== undefined) query = query.where('domain_id', '=', filter.domainId)
  if (filter.ids !== undefined) {
    if (filter.ids.length === 0) return Promise.resolve([])
    query = query.where('id', 'in', filter.ids)
  }
  return byName(query, filter).execute()
}

export async function insertGroup(db: DbOrTx, row: Insertable<GroupsTable>): Promise<void> {
  await db.insertInto('groups').values(row).execute()
}

export async function updateGroup(db: DbOrTx, id: string, set: Updateable<GroupsTable>): Promise<void> {
  await db.updateTable('groups').set(set).where('id', '=', id).execute()
}

/** The group with its memberships and role assignments. */
export async function deleteGroup(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('group_members').where('group_id', '=', id).execute()
  await deleteAssignmentsOf(tx, { type: 'group', id })
  await tx.deleteFrom('groups').where('id', '=', id).execute()
}

export async function groupIdsOf(db: DbOrTx, userId: string): Promise<string[]> {
  const rows = await db.selectFrom('group_members').select('group_id').where('user_id', '=', userId).execute()
  return rows.map((row) => row.group_id)
}

export async function memberIdsOf(db: DbOrTx, groupId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('group_members')
    .select('user_id')
    .where('group_id', '=', groupId)
    .execute()
  return rows.map((row) => row.user_id)
}

/** Throws the database's duplicate error when the user is a member already. */
export async function addMember(db: DbOrTx, groupId: string, userId: string): Promise<void> {
  await db.insertInto('group_members').values({ group_id: groupId, user_id: userId }).execute()
}

/** False when the user was no member. */
export async function removeMember(db: DbOrTx, groupId: string, userId: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('group_members')
    .where('group_id', '=', groupId)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
