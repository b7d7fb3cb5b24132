/** Shares whose time in the recycle bin is over are deleted as if their owner had asked. */
import { changeInstance, instancesOf, removeInstance } from '../db/store/share-instances.ts'
import { enqueue, nudge, type Enqueued } from '../engine/queue.ts'
import { expiredShares } from '../db/store/recycle-bin.ts'
import { takeShare } from '../db/store/share-turns.ts'
import { instanceLane } from '../model/lanes.ts'
import { shareAllows } from '../model/states.ts'
import type { DataParts } from './parts.ts'

/** Shares per run; the next run takes the next. */
const batch = 100
/** Microseconds before a failed deletion is tried again: Manila's interval of one hour. */
const retryAfterUs = 3600 * 1_000_000

/** Answers how many deletions it started. Several processes may run it at once: the status decides who starts one. */
export async function emptyRecycleBin(parts: DataParts): Promise<number> {
  const now = parts.clock.now()
  const expired = await expiredShares(parts.store.db, {
    now,
    failedBefore: now - retryAfterUs,
    limit: batch,
  })
  let started = 0
  for (const share of expired) {
    const enqueued = await parts.store.transaction((tx) => startDeletion(parts, tx, share, now))
    for (const one of enqueued) nudge(parts.bus, one)
    started += enqueued.length
  }
  return started
}

/** Begins the deletion of a share whose time is over, unless somebody restored it. */
export async function startDeletion(
  parts: Pick<DataParts, 'clock' | 'agreement'>,
  tx: Parameters<typeof changeInstance>[0],
  share: { readonly id: string; readonly project_id: string; readonly user_id: string },
  now: number,
): Promise<Enqueued[]> {
  const enqueued: Enqueued[] = []
  // Restored since it was looked for, or hidden again for another while: it stays.
  const fresh = await takeShare(tx, share.id)
  if (fresh?.is_soft_deleted !== 1 || (fresh.scheduled_to_be_deleted_at ?? Infinity) > now) return enqueued
  const requestId = 'recycle-bin'
  for (const { id, backend_id } of await instancesOf(tx, share.id)) {
    const from = [...shareAllows.delete.states, 'error_deleting']
    const change = { instanceId: id, from, to: 'deleting', now: parts.clock.now(), requestId }
    if (!(await changeInstance(tx, change))) continue
    if (backend_id === null) {
      await removeInstance(tx, id, { now, requestId })
      continue
    }
    enqueued.push(
      await enqueue(
        tx,
        {
          kind: 'delete-share',
          payload: { shareId: share.id, instanceId: id, force: false, deferred: false },
          resourceId: share.id,
          lanes: [instanceLane(id)],
          backendId: backend_id,
          projectId: share.project_id,
          userId: share.user_id,
          begunAs: 'service',
          requestId,
          now,
        },
        { agreement: parts.agreement },
      ),
    )
  }
  return enqueued
}
