/**
 * What decides about many resources at once: for each kind one statement, whatever the number of ids. The walls are those of the functions
 * that find one of them; the ids are those of one page and bounded by the edge.
 */
import { sql } from 'kysely'
import type { Database, DbOrTx, OperationsTable, ResourceLocksTable, SnapshotsTable } from '../schema.ts'
import { paged, type Page } from './keyset.ts'
import type { Scope } from './scope.ts'
import { specsOf, visibleTypes, type ShareType } from './share-types.ts'
import { groupTypeTables, isVisible } from './type-parts.ts'
import type { InstanceRow } from './share-instances.ts'
import { visibleOnes, type ShareRow } from './shares.ts'
import type { SnapshotInstanceRow } from './snapshots.ts'
import type { AccessRuleRow } from './access-rules.ts'

type Ids = readonly string[]

/** Shares that the scope may see: its own and public ones. */
export function visibleSharesOf(db: DbOrTx, scope: Scope, ids: Ids): Promise<ShareRow[]> {
  return visibleOnes(db, scope).where('id', 'in', ids).execute()
}

export const instancesOfShares = (db: DbOrTx, shareIds: Ids): Promise<InstanceRow[]> =>
  db.selectFrom('share_instances').selectAll().where('share_id', 'in', shareIds).execute()

export const instancesById = (db: DbOrTx, ids: Ids): Promise<InstanceRow[]> =>
  db.selectFrom('share_instances').selectAll().where('id', 'in', ids).execute()

export interface Dependents {
  readonly snapshots: number
  readonly backups: number
  readonly groupMembers: number
  readonly deleteLocks: number
}

/** As `dependentsOf` counts them for one share. */
export async function dependentsOfShares(db: DbOrTx, ids: Ids): Promise<(id: string) => Dependents> {
  const listed = sql.join(ids)
  const { rows } = await sql<{ what: string; id: string; count: number }>`
    select 'snapshots' as what, share_id as id, count(*) as count from snapshots where share_id in (${listed}) and share_group_snapshot_id is null group by share_id
    union all select 'backups', share_id, count(*) from share_backups where share_id in (${listed}) group by share_id
    union all select 'members', share_id, count(*) from snapshots where share_id in (${listed}) and share_group_snapshot_id is not null group by share_id
    union all select 'locks', resource_id, count(*) from resource_locks
      where resource_id in (${listed}) and resource_action = 'delete' group by resource_id
  `.execute(db)
  const counts = new Map(rows.map(({ what, id, count }) => [`${what} ${id}`, Number(count)]))
  const count = (what: string, id: string): number => counts.get(`${what} ${id}`) ?? 0
  return (id) => ({
    snapshots: count('snapshots', id),
    backups: count('backups', id),
    groupMembers: count('members', id),
    deleteLocks: count('locks', id),
  })
}

type NewestRow = Pick<SnapshotsTable, 'id' | 'share_id' | 'project_id' | 'status' | 'size'> & {
  /** Whether it is on the backend of the instance that the share shows: 0 or 1. */
  readonly placed: number
}

/** As `newestSnapshot` finds it for one share. */
export async function newestSnapshotsOf(db: DbOrTx, shareIds: Ids): Promise<ReadonlyMap<string, NewestRow>> {
  const { rows } = await sql<NewestRow>`
    select ranked.id, ranked.share_id, ranked.project_id, ranked.status, ranked.size,
      case when exists (
        select 1 from snapshot_instances i inner join shares s on s.id = ranked.share_id
        where i.snapshot_id = ranked.id and i.share_instance_id = s.instance_id
      ) then 1 else 0 end as placed
    from (
      select id, share_id, project_id, status, size,
        row_number() over (partition by share_id order by created_at desc, id desc) as place
      from snapshots
      where share_id in (${sql.join(shareIds)})
        and status not in ('deferred_deleting', 'error_deferred_deleting', 'deleting')
    ) as ranked
    where ranked.place = 1
  `.execute(db)
  return new Map(rows.map((row) => [row.share_id, { ...row, placed: Number(row.placed) }]))
}

/** Specs of these types, in one statement. */
export const specsOfTypes = specsOf

export function snapshotsInScope(db: DbOrTx, scope: Scope, ids: Ids): Promise<SnapshotsTable[]> {
  const query = db
    .selectFrom('snapshots')
    .selectAll()
    .where('id', 'in', ids)
    .where('share_group_snapshot_id', 'is', null)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

export const instancesOfSnapshots = (db: DbOrTx, snapshotIds: Ids): Promise<SnapshotInstanceRow[]> =>
  db.selectFrom('snapshot_instances').selectAll().where('snapshot_id', 'in', snapshotIds).execute()

export const snapshotInstancesById = (db: DbOrTx, ids: Ids): Promise<SnapshotInstanceRow[]> =>
  db.selectFrom('snapshot_instances').selectAll().where('id', 'in', ids).execute()

export const rulesById = (db: DbOrTx, ids: Ids): Promise<AccessRuleRow[]> =>
  db.selectFrom('access_rules').selectAll().where('id', 'in', ids).execute()

/** Those of the rules that a backend may have heard of. */
export async function mappedRules(db: DbOrTx, ruleIds: Ids): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('access_rule_mappings')
    .select('access_rule_id')
    .distinct()
    .where('access_rule_id', 'in', ruleIds)
    .execute()
  return new Set(rows.map((row) => row.access_rule_id))
}

