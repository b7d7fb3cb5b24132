/** Locks that people and services put on shares and access rules. */
import type { SelectQueryBuilder } from 'kysely'
import type { Database, DbOrTx, ResourceLocksTable, Tx } from '../schema.ts'
import { contains, paged, type Page } from './keyset.ts'
import type { Scope } from './scope.ts'

export type LockRow = ResourceLocksTable

export interface LockFilters {
  readonly id?: string
  readonly userId?: string
  /** Narrow further; meaningful when the scope is all projects. */
  readonly projectId?: string
  readonly resourceId?: string
  readonly resourceType?: string
  readonly resourceAction?: string
  readonly lockContext?: string
  readonly lockReason?: string
  readonly lockReasonLike?: string
  readonly createdSince?: number
  readonly createdBefore?: number
}

export async function lockInScope(db: DbOrTx, scope: Scope, id: string): Promise<LockRow | undefined> {
  let query = db.selectFrom('resource_locks').selectAll().where('id', '=', id)
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  return query.executeTakeFirst()
}

/** Locks on these resources with this action, whoever put them there. */
export async function locksOn(
  db: DbOrTx,
  resourceIds: readonly string[],
  action: 'delete' | 'show',
): Promise<LockRow[]> {
  if (resourceIds.length === 0) return []
  return db
    .selectFrom('resource_locks')
    .selectAll()
    .where('resource_id', 'in', resourceIds)
    .where('resource_action', '=', action)
    .execute()
}

export async function listLocks(
  db: DbOrTx,
  scope: Scope,
  filters: LockFilters,
  page: Page,
): Promise<LockRow[]> {
  const from = { table: 'resource_locks', resourceType: 'resource_lock', projectId: scope.projectId } as const
  const query = filtered(db.selectFrom('resource_locks').selectAll('resource_locks'), scope, filters)
  return (await paged(db, query, from, page)).execute()
}

export async function countLocks(db: DbOrTx, scope: Scope, filters: LockFilters): Promise<number> {
  const all = db.selectFrom('resource_locks').select((eb) => eb.fn.countAll<number>().as('count'))
  const row = await filtered(all, scope, filters).executeTakeFirst()
  return Number(row?.count ?? 0)
}

type Query<O> = SelectQueryBuilder<Database, 'resource_locks', O>

function filtered<O>(start: Query<O>, scope: Scope, f: LockFilters): Query<O> {
  let query = start
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  const exact: readonly (readonly [keyof LockRow & string, string | undefined])[] = [
    ['id', f.id],
    ['user_id', f.userId],
    ['project_id', f.projectId],
    ['resource_id', f.resourceId],
    ['resource_type', f.resourceType],
    ['resource_action', f.resourceAction],
    ['lock_context', f.lockContext],
    ['lock_reason', f.lockReason],
  ]
  for (const [column, value] of exact) {
    if (value !== undefined) query = query.where(column as 'id', '=', value)
  }
  if (f.lockReasonLike !== undefined) {
    query = query.where(contains('lock_reason', f.lockReasonLike))
  }
  if (f.createdSince !== undefined) query = query.where('created_at', '>=', f.createdSince)
  if (f.createdBefore !== undefined) query = query.where('created_at', '<=', f.createdBefore)
  return query
}

export async function insertLock(tx: Tx, lock: LockRow): Promise<void> {
  await tx.insertInto('resource_locks').values(lock).execute()
}

export async function updateLock(
  tx: Tx,
  id: string,
  columns: Partial<Pick<LockRow, 'resource_action' | 'lock_reason'>> & { readonly updated_at: number },
): Promise<void> {
  await tx.updateTable('resource_locks').set(columns).where('id', '=', id).execute()
}

/** The reason of the lock that a deletion lock on an access rule puts on the rule's share; Manila's clients show it. */
export const reasonOfShareLock = (ruleLockId: string): string => `Locked by access lock: ${ruleLockId}`

/** Removes a lock, and the share's lock that it caused. */
export async function removeLock(tx: Tx, id: string): Promise<void> {
  await tx
    .deleteFrom('resource_locks')
    .where('resource_type', '=', 'share')
    .where('lock_reason', '=', reasonOfShareLock(id))
    .execute()
  await tx.deleteFrom('resource_locks').where('id', '=', id).execute()
}

/** Removes every lock on a resource that goes. */
export async function removeLocksOf(tx: Tx, resourceId: string): Promise<void> {
  const locks = await tx
    .selectFrom('resource_locks')
    .select('id')
    .where('resource_id', '=', resourceId)
    .execute()
  for (const { id } of locks) await removeLock(tx, id)
}
