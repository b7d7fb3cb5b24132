/**
 * What share types and share group types have in common: key-value specs, and projects that may use private ones. Both keep them
 * in tables of the same shape; the id of the type is called differently in each.
 */
import { sql, type RawBuilder } from 'kysely'
import type { ExtraSpecs } from '../../model/extra-specs.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import type { Scope } from './scope.ts'

interface TypeTables {
  readonly types: 'share_types' | 'share_group_types'
  readonly specs: 'share_type_extra_specs' | 'share_group_type_specs'
  readonly projects: 'share_type_projects' | 'share_group_type_projects'
  /** Of the type, in the other two. */
  readonly id: 'share_type_id' | 'share_group_type_id'
}

export const shareTypeTables: TypeTables = {
  types: 'share_types',
  specs: 'share_type_extra_specs',
  projects: 'share_type_projects',
  id: 'share_type_id',
}
export const groupTypeTables: TypeTables = {
  types: 'share_group_types',
  specs: 'share_group_type_specs',
  projects: 'share_group_type_projects',
  id: 'share_group_type_id',
}

/** True for types that the scope may use: public ones, and those its project was given. */
export function isVisible(of: TypeTables, scope: Scope): RawBuilder<boolean> {
  if (scope.projectId === null) return sql<boolean>`1 = 1`
  const given = sql`select 1 from ${sql.table(of.projects)} given where given.${sql.ref(of.id)} = ${sql.ref(`${of.types}.id`)} and given.project_id = ${scope.projectId}`
  return sql<boolean>`(${sql.ref(`${of.types}.is_public`)} = 1 or exists (${given}))`
}

/** Type id → specs, in one statement; of all types without `ids`. */
export async function specsByType(
  db: DbOrTx,
  of: TypeTables,
  ids?: readonly string[],
): Promise<Map<string, ExtraSpecs>> {
  const rows = await specRows(db, of, ids)
  const byType = Map.groupBy(rows, (row) => row.type_id)
  return new Map(
    [...byType].map(([id, specs]) => [
      id,
      Object.fromEntries(specs.map((row) => [row.spec_key, row.spec_value])),
    ]),
  )
}

interface SpecRow {
  readonly type_id: string
  readonly spec_key: string
  readonly spec_value: string
}

function specRows(db: DbOrTx, of: TypeTables, ids?: readonly string[]): Promise<SpecRow[]> {
  let query = db
    .selectFrom(of.specs)
    .select([sql.ref<string>(of.id).as('type_id'), 'spec_key', 'spec_value'])
    .orderBy('spec_key')
  if (ids !== undefined) query = query.where(sql.ref<string>(of.id), 'in', ids)
  return query.execute()
}

/** Adds specs or replaces those of the same key. */
export async function writeSpecs(tx: Tx, of: TypeTables, typeId: string, specs: ExtraSpecs): Promise<void> {
  const entries = Object.entries(specs)
  if (entries.length === 0) return
  const keys = entries.map(([key]) => key)
  await tx
    .deleteFrom(of.specs)
    .where(sql.ref<string>(of.id), '=', typeId)
    .where('spec_key', 'in', keys)
    .execute()
  const rows = entries.map(([key, value]) => ({ [of.id]: typeId, spec_key: key, spec_value: value }))
  await tx
    .insertInto(of.specs)
    .values(rows as never)
    .execute()
}

/** False when the type has no such spec. */
export async function removeSpec(tx: Tx, of: TypeTables, typeId: string, key: string): Promise<boolean> {
  const gone = await tx
    .deleteFrom(of.specs)
    .where(sql.ref<string>(of.id), '=', typeId)
    .where('spec_key', '=', key)
    .executeTakeFirst()
  return gone.numDeletedRows > 0n
}

/** Projects that may use a private type. */
export async function projectsWith(db: DbOrTx, of: TypeTables, typeId: string): Promise<string[]> {
  const rows = await db
    .selectFrom(of.projects)
    .select('project_id')
    .where(sql.ref<string>(of.id), '=', typeId)
    .orderBy('project_id')
    .execute()
  return rows.map((row) => row.project_id)
}

/** The caller has made sure that the project does not have it yet. */
export async function giveProject(tx: Tx, of: TypeTables, typeId: string, projectId: string): Promise<void> {
  await tx
    .insertInto(of.projects)
    .values({ [of.id]: typeId, project_id: projectId } as never)
    .execute()
}

/** False when the project did not have it. */
export async function takeFromProject(
  tx: Tx,
  of: TypeTables,
  typeId: string,
  projectId: string,
): Promise<boolean> {
  const gone = await tx
    .deleteFrom(of.projects)
    .where(sql.ref<string>(of.id), '=', typeId)
    .where('project_id', '=', projectId)
    .executeTakeFirst()
  return gone.numDeletedRows > 0n
}

/**
 * Keeps the type from being deleted until the transaction ends (`hold`, beside all others that use it), or waits for everybody who
 * holds it and has it alone (`take`). False when it is gone.
 */
export async function lockType(tx: Tx, of: TypeTables, id: string, lock: 'hold' | 'take'): Promise<boolean> {
  const query = tx.selectFrom(of.types).select('id').where('id', '=', id)
  const row = await (lock === 'hold' ? query.forKeyShare() : query.forUpdate()).executeTakeFirst()
  return row !== undefined
}
