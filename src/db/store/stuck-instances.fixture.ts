/**
 * Rows in a transitional state with no operation behind them. Only an administrator's `reset_status` can make one, and a
 * reset status is just a status: this reports and changes nothing.
 */
import type { DbOrTx } from '../schema.ts'
import { operatedShareStatuses, operatedSnapshotStatuses } from '../../model/states.ts'

export interface Stuck {
  readonly kind: 'share' | 'snapshot'
  /** Id of the share instance or snapshot instance. */
  readonly instanceId: string
  readonly status: string
  /** Microseconds since the epoch. */
  readonly since: number
}

const open = ['queued', 'running', 'undoing'] as const

/** At most `limit` of each kind, oldest first. */
export async function findStuck(db: DbOrTx, limit = 1000): Promise<Stuck[]> {
  const shares = await db
    .selectFrom('share_instances')
    .select(['id', 'status', 'created_at', 'updated_at'])
    .where('status', 'in', [...operatedShareStatuses, 'deferred_deleting'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('operations')
            .select('operations.id')
            .where('operations.state', 'in', open)
            .where((inner) =>
              inner.or([
                inner('operations.resource_id', '=', inner.ref('share_instances.share_id')),
                // An operation on the whole backend (ensure) stands behind all of its instances.
                inner('operations.resource_id', '=', inner.ref('share_instances.backend_id')),
              ]),
            ),
        ),
      ),
    )
    .orderBy('created_at')
    .limit(limit)
    .execute()
  const snapshots = await db
    .selectFrom('snapshot_instances')
    .select(['id', 'status', 'created_at', 'updated_at', 'snapshot_id', 'share_instance_id'])
    .where('status', 'in', [...operatedSnapshotStatuses, 'deferred_deleting'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('operations')
            .innerJoin('share_instances as si', (join) => join.onTrue())
            .select('operations.id')
            .whereRef('si.id', '=', 'snapshot_instances.share_instance_id')
            .where('operations.state', 'in', open)
            .where((inner) =>
              inner.or([
                inner('operations.resource_id', '=', inner.ref('snapshot_instances.snapshot_id')),
                // Restoring: the operation is the share's.
                inner('operations.resource_id', '=', inner.ref('si.share_id')),
              ]),
            ),
        ),
      ),
    )
    .orderBy('created_at')
    .limit(limit)
    .execute()
  const stuck = (kind: Stuck['kind']) => (row: (typeof shares)[number]) => ({
    kind,
    instanceId: row.id,
    status: row.status,
    since: row.updated_at ?? row.created_at,
  })
  return [...shares.map(stuck('share')), ...snapshots.map(stuck('snapshot'))]
}
