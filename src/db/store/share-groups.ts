/** Share groups as tenants see them, and what is in them. Their states change in `src/lifecycle/share-groups`. */
import { sql } from 'kysely'
import type { DbOrTx, ShareGroupsTable, SharesTable, Tx } from '../schema.ts'
import { filterRows, type GroupFilters } from './group-lists.ts'
import { paged, type Page } from './keyset.ts'
import type { Scope } from './scope.ts'

export type ShareGroupRow = ShareGroupsTable

/** A group with what its view needs from other tables. */
export interface ShareGroupListRow extends ShareGroupsTable {
  readonly zone_name: string | null
  readonly share_types: readonly string[]
}

/** Without the tenant's wall: for the services and for rows already checked. */
export async function groupById(db: DbOrTx, id: string): Promise<ShareGroupRow | undefined> {
  return db.selectFrom('share_groups').selectAll().where('id', '=', id).executeTakeFirst()
}

const inScope = (db: DbOrTx, scope: Scope, id: string) => {
  const query = db.selectFrom('share_groups').selectAll().where('id', '=', id)
  return scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)
}

export const groupInScope = (db: DbOrTx, scope: Scope, id: string): Promise<ShareGroupRow | undefined> =>
  inScope(db, scope, id).executeTakeFirst()

/** The group, whose turn the transaction has until its end: before its shares and their snapshots, in the order of all locks. */
export const takeGroupInScope = (tx: Tx, scope: Scope, id: string): Promise<ShareGroupRow | undefined> =>
  inScope(tx, scope, id).forUpdate().executeTakeFirst()

export async function groupForView(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<ShareGroupListRow | undefined> {
  return (await complete(db, await inScope(db, scope, id).execute()))[0]
}

/** One page in three queries. */
export async function listGroups(
  db: DbOrTx,
  scope: Scope,
  filters: GroupFilters,
  page: Page,
): Promise<ShareGroupListRow[]> {
  const query = filterRows(db.selectFrom('share_groups').selectAll(), 'share_groups', scope, filters)
  const anyState = () =>
    filterRows(db.selectFrom('share_groups').selectAll(), 'share_groups', scope, filters, 'whatever state')
  const from = {
    table: 'share_groups',
    resourceType: 'share_group',
    projectId: scope.projectId,
    whateverState: anyState,
  } as const
  return complete(db, await (await paged(db, query, from, page)).execute())
}

async function complete(db: DbOrTx, rows: readonly ShareGroupsTable[]): Promise<ShareGroupListRow[]> {
  if (rows.length === 0) return []
  const zones = await db.selectFrom('availability_zones').select(['id', 'name']).execute()
  const zoneNames = new Map(zones.map(({ id, name }) => [id, name]))
  const types = await typesOfGroups(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    ...row,
    zone_name: zoneNames.get(row.availability_zone_id ?? '') ?? null,
    share_types: types.get(row.id) ?? [],
  }))
}

/** Group id → ids of the share types that its shares may have. */
export async function typesOfGroups(db: DbOrTx, ids: readonly string[]): Promise<Map<string, string[]>> {
  const pairs = await db
    .selectFrom('share_group_share_types')
    .selectAll()
    .where('share_group_id', 'in', ids)
    .orderBy('share_type_id')
    .execute()
  const byGroup = Map.groupBy(pairs, (row) => row.share_group_id)
  return new Map([...byGroup].map(([id, of]) => [id, of.map((pair) => pair.share_type_id)]))
}

export async function insertTypesOfGroup(tx: Tx, groupId: string, typeIds: readonly string[]): Promise<void> {
  const pairs = [...new Set(typeIds)].map((id) => ({ share_group_id: groupId, share_type_id: id }))
  if (pairs.length > 0) await tx.insertInto('share_group_share_types').values(pairs).execute()
}

/** Name and description. */
export async function updateGroupColumns(
  tx: Tx,
  id: string,
  columns: Partial<Pick<ShareGroupsTable, 'name' | 'description' | 'updated_at'>>,
): Promise<void> {
  await tx.updateTable('share_groups').set(columns).where('id', '=', id).execute()
}

/** Shares of the group, oldest first; those in the recycle bin too. */
export async function sharesOfGroup(db: DbOrTx, groupId: string): Promise<SharesTable[]> {
  return db
    .selectFrom('shares')
    .selectAll()
    .where('share_group_id', '=', groupId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** How much is in the group. */
export async function contentsOfGroup(
  db: DbOrTx,
  groupId: string,
): Promise<{ shares: number; snapshots: number }> {
  const { rows } = await sql<{ what: string; count: number | string | bigint }>`
    select 'shares' as what, count(*) as count from shares where share_group_id = ${groupId}
    union all select 'snapshots', count(*) from share_group_snapshots where share_group_id = ${groupId}
  `.execute(db)
  const count = (what: string): number => Number(rows.find((row) => row.what === what)?.count ?? 0)
  return { shares: count('shares'), snapshots: count('snapshots') }
}

export async function forgetTypesOfGroup(tx: Tx, groupId: string): Promise<void> {
  await tx.deleteFrom('share_group_share_types').where('share_group_id', '=', groupId).execute()
}
