/** The newest measurement of each share instance and snapshot instance. */
import type { DbOrTx, SharesTable, Tx, UsagesTable } from '../schema.ts'
import { ownOrPublic, type Scope } from './scope.ts'

export type UsageRow = UsagesTable

/** Rows written by one statement: eight columns each, well under every database's limit of parameters. */
const batch = 500

/** Replaces what was known of these ids. Measurements of things deleted meanwhile are the caller's to leave out. */
export async function writeUsages(tx: Tx, rows: readonly UsageRow[]): Promise<void> {
  for (let start = 0; start < rows.length; start += batch) {
    const some = rows.slice(start, start + batch)
    await tx
      .deleteFrom('usages')
      .where(
        'id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
    await tx
      .insertInto('usages')
      .values([...some])
      .execute()
  }
}

export async function usageOf(db: DbOrTx, id: string): Promise<UsageRow | undefined> {
  return db.selectFrom('usages').selectAll().where('id', '=', id).executeTakeFirst()
}

/** What is told of one of several shares: whose it is, where it is, and its newest measurement, if it has one. */
export type ShareUsageRow = Pick<SharesTable, 'id' | 'size' | 'project_id' | 'user_id'> & {
  /** Null on no backend. */
  readonly backend_id: string | null
} & { readonly [K in keyof Omit<UsagesTable, 'id' | 'kind'>]: UsagesTable[K] | null }

/** Of those that the scope may see, in one statement; the ids are those of one request and bounded by the edge. */
export function usagesOfShares(db: DbOrTx, scope: Scope, ids: readonly string[]): Promise<ShareUsageRow[]> {
  const query = db
    .selectFrom('shares')
    .leftJoin('share_instances', 'share_instances.id', 'shares.instance_id')
    .leftJoin('usages', 'usages.id', 'shares.instance_id')
    .select(['shares.id', 'shares.size', 'shares.project_id', 'shares.user_id', 'share_instances.backend_id'])
    .select(['usages.used_bytes', 'usages.referenced_bytes', 'usages.exclusive_bytes', 'usages.reason'])
    .select(['usages.method', 'usages.measured_at'])
    .where('shares.id', 'in', ids)
  const { projectId } = scope
  if (projectId === null) return query.execute()
  return query.where(ownOrPublic(projectId)).execute()
}

export async function forgetUsage(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('usages').where('id', '=', id).execute()
}
