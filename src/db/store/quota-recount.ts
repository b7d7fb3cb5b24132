/**
 * Counts again what every row costs and compares it with the running totals. It uses the function that every transition
 * charged by (`model/charges.ts`), so a difference is always a fault of the service, never of the rules.
 */
import { sql, type ExpressionBuilder } from 'kysely'
import {
  shareCharges,
  shareGroupCharges,
  shareGroupSnapshotCharges,
  snapshotCharges,
} from '../../model/charges.ts'
import { accountKey, postingsOf, type QuotaLine, type QuotaScope } from '../../model/quota-lines.ts'
import type { CountedResource } from '../../model/quota.ts'
import type { Database, DbOrTx, Tx } from '../schema.ts'

export interface QuotaDifference {
  readonly projectId: string
  readonly scope: QuotaScope
  /** User or share type; '' for the whole project. */
  readonly scopeId: string
  readonly resource: string
  /** What `quota_usages` says. */
  readonly recorded: number
  /** What the rows cost. */
  readonly counted: number
}

/** Every difference, of one project or of all; none when the totals are right. Reads only. */
export async function recountQuota(
  db: DbOrTx,
  { projectId }: { readonly projectId?: string } = {},
): Promise<QuotaDifference[]> {
  const counted = await countAgain(db, projectId)
  let query = db.selectFrom('quota_usages').selectAll()
  if (projectId !== undefined) query = query.where('project_id', '=', projectId)
  const differences: QuotaDifference[] = []
  for (const row of await query.execute()) {
    const key = accountKey({
      resource: row.resource as CountedResource,
      projectId: row.project_id,
      scope: row.scope,
      scopeId: row.scope_id,
    })
    const found = counted.get(key)
    counted.delete(key)
    if (row.in_use === (found?.counted ?? 0)) continue
    differences.push({
      projectId: row.project_id,
      scope: row.scope,
      scopeId: row.scope_id,
      resource: row.resource,
      recorded: row.in_use,
      counted: found?.counted ?? 0,
    })
  }
  return [...differences, ...[...counted.values()].filter((one) => one.counted !== 0)]
}

/** Writes the counted values. Call it in the transaction that counted, so that nothing was charged in between. */
export async function correctQuota(tx: Tx, differences: readonly QuotaDifference[]): Promise<void> {
  for (const { projectId, scope, scopeId, resource, counted } of differences) {
    const changed = await tx
      .updateTable('quota_usages')
      .set({ in_use: counted })
      .where('project_id', '=', projectId)
      .where('scope', '=', scope)
      .where('scope_id', '=', scopeId)
      .where('resource', '=', resource)
      .executeTakeFirst()
    if (changed.numUpdatedRows > 0n) continue
    await tx
      .insertInto('quota_usages')
      .values({ project_id: projectId, scope, scope_id: scopeId, resource, in_use: counted })
      .execute()
  }
}

/** Totals by account. Rows that cost the same are read as one with their number: memory stays small. */
async function countAgain(db: DbOrTx, projectId?: string): Promise<Map<string, QuotaDifference>> {
  const totals = new Map<string, QuotaDifference>()
  const add = (lines: readonly QuotaLine[], rows: number | bigint | string): void => {
    for (const { delta, ...account } of postingsOf([], lines)) {
      const key = accountKey(account)
      const counted = (totals.get(key)?.counted ?? 0) + delta * Number(rows)
      totals.set(key, { ...account, recorded: 0, counted })
    }
  }
  for (const [first, ...others] of (await shareRows(db, projectId)).values()) {
    if (first !== undefined) add(shareCharges(first, [first, ...others]), first.rows)
  }
  for (const row of await snapshotRows(db, projectId)) add(snapshotCharges(row, row), row.rows)
  for (const row of await ownedRows(db, 'share_groups', projectId)) add(shareGroupCharges(row), row.rows)
  for (const row of await ownedRows(db, 'share_group_snapshots', projectId)) {
    add(shareGroupSnapshotCharges(row), row.rows)
  }
  return totals
}

/**
 * Shares with their instances: those that have one instance together with all that cost the same, each other one alone. In one
 * statement, so that a share that gets its second instance meanwhile is not counted twice.
 */
async function shareRows(db: DbOrTx, projectId?: string) {
  const columns = [
    'shares.project_id',
    'shares.user_id',
    'share_instances.share_type_id',
    'share_instances.status',
    'shares.size',
    'shares.target_size',
    'shares.replication_type',
  ] as const
  // Asked of each instance by the index: a list of all such shares fits no database's memory once there are a million shares.
  const hasAnother = (eb: ExpressionBuilder<Database, 'shares' | 'share_instances'>) =>
    eb.exists(
      eb
        .selectFrom('share_instances as other')
        .select('other.id')
        .whereRef('other.share_id', '=', 'share_instances.share_id')
        .whereRef('other.id', '!=', 'share_instances.id'),
    )
  let all = db.selectFrom('shares').innerJoin('share_instances', 'share_instances.share_id', 'shares.id')
  if (projectId !== undefined) all = all.where('shares.project_id', '=', projectId)
  const rows = await all
    .where((eb) => eb.not(hasAnother(eb)))
    .select(columns)
    .select((eb) => [sql<string>`''`.as('share_id'), eb.fn.countAll().as('rows')])
    .groupBy(columns)
    .unionAll(
      all
        .where(hasAnother)
        .select(columns)
        .select(['shares.id as share_id', sql<number>`1`.as('rows')]),
    )
    .execute()
  return Map.groupBy(rows, (row) => (row.share_id === '' ? row : row.share_id))
}

/** A snapshot is counted under the share type of its share. */
function snapshotRows(db: DbOrTx, projectId?: string) {
  const columns = [
    'snapshots.project_id',
    'snapshots.user_id',
    'shares.share_type_id',
    'snapshots.status',
    'snapshots.size',
    'snapshots.share_group_snapshot_id',
  ] as const
  let query = db
    .selectFrom('snapshots')
    .leftJoin('shares', 'shares.id', 'snapshots.share_id')
    .select(columns)
    .select((eb) => eb.fn.countAll().as('rows'))
    .groupBy(columns)
  if (projectId !== undefined) query = query.where('snapshots.project_id', '=', projectId)
  return query.execute()
}

/** What costs the same whatever it is like. */
function ownedRows(db: DbOrTx, table: 'share_groups' | 'share_group_snapshots', projectId?: string) {
  const columns = ['project_id', 'user_id'] as const
  let query = db
    .selectFrom(table)
    .select(columns)
    .select((eb) => eb.fn.countAll().as('rows'))
    .groupBy(columns)
  if (projectId !== undefined) query = query.where('project_id', '=', projectId)
  return query.execute()
}
