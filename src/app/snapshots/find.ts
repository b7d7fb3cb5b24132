/** Looks a snapshot up for a caller. Snapshots are never public: another project's is not there. */
import { type Ctx, scopeOf } from '../context.ts'
import { snapshotForView, type SnapshotListRow } from '../../db/store/snapshot-list.ts'
import {
  snapshotInScope,
  snapshotInstancesOf,
  type SnapshotInstanceRow,
  type SnapshotRow,
} from '../../db/store/snapshots.ts'
import { takeShareOfSnapshot } from '../../db/store/share-turns.ts'
import { shareById, type ShareRow } from '../../db/store/shares.ts'
import { instanceById, type InstanceRow } from '../../db/store/share-instances.ts'
import { fault } from '../../model/errors.ts'

export async function findSnapshot(ctx: Ctx, id: string): Promise<SnapshotRow> {
  const row = await snapshotInScope(ctx.db, scopeOf(ctx), id.slice(0, 64))
  if (row === undefined) throw fault('ShareSnapshotNotFound', { id: id.slice(0, 64) })
  return row
}

export async function findSnapshotForView(ctx: Ctx, id: string): Promise<SnapshotListRow> {
  const row = await snapshotForView(ctx.db, scopeOf(ctx), id.slice(0, 64))
  if (row === undefined) throw fault('ShareSnapshotNotFound', { id: id.slice(0, 64) })
  return row
}

/** The snapshot, which the caller may change: its share is this request's until the end, and with it the snapshot. */
export async function findSnapshotToChange(ctx: Ctx, id: string, rule: string): Promise<SnapshotRow> {
  await takeShareOfSnapshot(ctx.tx, scopeOf(ctx), id.slice(0, 64))
  return findSnapshotAs(ctx, id, rule)
}

/** The snapshot for a reader; `rule` is checked with it as the target. */
export async function findSnapshotAs(ctx: Ctx, id: string, rule: string): Promise<SnapshotRow> {
  const snapshot = await findSnapshot(ctx, id)
  const { project_id, user_id } = snapshot
  ctx.policy.authorize(rule, ctx.identity, { project_id, user_id })
  return snapshot
}

export async function parentOf(ctx: Ctx, snapshot: SnapshotRow): Promise<ShareRow> {
  const share = await shareById(ctx.db, snapshot.share_id)
  if (share === undefined) throw fault('ShareNotFound', { id: snapshot.share_id })
  return share
}

export interface PlacedInstance {
  readonly snapshotInstance: SnapshotInstanceRow
  /** The share instance it was taken of, whose lane its work waits in; undefined when it is gone. */
  readonly instance: InstanceRow | undefined
}

export async function placedInstancesOf(ctx: Ctx, snapshotId: string): Promise<PlacedInstance[]> {
  const placed: PlacedInstance[] = []
  for (const snapshotInstance of await snapshotInstancesOf(ctx.db, snapshotId)) {
    placed.push({
      snapshotInstance,
      instance: await instanceById(ctx.db, snapshotInstance.share_instance_id),
    })
  }
  return placed
}
