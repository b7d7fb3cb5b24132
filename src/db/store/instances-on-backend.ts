/** Share instances and snapshot instances as the backend that holds them asks for them. Reads only. */
import type {
  DbOrTx,
  ShareInstancesTable,
  SharesTable,
  SnapshotInstancesTable,
  SnapshotsTable,
} from '../schema.ts'

/** A page by id: what comes behind `afterId`. */
export interface Behind {
  readonly afterId: string
  readonly limit: number
}

type Statuses = readonly string[]

const on = (db: DbOrTx, backendId: string) =>
  db.selectFrom('share_instances').where('backend_id', '=', backendId)

/** Whether the backend holds a share instance, in whatever status. */
export async function holdsShares(db: DbOrTx, backendId: string): Promise<boolean> {
  return (await on(db, backendId).select('id').limit(1).executeTakeFirst()) !== undefined
}

export async function countInstances(db: DbOrTx, backendId: string, statuses: Statuses): Promise<number> {
  const { count } = await on(db, backendId)
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('status', 'in', statuses)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** What drivers are told of a share instance that they serve. */
export type ServedRow = Pick<
  ShareInstancesTable,
  'id' | 'share_id' | 'status' | 'host' | 'driver_state' | 'share_type_id'
> &
  Pick<SharesTable, 'project_id' | 'share_proto' | 'size' | 'mount_point_name'>

/** Of these share instances, in no order; the ids are those of one statement. */
export function servedRows(db: DbOrTx, ids: readonly string[]): Promise<ServedRow[]> {
  return db
    .selectFrom('share_instances as i')
    .innerJoin('shares as s', 's.id', 'i.share_id')
    .select(['i.id', 'i.share_id', 'i.status', 'i.host', 'i.driver_state', 'i.share_type_id'])
    .select(['s.project_id', 's.share_proto', 's.size', 's.mount_point_name'])
    .where('i.id', 'in', ids)
    .execute()
}

/** The same of a snapshot instance. */
export type ServedSnapshotRow = Pick<
  SnapshotInstancesTable,
  'id' | 'snapshot_id' | 'share_instance_id' | 'driver_state'
> &
  Pick<SnapshotsTable, 'size'>

/** Those in this status of these share instances; the ids are those of one statement. */
export function servedSnapshotRows(
  db: DbOrTx,
  shareInstanceIds: readonly string[],
  status: string,
): Promise<ServedSnapshotRow[]> {
  return db
    .selectFrom('snapshot_instances as i')
    .innerJoin('snapshots as s', 's.id', 'i.snapshot_id')
    .select(['i.id', 'i.snapshot_id', 'i.share_instance_id', 'i.driver_state', 's.size'])
    .where('i.share_instance_id', 'in', shareInstanceIds)
    .where('i.status', '=', status)
    .execute()
}

/** All share instances of the backend, in whatever status, by id alone. */
export async function allOnBackend(db: DbOrTx, backendId: string): Promise<string[]> {
  return (await on(db, backendId).select('id').execute()).map(({ id }) => id)
}

/** Their ids alone; all of them, in no order, without a page. */
export async function instanceIdsOnBackend(
  db: DbOrTx,
  backendId: string,
  statuses: Statuses,
  page?: Behind,
): Promise<string[]> {
  const all = on(db, backendId).select('id').where('status', 'in', statuses)
  const rows = await (
    page === undefined ? all : all.where('id', '>', page.afterId).orderBy('id').limit(page.limit)
  ).execute()
  return rows.map(({ id }) => id)
}

/** Which of these share instances and snapshot instances are still there; the ids are those of one statement. */
export async function instancesStillThere(
  db: DbOrTx,
  ids: readonly string[],
  kinds: readonly ('share' | 'snapshot')[] = ['share', 'snapshot'],
): Promise<string[]> {
  const there: string[] = []
  for (const kind of kinds) {
    const rows = await db.selectFrom(`${kind}_instances`).select('id').where('id', 'in', ids).execute()
    there.push(...rows.map(({ id }) => id))
  }
  return there
}

/** Instances that have to be served, each with the protocol that it is served by. */
export function servedInstances(
  db: DbOrTx,
  backendId: string,
): Promise<{ id: string; share_proto: string }[]> {
  return db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'shares.share_proto'])
    .where('share_instances.backend_id', '=', backendId)
    .where('share_instances.status', '=', 'available')
    .execute()
}

/** What can be mounted of a backend's snapshots, by id. */
export function mountableSnapshotInstances(
  db: DbOrTx,
  backendId: string,
  of: { readonly behind?: string; readonly limit?: number; readonly ids?: readonly string[] },
): Promise<{ id: string; share_instance_id: string; share_proto: string }[]> {
  return db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['snapshot_instances.id', 'snapshot_instances.share_instance_id', 'shares.share_proto'])
    .where('share_instances.backend_id', '=', backendId)
    .where('snapshot_instances.status', '=', 'available')
    .where('shares.mount_snapshot_support', '=', 1)
    .$if(of.behind !== undefined, (query) => query.where('snapshot_instances.id', '>', of.behind ?? ''))
    .$if(of.ids !== undefined, (query) => query.where('snapshot_instances.id', 'in', of.ids ?? []))
    .$if(of.limit !== undefined, (query) => query.limit(of.limit ?? 0))
    .orderBy('snapshot_instances.id')
    .execute()
}

/** Whose deferred deletion failed and rests since before `restedSince`, microseconds. */
interface Failed {
  readonly backendId: string
  readonly restedSince: number
  readonly limit: number
}

/** Share instances without snapshot instances: a share waits for its own. */
export function failedDeferredShares(db: DbOrTx, { backendId, restedSince, limit }: Failed) {
  return db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'shares.id as share_id', 'shares.project_id', 'shares.user_id'])
    .where('share_instances.backend_id', '=', backendId)
    .where('share_instances.status', '=', 'error_deferred_deleting')
    .where('share_instances.updated_at', '<', restedSince)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('snapshot_instances')
            .select('snapshot_instances.id')
            .whereRef('snapshot_instances.share_instance_id', '=', 'share_instances.id'),
        ),
      ),
    )
    .limit(limit)
    .execute()
}

export function failedDeferredSnapshots(db: DbOrTx, { backendId, restedSince, limit }: Failed) {
  return db
    .selectFrom('snapshot_instances')
    .innerJoin('snapshots', 'snapshots.id', 'snapshot_instances.snapshot_id')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .select([
      'snapshot_instances.id',
      'snapshot_instances.share_instance_id',
      'snapshots.id as snapshot_id',
      'snapshots.share_id',
      'snapshots.project_id',
      'snapshots.user_id',
    ])
    .where('share_instances.backend_id', '=', backendId)
    .where('snapshot_instances.status', '=', 'error_deferred_deleting')
    .where('snapshot_instances.updated_at', '<', restedSince)
    .limit(limit)
    .execute()
}
