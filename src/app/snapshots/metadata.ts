/** Metadata of a snapshot. */
import type { Ctx } from '../context.ts'
import type { MetadataOwner } from '../metadata/metadata.ts'
import { findSnapshotToChange } from './find.ts'

export async function snapshotMetadata(
  ctx: Ctx,
  id: string,
  intent: 'get' | 'update' | 'delete',
): Promise<MetadataOwner> {
  const snapshot = await findSnapshotToChange(ctx, id, `share_snapshot:${intent}_metadata`)
  return {
    table: 'snapshot_metadata',
    id: snapshot.id,
    projectId: snapshot.project_id,
    resource: 'snapshots',
    adminKeys: [],
    adminRule: null,
  }
}
