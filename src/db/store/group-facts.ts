/**
 * What decides about many share groups, group snapshots or group types at once: for each kind one statement, whatever the number of ids.
 * The walls are those of the functions that find one of them.
 */
import { sql } from 'kysely'
import type {
  DbOrTx,
  ShareGroupSnapshotsTable,
  ShareGroupsTable,
  ShareGroupTypesTable,
  SharesTable,
} from '../schema.ts'
import type { Scope } from './scope.ts'
import { groupTypeTables, isVisible } from './type-parts.ts'

type Ids = readonly string[]

export function groupsInScope(db: DbOrTx, scope: Scope, ids: Ids): Promise<ShareGroupsTable[]> {
  const query = db.selectFrom('share_groups').selectAll().where('id', 'in', ids)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

export function groupSnapshotsInScope(
  db: DbOrTx,
  scope: Scope,
  ids: Ids,
): Promise<ShareGroupSnapshotsTable[]> {
  const query = db.selectFrom('share_group_snapshots').selectAll().where('id', 'in', ids)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

export const groupTypesInScope = (db: DbOrTx, scope: Scope, ids: Ids): Promise<ShareGroupTypesTable[]> =>
  db
    .selectFrom('share_group_types')
    .selectAll()
    .where(isVisible(groupTypeTables, scope))
    .where('id', 'in', ids)
    .execute()

/** The shares of these groups, as `sharesOfGroup` lists those of one. */
export const sharesOfGroups = (db: DbOrTx, groupIds: Ids): Promise<SharesTable[]> =>
  db
    .selectFrom('shares')
    .selectAll()
    .where('share_group_id', 'in', groupIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute()

/** How many group snapshots each of these groups has. */
export const snapshotsOfGroups = (db: DbOrTx, groupIds: Ids): Promise<(id: string) => number> =>
  counts(
    db,
    sql`
    select share_group_id as id, count(*) as count from share_group_snapshots
    where share_group_id in (${sql.join(groupIds)}) group by share_group_id
  `,
  )

/** As `groupsBeingMadeFrom` counts them for one group snapshot. */
export const groupsBeingMadeFromEach = (db: DbOrTx, snapshotIds: Ids): Promise<(id: string) => number> =>
  counts(
    db,
    sql`
    select source_share_group_snapshot_id as id, count(*) as count from share_groups
    where source_share_group_snapshot_id in (${sql.join(snapshotIds)}) and status = 'creating'
    group by source_share_group_snapshot_id
  `,
  )

/** Those of the group types that a group is of, as `groupTypeInUse` says it of one. */
export async function usedGroupTypes(db: DbOrTx, ids: Ids): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('share_groups')
    .select('share_group_type_id')
    .distinct()
    .where('share_group_type_id', 'in', ids)
    .execute()
  return new Set(rows.map((row) => row.share_group_type_id))
}

async function counts(db: DbOrTx, query: ReturnType<typeof sql>): Promise<(id: string) => number> {
  const { rows } = await sql<{ id: string; count: number | string | bigint }>`${query}`.execute(db)
  const byId = new Map(rows.map(({ id, count }) => [id, Number(count)]))
  return (id) => byId.get(id) ?? 0
}
