/**
 * Group snapshots as tenants see them, and their members: snapshots of shares with `share_group_snapshot_id`, which nobody sees
 * elsewhere. Their own states change in `src/lifecycle/share-groups`, their members' in `src/lifecycle/snapshots`.
 */
import type { DbOrTx, ShareGroupSnapshotsTable, SnapshotsTable, Tx } from '../schema.ts'
import { filterRows, type GroupFilters } from './group-lists.ts'
import { paged, type Page } from './keyset.ts'
import type { Scope } from './scope.ts'

export type GroupSnapshotRow = ShareGroupSnapshotsTable
export type MemberRow = SnapshotsTable & { readonly share_group_snapshot_id: string }

/** With its members, oldest first. */
export interface GroupSnapshotListRow extends ShareGroupSnapshotsTable {
  readonly members: readonly MemberRow[]
}

const inScope = (db: DbOrTx, scope: Scope, id: string) => {
  const query = db.selectFrom('share_group_snapshots').selectAll().where('id', '=', id)
  return scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)
}

export const groupSnapshotInScope = (
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<GroupSnapshotRow | undefined> => inScope(db, scope, id).executeTakeFirst()

export async function groupSnapshotForView(
  db: DbOrTx,
  scope: Scope,
  id: string,
): Promise<GroupSnapshotListRow | undefined> {
  return (await complete(db, await inScope(db, scope, id).execute()))[0]
}

/** One page in two queries. */
export async function listGroupSnapshots(
  db: DbOrTx,
  scope: Scope,
  filters: GroupFilters,
  page: Page,
): Promise<GroupSnapshotListRow[]> {
  const all = db.selectFrom('share_group_snapshots').selectAll()
  const from = {
    table: 'share_group_snapshots',
    resourceType: 'share_group_snapshot',
    projectId: scope.projectId,
    whateverState: () => filterRows(all, 'share_group_snapshots', scope, filters, 'whatever state'),
  } as const
  const query = filterRows(all, 'share_group_snapshots', scope, filters)
  return complete(db, await (await paged(db, query, from, page)).execute())
}

async function complete(
  db: DbOrTx,
  rows: readonly ShareGroupSnapshotsTable[],
): Promise<GroupSnapshotListRow[]> {
  if (rows.length === 0) return []
  const found = await members(
    db,
    rows.map(({ id }) => id),
  )
  const byGroup = Map.groupBy(found, (row) => row.share_group_snapshot_id)
  return rows.map((row) => ({ ...row, members: byGroup.get(row.id) ?? [] }))
}

async function members(db: DbOrTx, ids: readonly string[]): Promise<MemberRow[]> {
  const rows = await db
    .selectFrom('snapshots')
    .selectAll()
    .where('share_group_snapshot_id', 'in', ids)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows as MemberRow[]
}

export const membersOf = (db: DbOrTx, groupSnapshotId: string): Promise<MemberRow[]> =>
  members(db, [groupSnapshotId])

/** A page of them. */
export async function listMembers(db: DbOrTx, groupSnapshotId: string, page: Page): Promise<MemberRow[]> {
  const all = db.selectFrom('snapshots').selectAll().where('share_group_snapshot_id', '=', groupSnapshotId)
  // Whose the group snapshot is was settled before.
  const from = { table: 'snapshots', resourceType: 'snapshot', projectId: null } as const
  return (await (await paged(db, all, from, page)).execute()) as MemberRow[]
}

/** Name and description. */
export async function updateGroupSnapshotColumns(
  tx: Tx,
  id: string,
  columns: Partial<Pick<ShareGroupSnapshotsTable, 'name' | 'description' | 'updated_at'>>,
): Promise<void> {
  await tx.updateTable('share_group_snapshots').set(columns).where('id', '=', id).execute()
}

/** Those of one group, oldest first. */
export async function groupSnapshotsOf(db: DbOrTx, groupId: string): Promise<GroupSnapshotRow[]> {
  return db
    .selectFrom('share_group_snapshots')
    .selectAll()
    .where('share_group_id', '=', groupId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Groups that are being made from it. */
export async function groupsBeingMadeFrom(db: DbOrTx, groupSnapshotId: string): Promise<number> {
  const row = await db
    .selectFrom('share_groups')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('source_share_group_snapshot_id', '=', groupSnapshotId)
    .where('status', '=', 'creating')
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}
