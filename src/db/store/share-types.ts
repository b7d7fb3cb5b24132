/**
 * Share types with their extra specs and the projects that may use private ones. Functions that a tenant's request
 * reaches take its {@link Scope}: a private type that the project was not given is not there.
 */
import type { SelectQueryBuilder } from 'kysely'
import type { ExtraSpecs } from '../../model/extra-specs.ts'
import type { Database, DbOrTx, ShareTypesTable, Stamp, Tx } from '../schema.ts'
import type { Scope } from './scope.ts'

/** A type's row and its specs. */
export interface ShareType extends ShareTypesTable {
  readonly extra_specs: ExtraSpecs
}

/** The type with this id, if `scope` may see it. */
export async function typeById(db: DbOrTx, scope: Scope, id: string): Promise<ShareType | undefined> {
  return withSpecs(db, await visibleTypes(db, scope).where('share_types.id', '=', id).executeTakeFirst())
}

/** The type of this name, if `scope` may see it. */
export async function typeByName(db: DbOrTx, scope: Scope, name: string): Promise<ShareType | undefined> {
  return withSpecs(db, await visibleTypes(db, scope).where('share_types.name', '=', name).executeTakeFirst())
}

/** What a request calls a type: an id, or else a name. */
export async function resolveType(
  db: DbOrTx,
  scope: Scope,
  nameOrId: string,
): Promise<ShareType | undefined> {
  return (await typeById(db, scope, nameOrId)) ?? (await typeByName(db, scope, nameOrId))
}

/**
 * The type of requests that name none (`[shares] default_share_type`, name or id); undefined when none is configured or
 * it does not exist. The default is everybody's, even while it is private.
 */
export async function defaultType(db: DbOrTx, configured: string): Promise<ShareType | undefined> {
  return configured === '' ? undefined : resolveType(db, { projectId: null }, configured)
}

/** Specs of one type; empty for an unknown one. */
export async function extraSpecs(db: DbOrTx, typeId: string): Promise<ExtraSpecs> {
  return (await specsOf(db, [typeId])).get(typeId) ?? {}
}

