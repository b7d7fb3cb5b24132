/**
 * Share types with their extra specs and the projects that may use private ones. Functions that a tenant's request
 * reaches take its {@link Scope}: a private type that the project was not given is not there.
 */
import type { ExpressionBuilder, SelectQueryBuilder } from 'kysely'
import type { ExtraSpecs, PlacedType } from '../../model/extra-specs.ts'
import type { Payer } from '../../model/quota-lines.ts'
import type { Value } from '../prepared.ts'
import type { Database, DbOrTx, ShareTypesTable, Stamp, Tx } from '../schema.ts'
import { ofShape } from '../shapes.ts'
import { limitColumns, limitsWereRead } from './quota-room.ts'
import type { Scope } from './scope.ts'
import {
  giveProject,
  isVisible,
  lockType,
  projectsWith,
  removeSpec,
  shareTypeTables,
  specsByType,
  takeFromProject,
  writeSpecs,
} from './type-parts.ts'

/** A type's row and its specs. */
export interface ShareType extends ShareTypesTable {
  readonly extra_specs: ExtraSpecs
}

/** The type with this id, if `scope` may see it. */
export async function typeById(db: DbOrTx, scope: Scope, id: string): Promise<ShareType | undefined> {
  const rows = await typesWithSpecs(db, scope).where('share_types.id', '=', id).execute()
  return rows.map(withSpecs)[0]
}

/** Whatever project may use it; null without an id, or when it is gone. */
export async function placedType(db: DbOrTx, id: string | null): Promise<PlacedType | null> {
  const type = id === null ? undefined : await typeById(db, { projectId: null }, id)
  return type === undefined ? null : { id: type.id, name: type.name, extraSpecs: type.extra_specs }
}

/** The type of this name, if `scope` may see it. */
export async function typeByName(db: DbOrTx, scope: Scope, name: string): Promise<ShareType | undefined> {
  const rows = await typesWithSpecs(db, scope).where('share_types.name', '=', name).execute()
  return rows.map(withSpecs)[0]
}

/** What a request calls a type: an id, or else a name. */
export const resolveType = (db: DbOrTx, scope: Scope, nameOrId: string): Promise<ShareType | undefined> =>
  resolved(typesWithSpecs(db, scope), nameOrId)

/**
 * The same for a share that `payer` is to have: the type is there until the transaction ends ({@link holdType}), and the limits that
 * hold for the share come along and are not read again in it.
 */
export async function typeAndLimits(
  tx: Tx,
  scope: Scope,
  payer: Omit<Payer, 'shareTypeId'>,
  nameOrId: string,
): Promise<ShareType | undefined> {
  const { projectId } = scope
  const values = [nameOrId, payer.projectId, payer.userId, ...(projectId === null ? [] : [projectId])]
  const whose = projectId === null ? 'any' : 'visible'
  const { rows } = await ofShape(tx, `${whose} type and limits`, values, (called, paying, user, seeing) =>
    typesWithSpecs(tx, { projectId: projectId === null ? null : (seeing as string) })
      .select((eb) => limitColumns(eb, paying as Value, user as Value))
      .where(isCalled(called as string))
      .forKeyShare(),
  )
  const found = theOneMeant(rows, nameOrId)
  if (found === undefined) return undefined
  const { own_limits, class_limits, ...type } = found
  limitsWereRead(tx, { ...payer, shareTypeId: type.id }, { own_limits, class_limits })
  return withSpecs(type)
}

async function resolved(
  types: ReturnType<typeof typesWithSpecs>,
  nameOrId: string,
): Promise<ShareType | undefined> {
  const found = theOneMeant(await types.where(isCalled(nameOrId)).execute(), nameOrId)
  return found === undefined ? undefined : withSpecs(found)
}

const isCalled = (nameOrId: string) => (eb: ExpressionBuilder<Database, 'share_types'>) =>
  eb.or([eb('share_types.id', '=', nameOrId), eb('share_types.name', '=', nameOrId)])

const theOneMeant = <Row extends { readonly id: string }>(
  rows: readonly Row[],
  nameOrId: string,
): Row | undefined => rows.find(({ id }) => id === nameOrId) ?? rows[0]

/** With its specs as one JSON object; null where it has none. */
const typesWithSpecs = (db: DbOrTx, scope: Scope) =>
  visibleTypes(db, scope).select((eb) =>
    eb
      .selectFrom('share_type_extra_specs')
      .select((inner) => inner.fn<string | null>('json_object_of', ['spec_key', 'spec_value']).as('specs'))
      .whereRef('share_type_extra_specs.share_type_id', '=', 'share_types.id')
      .as('specs'),
  )

function withSpecs({ specs, ...row }: ShareTypesTable & { readonly specs: string | null }): ShareType {
  const parsed = Object.entries(JSON.parse(specs ?? '{}') as Record<string, string>)
  return { ...row, extra_specs: Object.fromEntries(parsed.toSorted(([a], [b]) => (a < b ? -1 : 1))) }
}

/**
 * The type of requests that name none (`[shares] default_share_type`, name or id); undefined when none is configured or
 * it does not exist. The default is everybody's, even while it is private.
 */
export async function defaultType(
  db: DbOrTx,
  configured: string,
  find = (scope: Scope, called: string): Promise<ShareType | undefined> => resolveType(db, scope, called),
): Promise<ShareType | undefined> {
  return configured === '' ? undefined : find({ projectId: null }, configured)
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

/** Keeps the type from being deleted until the transaction ends, beside all others that use it; false when it is gone. */
export const holdType = (tx: Tx, id: string): Promise<boolean> => lockType(tx, shareTypeTables, id, 'hold')

/** Waits for everybody who holds the type, and has it alone until the transaction ends; false when it is gone. */
export const takeType = (tx: Tx, id: string): Promise<boolean> => lockType(tx, shareTypeTables, id, 'take')

/** Takes along its specs, its project list and the quotas that were set or counted for it. */
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
export const putSpecs = (tx: Tx, typeId: string, specs: ExtraSpecs): Promise<void> =>
  writeSpecs(tx, shareTypeTables, typeId, specs)

/** False when the type has no such spec. */
export const deleteSpec = (tx: Tx, typeId: string, key: string): Promise<boolean> =>
  removeSpec(tx, shareTypeTables, typeId, key)

/** Projects that may use a private type. */
export const projectsOfType = (db: DbOrTx, typeId: string): Promise<string[]> =>
  projectsWith(db, shareTypeTables, typeId)

/** The caller has made sure that the project does not have it yet. */
export const allowProject = (tx: Tx, typeId: string, projectId: string): Promise<void> =>
  giveProject(tx, shareTypeTables, typeId, projectId)

/** False when the project did not have it. */
export const disallowProject = (tx: Tx, typeId: string, projectId: string): Promise<boolean> =>
  takeFromProject(tx, shareTypeTables, typeId, projectId)

/** The types that the scope may see. */
export function visibleTypes(
  db: DbOrTx,
  scope: Scope,
): SelectQueryBuilder<Database, 'share_types', ShareTypesTable> {
  return db.selectFrom('share_types').selectAll().where(isVisible(shareTypeTables, scope))
}

/** Type id → specs, in one statement; of all types without `ids`. */
export const specsOf = (db: DbOrTx, ids?: readonly string[]): Promise<Map<string, ExtraSpecs>> =>
  specsByType(db, shareTypeTables, ids)

/** Whether there is one at all. */
export async function anyType(db: DbOrTx): Promise<boolean> {
  return (await db.selectFrom('share_types').select('id').limit(1).executeTakeFirst()) !== undefined
}
