/**
 * Counts again what every row costs and compares it with the running totals. It uses the function that every transition
 * charged by (`model/quota.ts`), so a difference is always a fault of the service, never of the rules.
 */
import { shareCharges, snapshotCharges, type Charges, type CountedResource } from '../../model/quota.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import { perTypeResources, type QuotaScope } from './quotas.ts'

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
    const key = keyOf(row.project_id, row.scope, row.scope_id, row.resource)
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

/** Totals by {@link keyOf}. Rows that cost the same are read as one with their number: memory stays small. */
async function countAgain(db: DbOrTx, projectId?: string): Promise<Map<string, QuotaDifference>> {
  const totals = new Map<string, QuotaDifference>()
  const add = (
    row: {
      project_id: string
      user_id: string
      share_type_id: string | null
      rows: number | bigint | string
    },
    charges: Charges,
  ): void => {
    for (const [resource, each] of Object.entries(charges) as [CountedResource, number][]) {
      const payers: [QuotaScope, string][] = [
        ['project', ''],
        ['user', row.user_id],
      ]
      if (row.share_type_id !== null && perTypeResources.includes(resource))
        payers.push(['share_type', row.share_type_id])
      for (const [scope, scopeId] of payers) {
        const key = keyOf(row.project_id, scope, scopeId, resource)
        const counted = (totals.get(key)?.counted ?? 0) + each * Number(row.rows)
        totals.set(key, { projectId: row.project_id, scope, scopeId, resource, recorded: 0, counted })
      }
    }
  }
  for (const row of await shareRows(db, projectId)) add(row, shareCharges(row))
  for (const row of await snapshotRows(db, projectId)) add(row, snapshotCharges(row))
  return totals
}

function shareRows(db: DbOrTx, projectId?: string) {
  const columns = [
    'project_id',
    'user_id',
    'share_type_id',
    'status',
    'size',
    'target_size',
    'replication_type',
  ] as const
  let query = db
    .selectFrom('shares')
    .select(columns)
    .select((eb) => eb.fn.countAll().as('rows'))
    .groupBy(columns)
  if (projectId !== undefined) query = query.where('project_id', '=', projectId)
  return query.execute()
}

/** A snapshot is counted under the share type of its share. */
function snapshotRows(db: DbOrTx, projectId?: string) {
  const columns = [
    'snapshots.project_id',
    'snapshots.user_id',
    'shares.share_type_id',
    'snapshots.status',
    'snapshots.size',
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

const keyOf = (...parts: readonly [project: string, scope: string, scopeId: string, resource: string]) =>
  JSON.stringify(parts)
