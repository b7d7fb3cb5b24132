/** Deferred deletions that failed are tried again: their quota is given back already, their space must follow. */
import { changeInstance } from '../../db/store/share-instances.ts'
import { changeSnapshotInstance } from '../../db/store/snapshots.ts'
import { enqueue, nudge } from '../../engine/queue.ts'
import { instanceLane } from '../../model/lanes.ts'
import type { BackendScope } from '../parts.ts'

/** Microseconds between two tries: Manila's interval. */
const retryAfterUs = 300 * 1_000_000
const batch = 100
const requestId = 'deferred-deletion'

/** Answers how many deletions it started. */
export async function retryDeferredDeletions(parts: BackendScope): Promise<number> {
  // Snapshots first: a share waits for its own.
  return (await retrySnapshots(parts)) + (await retryShares(parts))
}

async function retryShares(parts: BackendScope): Promise<number> {
  const now = parts.clock.now()
  const failed = await parts.store.db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'shares.id as share_id', 'shares.project_id', 'shares.user_id'])
    .where('share_instances.backend_id', '=', parts.backend.id)
    .where('share_instances.status', '=', 'error_deferred_deleting')
    .where('share_instances.updated_at', '<', now - retryAfterUs)
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
    .limit(batch)
    .execute()
  for (const row of failed) {
    const enqueued = await parts.store.transaction(async (tx) => {
      const [from, to] = [['error_deferred_deleting'], 'deferred_deleting']
      if (!(await changeInstance(tx, { instanceId: row.id, from, to, now, requestId }))) return null
      return enqueue(
        tx,
        {
          kind: 'delete-share',
          payload: { shareId: row.share_id, instanceId: row.id, force: false, deferred: true },
          resourceId: row.share_id,
          lanes: [instanceLane(row.id)],
          backendId: parts.backend.id,
          projectId: row.project_id,
          userId: row.user_id,
          begunAs: 'service',
          requestId,
          now,
        },
        { agreement: parts.agreement },
      )
    })
    if (enqueued !== null) nudge(parts.bus, enqueued)
  }
  return failed.length
}

async function retrySnapshots(parts: BackendScope): Promise<number> {
  const now = parts.clock.now()
  const failed = await parts.store.db
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
    .where('share_instances.backend_id', '=', parts.backend.id)
    .where('snapshot_instances.status', '=', 'error_deferred_deleting')
    .where('snapshot_instances.updated_at', '<', now - retryAfterUs)
    .limit(batch)
    .execute()
  for (const row of failed) {
    const enqueued = await parts.store.transaction(async (tx) => {
      const change = { snapshotInstanceId: row.id, from: ['error_deferred_deleting'], now, requestId }
      if (!(await changeSnapshotInstance(tx, { ...change, to: 'deferred_deleting' }))) return null
      return enqueue(
        tx,
        {
          kind: 'delete-snapshot',
          payload: {
            snapshotId: row.snapshot_id,
            snapshotInstanceId: row.id,
            shareId: row.share_id,
            instanceId: row.share_instance_id,
            force: false,
            deferred: true,
          },
          resourceId: row.snapshot_id,
          lanes: [instanceLane(row.share_instance_id)],
          backendId: parts.backend.id,
          projectId: row.project_id,
          userId: row.user_id,
          begunAs: 'service',
          requestId,
          now,
        },
        { agreement: parts.agreement },
      )
    })
    if (enqueued !== null) nudge(parts.bus, enqueued)
  }
  return failed.length
}
