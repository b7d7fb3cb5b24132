/**
 * Share group types with their specs, the share types that a group of theirs may have, and the projects that may use private
 * ones. Functions that a tenant's request reaches take its {@link Scope}: a private type that the project was not given is not there.
 */
import type { ExtraSpecs } from '../../model/extra-specs.ts'
import type { DbOrTx, ShareGroupTypesTable, Tx } from '../schema.ts'
import type { Scope } from './scope.ts'
import {
  giveProject,
  groupTypeTables,
  isVisible,
  lockType,
  projectsWith,
  removeSpec,
  specsByType,
  takeFromProject,
  writeSpecs,
} from './type-parts.ts'

/** A type's row, its specs and the ids of its share types. */
export interface ShareGroupType extends ShareGroupTypesTable {
  readonly group_specs: ExtraSpecs
  readonly share_types: readonly string[]
}

const visible = (db: DbOrTx, scope: Scope) =>
  db.selectFrom('share_group_types').selectAll().where(isVisible(groupTypeTables, scope))

/** The type with this id, if `scope` may see it. */
export async function groupTypeById(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<ShareGroupType | undefined> {
  return (await complete(db, await visible(db, scope).where('id', '=', id).execute()))[0]
}

/** The type of this name, if `scope` may see it. */
export async function groupTypeByName(
  db: DbOrTx,
  scope: Scope,
  name: string,
): Promise<ShareGroupType | undefined> {
  return (await complete(db, await visible(db, scope).where('name', '=', name).execute()))[0]
}

/**
 * The type of requests that name none (`[shares] default_share_group_type`, name or id); undefined when none is configured or it
 * does not exist. The default is everybody's, even while it is private.
 */
export async function defaultGroupType(db: DbOrTx, configured: string): Promise<ShareGroupType | undefined> {
  if (configured === '') return undefined
  const all = { projectId: null }
  return (await groupTypeById(db, all, configured)) ?? (await groupTypeByName(db, all, configured))
}

/** All types `scope` may see, oldest first. `isPublic` null = both kinds. */
export async function listGroupTypes(
  db: DbOrTx,
  scope: Scope,
  { isPublic }: { readonly isPublic: boolean | null },
): Promise<ShareGroupType[]> {
  let query = visible(db, scope).orderBy('created_at').orderBy('id')
  if (isPublic !== null) query = query.where('is_public', '=', isPublic ? 1 : 0)
  return complete(db, await query.execute())
}

async function complete(db: DbOrTx, rows: readonly ShareGroupTypesTable[]): Promise<ShareGroupType[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const specs = await specsByType(db, groupTypeTables, ids)
  const pairs = await db
    .selectFrom('share_group_type_share_types')
    .selectAll()
    .where('share_group_type_id', 'in', ids)
    .orderBy('share_type_id')
    .execute()
  const types = Map.groupBy(pairs, (row) => row.share_group_type_id)
  return rows.map((row) => ({
    ...row,
    group_specs: specs.get(row.id) ?? {},
    share_types: (types.get(row.id) ?? []).map((pair) => pair.share_type_id),
  }))
}

/** The caller has made sure that the name is free; a lost race breaks the unique key. */
export async function insertGroupType(tx: Tx, type: ShareGroupType): Promise<void> {
  const { group_specs: specs, share_types: types, ...row } = type
  await tx.insertInto('share_group_types').values(row).execute()
  await putGroupSpecs(tx, type.id, specs)
  const pairs = types.map((id) => ({ share_group_type_id: type.id, share_type_id: id }))
  if (pairs.length > 0) await tx.insertInto('share_group_type_share_types').values(pairs).execute()
}

/** Takes along its specs, its share types and its project list. */
export async function deleteGroupType(tx: Tx, id: string): Promise<void> {
  for (const table of [
    'share_group_type_specs',
    'share_group_type_share_types',
    'share_group_type_projects',
  ] as const)
    await tx.deleteFrom(table).where('share_group_type_id', '=', id).execute()
  await tx.deleteFrom('share_group_types').where('id', '=', id).execute()
}

/** True while a share group is of it. */
export async function groupTypeInUse(db: DbOrTx, id: string): Promise<boolean> {
  const row = await db
    .selectFrom('share_groups')
    .select('id')
    .where('share_group_type_id', '=', id)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** See `lockType`: held by those who make groups of it, taken by whoever deletes it. */
export const holdGroupType = (tx: Tx, id: string): Promise<boolean> =>
  lockType(tx, groupTypeTables, id, 'hold')
export const takeGroupType = (tx: Tx, id: string): Promise<boolean> =>
  lockType(tx, groupTypeTables, id, 'take')

/** Adds specs or replaces those of the same key. */
export const putGroupSpecs = (tx: Tx, typeId: string, specs: ExtraSpecs): Promise<void> =>
  writeSpecs(tx, groupTypeTables, typeId, specs)

/** False when the type has no such spec. */
export const deleteGroupSpec = (tx: Tx, typeId: string, key: string): Promise<boolean> =>
  removeSpec(tx, groupTypeTables, typeId, key)

/** Projects that may use a private type. */
export const projectsOfGroupType = (db: DbOrTx, typeId: string): Promise<string[]> =>
  projectsWith(db, groupTypeTables, typeId)

/** The caller has made sure that the project does not have it yet. */
export const allowGroupProject = (tx: Tx, typeId: string, projectId: string): Promise<void> =>
  giveProject(tx, groupTypeTables, typeId, projectId)

/** False when the project did not have it. */
export const disallowGroupProject = (tx: Tx, typeId: string, projectId: string): Promise<boolean> =>
  takeFromProject(tx, groupTypeTables, typeId, projectId)
