/** Deferred deletions that failed are tried again: their quota is given back already, their space must follow. */
import { failedDeferredShares, failedDeferredSnapshots } from '../../db/store/instances-on-backend.ts'
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
  const failed = await failedDeferredShares(parts.store.db, {
    backendId: parts.backend.id,
    restedSince: now - retryAfterUs,
    limit: batch,
  })
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
  const failed = await failedDeferredSnapshots(parts.store.db, {
    backendId: parts.backend.id,
    restedSince: now - retryAfterUs,
    limit: batch,
  })
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
