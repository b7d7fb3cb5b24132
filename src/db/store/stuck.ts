/** What looks as if work were under way although no operation is: nobody will ever end it. There should be none. */
import { operatedShareStatuses, operatedSnapshotStatuses } from '../../model/states.ts'
import type { DbOrTx } from '../schema.ts'

export interface Stuck {
  readonly kind: 'share-instance' | 'snapshot-instance' | 'operation'
  readonly id: string
  /** The share, the snapshot, or what the operation is about. */
  readonly of: string
  readonly projectId: string
  readonly status: string
  /** Why it counts as stuck. */
  readonly why: string
}

const noWork = 'no operation is under way for it'

/** `now` in microseconds. Reads only; three statements, whatever the size of the deployment. */
export async function stuckThings(db: DbOrTx, now: number): Promise<Stuck[]> {
  const shares = await db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select(['share_instances.id', 'share_instances.share_id', 'share_instances.status', 'shares.project_id'])
    .where('share_instances.status', 'in', operatedShareStatuses)
    .where(({ not, exists, selectFrom, ref }) =>
      not(
        exists(
          selectFrom('operations')
            .select('operations.id')
            .where('operations.state', 'in', ['queued', 'running', 'undoing'])
            .whereRef('operations.resource_id', '=', ref('share_instances.share_id')),
        ),
      ),
    )
    .execute()
  const snapshots = await db
    .selectFrom('snapshot_instances')
    .innerJoin('snapshots', 'snapshots.id', 'snapshot_instances.snapshot_id')
    .select([
      'snapshot_instances.id',
      'snapshot_instances.snapshot_id',
      'snapshot_instances.status',
      'snapshots.project_id',
    ])
    .where('snapshot_instances.status', 'in', operatedSnapshotStatuses)
    .where(({ not, exists, selectFrom, ref }) =>
      not(
        exists(
          selectFrom('operations')
            .select('operations.id')
            .where('operations.state', 'in', ['queued', 'running', 'undoing'])
            .whereRef('operations.resource_id', '=', ref('snapshot_instances.snapshot_id')),
        ),
      ),
    )
    .execute()
  // An operation ends itself once its deadline has passed; one that has not for an hour is in nobody's hands.
  const late = await db
    .selectFrom('operations')
    .select(['id', 'resource_id', 'project_id', 'kind', 'state'])
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .where('deadline_at', '<', now - 3_600_000_000)
    .execute()
  return [
    ...shares.map((row) => ({
      kind: 'share-instance' as const,
      id: row.id,
      of: row.share_id,
      projectId: row.project_id,
      status: row.status,
      why: noWork,
    })),
    ...snapshots.map((row) => ({
      kind: 'snapshot-instance' as const,
      id: row.id,
      of: row.snapshot_id,
      projectId: row.project_id,
      status: row.status,
      why: noWork,
    })),
    ...late.map((row) => ({
      kind: 'operation' as const,
      id: row.id,
      of: row.resource_id,
      projectId: row.project_id,
      status: `${row.kind} ${row.state}`,
      why: 'its deadline passed more than an hour ago',
    })),
  ]
}