export function locksInScope(db: DbOrTx, scope: Scope, ids: Ids): Promise<ResourceLocksTable[]> {
  const query = db.selectFrom('resource_locks').selectAll().where('id', 'in', ids)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

export function operationsInScope(db: DbOrTx, scope: Scope, ids: Ids): Promise<OperationsTable[]> {
  const query = db.selectFrom('operations').selectAll().where('id', 'in', ids)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

/** Those after which work of another request on the same resource was begun. */
export async function overtakenOperations(db: DbOrTx, ids: Ids): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('operations as one')
    .select('one.id')
    .where('one.id', 'in', ids)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('operations as later')
          .select('later.id')
          .whereRef('later.resource_id', '=', 'one.resource_id')
          .whereRef('later.created_at', '>', 'one.created_at')
          .whereRef('later.request_id', '<>', 'one.request_id'),
      ),
    )
    .execute()
  return new Set(rows.map(({ id }) => id))
}

/** Id → status, of shares and snapshots alike. */
export async function statusesOf(db: DbOrTx, ids: Ids): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('shares')
    .select(['id', 'status'])
    .where('id', 'in', ids)
    .unionAll(db.selectFrom('snapshots').select(['id', 'status']).where('id', 'in', ids))
    .execute()
  return new Map(rows.map(({ id, status }) => [id, status]))
}

export function messagesInScope(db: DbOrTx, scope: Scope, ids: Ids): Promise<{ id: string }[]> {
  const query = db.selectFrom('messages').select('id').where('id', 'in', ids)
  return (scope.projectId === null ? query : query.where('project_id', '=', scope.projectId)).execute()
}

export const typesInScope = (
  db: DbOrTx,
  scope: Scope,
  ids: Ids,
): Promise<Pick<ShareType, 'id' | 'name' | 'is_public'>[]> =>
  visibleTypes(db, scope).where('share_types.id', 'in', ids).execute()

/** Those of the types that something is made of, as `typeInUse` says it of one. */
export async function usedTypes(db: DbOrTx, ids: Ids): Promise<ReadonlySet<string>> {
  const listed = sql.join(ids)
  const { rows } = await sql<{ id: string }>`
    select share_type_id as id from share_instances where share_type_id in (${listed})
    union select share_type_id from share_group_type_share_types where share_type_id in (${listed})
    union select share_type_id from share_group_share_types where share_type_id in (${listed})
  `.execute(db)
  return new Set(rows.map(({ id }) => id))
}

/** What a page without ids is of. */
export const pagedTables = {
  share: ['shares', 'share', 'project_id'],
  snapshot: ['snapshots', 'snapshot', 'project_id'],
  access_rule: ['access_rules', 'access_rule', 'share_id'],
  resource_lock: ['resource_locks', 'resource_lock', 'project_id'],
  share_type: ['share_types', 'share_type', null],
  share_instance: ['share_instances', 'share_instance', null],
  snapshot_instance: ['snapshot_instances', 'snapshot_instance', null],
  message: ['messages', 'message', 'project_id'],
  operation: ['operations', 'operation', 'project_id'],
  share_group: ['share_groups', 'share_group', 'project_id'],
  share_group_snapshot: ['share_group_snapshots', 'share_group_snapshot', 'project_id'],
  share_group_type: ['share_group_types', 'share_group_type', null],
} as const satisfies Readonly<Record<string, readonly [keyof Database, string, string | null]>>

/** Ids of one page, newest first; `owner`: the value of the table's owning column, or of types the project that sees them; null for all. */
export async function idsOfPage(
  db: DbOrTx,
  resource: keyof typeof pagedTables,
  owner: string | null,
  page: Page,
): Promise<string[]> {
  const [table, resourceType, column] = pagedTables[resource]
  // What the tables have in common is all that is used of them.
  let query =
    resource === 'share_type'
      ? (visibleTypes(db, { projectId: owner }).clearSelect().select('share_types.id') as never)
      : db.selectFrom(table as 'shares').select('id' as 'shares.id')
  if (resource === 'share_group_type') query = query.where(isVisible(groupTypeTables, { projectId: owner }))
  if (column !== null && owner !== null) query = query.where(column as 'project_id', '=', owner)
  const from = {
    table,
    resourceType,
    projectId: column === 'project_id' ? owner : null,
  } as const
  return (await (await paged(db, query, from as never, page)).execute()).map(({ id }) => id)
}
