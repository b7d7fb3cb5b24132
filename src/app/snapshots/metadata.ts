/** Metadata of a snapshot. */
import type { Ctx } from '../context.ts'
import type { MetadataOwner } from '../metadata/metadata.ts'
import { recordUpdate } from '../updated.ts'
import { findSnapshotAs, findSnapshotToChange } from './find.ts'

export async function snapshotMetadata(
  ctx: Ctx,
  id: string,
  intent: 'get' | 'update' | 'delete',
): Promise<MetadataOwner> {
  const find = intent === 'get' ? findSnapshotAs : findSnapshotToChange
  const snapshot = await find(ctx, id, `share_snapshot:${intent}_metadata`)
  return {
    table: 'snapshot_metadata',
    id: snapshot.id,
    projectId: snapshot.project_id,
    resource: 'snapshots',
    adminKeys: [],
    adminRule: null,
    changed: () => recordUpdate(ctx, 'snapshot', snapshot),
  }
}
