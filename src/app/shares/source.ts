/** The snapshot a share is made from, and what it demands of the request. */
import { type Ctx, scopeOf } from '../context.ts'
import type {
  ShareInstancesTable,
  SharesTable,
  SnapshotInstancesTable,
  SnapshotsTable,
} from '../../db/schema.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { shareOfSnapshot, takeShareOfSnapshot } from '../../db/store/share-turns.ts'
import { snapshotInScope, snapshotInstancesOf } from '../../db/store/snapshots.ts'
import { fault, invalid } from '../../model/errors.ts'
import { snapshotAllows } from '../../model/states.ts'

export interface Source {
  readonly snapshot: SnapshotsTable
  readonly snapshotInstance: SnapshotInstancesTable
  readonly parent: SharesTable
  readonly instance: ShareInstancesTable
}

/** Null when the share is not from a snapshot. With `keeps` nobody else has the share's turn until the end. */
export async function findSource(
  ctx: Ctx,
  input: { readonly snapshotId: string | null },
  zoneId: string | null,
  keeps: boolean,
): Promise<Source | null> {
  if (input.snapshotId === null) return null
  // Held until the end: a snapshot that is to be deleted or reverted to meanwhile is not copied.
  const parent = keeps
    ? await takeShareOfSnapshot(ctx.tx, scopeOf(ctx), input.snapshotId)
    : await shareOfSnapshot(ctx.db, scopeOf(ctx), input.snapshotId)
  const snapshot = await snapshotInScope(ctx.db, scopeOf(ctx), input.snapshotId)
  if (snapshot === undefined) throw fault('ShareSnapshotNotFound', { id: input.snapshotId.slice(0, 64) })
  if (!snapshotAllows.createShare(snapshot)) {
    throw invalid(
      `snapshot ${snapshot.id} is ${snapshot.status}: it must be ${snapshotAllows.createShare.states.join(' or ')}`,
    )
  }
  const snapshotInstance = (await snapshotInstancesOf(ctx.db, snapshot.id)).find(
    (row) => row.status === 'available',
  )
  const instance = snapshotInstance && (await instanceById(ctx.db, snapshotInstance.share_instance_id))
  if (parent === undefined || snapshotInstance === undefined || instance === undefined) {
    throw invalid(`snapshot ${snapshot.id} has nothing on a backend that a share could be made from`)
  }
  if (ctx.flags.has('clonesFollowParent') && parent.create_share_from_snapshot_support === 0) {
    throw invalid(
      `share ${parent.id} has no create_share_from_snapshot_support: its snapshots can't become shares`,
    )
  }
  const anyZone = ctx.settings.shares.use_scheduler_creating_share_from_snapshot
  if (zoneId !== null && zoneId !== parent.availability_zone_id && !anyZone) {
    throw invalid('share.availability_zone must be the zone of the share the snapshot was taken of')
  }
  return { snapshot, snapshotInstance, parent, instance }
}