/** Id → name, for views of rows that keep only the id. */
export async function typeNames(
  db: DbOrTx,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, string>> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  if (wanted.length === 0) return new Map()
  const rows = await db.selectFrom('share_types').select(['id', 'name']).where('id', 'in', wanted).execute()
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** All types `scope` may see, oldest first. `isPublic` null = both kinds. */
export async function listTypes(
  db: DbOrTx,
  scope: Scope,
  { isPublic }: { readonly isPublic: boolean | null },
): Promise<ShareType[]> {
  let query = visibleTypes(db, scope).orderBy('share_types.created_at').orderBy('share_types.id')
  if (isPublic !== null) query = query.where('is_public', '=', isPublic ? 1 : 0)
  const rows = await query.execute()
  const specs = await specsOf(db)
  return rows.map((row) => ({ ...row, extra_specs: specs.get(row.id) ?? {} }))
}

/** The caller has made sure that the name is free; a lost race breaks the unique key. */
export async function insertType(tx: Tx, type: ShareType): Promise<void> {
  const { extra_specs: specs, ...row } = type
  await tx.insertInto('share_types').values(row).execute()
  await putSpecs(tx, type.id, specs)
}

export async function updateType(
  tx: Tx,
  id: string,
  columns: Partial<Pick<ShareTypesTable, 'name' | 'description' | 'is_public'>> & { updated_at: Stamp },
): Promise<void> {
  await tx.updateTable('share_types').set(columns).where('id', '=', id).execute()
}

/** Takes along its specs, its project list and the quotas that were set or counted for it. */
/** Keeps the type from being deleted until the transaction ends, beside all others that use it; false when it is gone. */
export async function holdType(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('share_types')
    .select('id')
    .where('id', '=', id)
    .forKeyShare()
    .executeTakeFirst()
  return row !== undefined
}

/** Waits for everybody who holds the type, and has it alone until the transaction ends; false when it is gone. */
export async function takeType(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('share_types')
    .select('id')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

export async function deleteType(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('share_type_extra_specs').where('share_type_id', '=', id).execute()
  await tx.deleteFrom('share_type_projects').where('share_type_id', '=', id).execute()
  for (const table of ['quota_limits', 'quota_usages'] as const) {
    await tx.deleteFrom(table).where('scope', '=', 'share_type').where('scope_id', '=', id).execute()
  }
  await tx.deleteFrom('share_types').where('id', '=', id).execute()
}

/** True while a share instance, a share group or a share group type names it. */
export async function typeInUse(db: DbOrTx, id: string): Promise<boolean> {
  for (const table of [
    'share_instances',
    'share_group_type_share_types',
    'share_group_share_types',
  ] as const) {
    const row = await db
      .selectFrom(table)
      .select('share_type_id')
      .where('share_type_id', '=', id)
      .limit(1)
      .executeTakeFirst()
    if (row !== undefined) return true
  }
  return false
}

/** Adds specs or replaces those of the same key. */
export async function putSpecs(tx: Tx, typeId: string, specs: ExtraSpecs): Promise<void> {
  const entries = Object.entries(specs)
  if (entries.length === 0) return
  await tx
    .deleteFrom('share_type_extra_specs')
    .where('share_type_id', '=', typeId)
    .where(
      'spec_key',
      'in',
      entries.map(([key]) => key),
    )
    .execute()
  await tx
    .insertInto('share_type_extra_specs')
    .values(entries.map(([key, value]) => ({ share_type_id: typeId, spec_key: key, spec_value: value })))
    .execute()
}

/** False when the type has no such spec. */
export async function deleteSpec(tx: Tx, typeId: string, key: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom('share_type_extra_specs')
    .where('share_type_id', '=', typeId)
    .where('spec_key', '=', key)
    .executeTakeFirst()
  return gone.numDeletedRows > 0n
}

/** Projects that may use a private type. */
export async function projectsOfType(db: DbOrTx, typeId: string): Promise<string[]> {
  const rows = await db
    .selectFrom('share_type_projects')
    .select('project_id')
    .where('share_type_id', '=', typeId)
    .orderBy('project_id')
    .execute()
  return rows.map((row) => row.project_id)
}

/** The caller has made sure that the project does not have it yet. */
export async function allowProject(tx: Tx, typeId: string, projectId: string): Promise<void> {
  await tx
    .insertInto('share_type_projects')
    .values({ share_type_id: typeId, project_id: projectId })
    .execute()
}

/** False when the project did not have it. */
export async function disallowProject(tx: Tx, typeId: string, projectId: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom('share_type_projects')
    .where('share_type_id', '=', typeId)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return gone.numDeletedRows > 0n
}

/** The types that the scope may see. */
export function visibleTypes(
  db: DbOrTx,
  scope: Scope,
): SelectQueryBuilder<Database, 'share_types', ShareTypesTable> {
  const query = db.selectFrom('share_types').selectAll()
  const { projectId } = scope
  if (projectId === null) return query
  return query.where((eb) =>
    eb.or([
      eb('share_types.is_public', '=', 1),
      eb.exists(
        eb
          .selectFrom('share_type_projects')
          .select('share_type_projects.share_type_id')
          .whereRef('share_type_projects.share_type_id', '=', 'share_types.id')
          .where('share_type_projects.project_id', '=', projectId),
      ),
    ]),
  )
}

async function withSpecs(db: DbOrTx, row: ShareTypesTable | undefined): Promise<ShareType | undefined> {
  return row === undefined ? undefined : { ...row, extra_specs: await extraSpecs(db, row.id) }
}

/** Type id → specs, in one statement; of all types without `ids`. */
export async function specsOf(db: DbOrTx, ids?: readonly string[]): Promise<Map<string, ExtraSpecs>> {
  let query = db.selectFrom('share_type_extra_specs').selectAll().orderBy('spec_key')
  if (ids !== undefined) query = query.where('share_type_id', 'in', ids)
  const byType = Map.groupBy(await query.execute(), (row) => row.share_type_id)
  return new Map(
    [...byType].map(([id, rows]) => [
      id,
      Object.fromEntries(rows.map((row) => [row.spec_key, row.spec_value])),
    ]),
  )
}

/** Whether there is one at all. */
export async function anyType(db: DbOrTx): Promise<boolean> {
  return (await db.selectFrom('share_types').select('id').limit(1).executeTakeFirst()) !== undefined
}
