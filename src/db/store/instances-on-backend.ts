/** Share instances and snapshot instances as the backend that holds them asks for them. Reads only. */
import type { DbOrTx } from '../schema.ts'
import type { InstanceRow } from './share-instances.ts'

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

/** One page of the share instances in these statuses, by id. */
export function instancesOnBackend(
  db: DbOrTx,
  backendId: string,
  statuses: Statuses,
  page: Behind,
): Promise<InstanceRow[]> {
  return on(db, backendId)
    .selectAll()
    .where('status', 'in', statuses)
    .where('id', '>', page.afterId)
    .orderBy('id')
    .limit(page.limit)
    .execute()
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
