/** Export locations of shares as their users see them. */
import type { DbOrTx, ShareInstanceExportLocationsTable, Tx } from '../schema.ts'
import { metadataOf } from './metadata.ts'

export interface LocationRow extends ShareInstanceExportLocationsTable {
  readonly share_id: string
  readonly instance_status: string
  readonly replica_state: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** Of one instance, or of all instances of a share; preferred ones first. Two queries. */
export async function locationsWithMetadata(
  db: DbOrTx,
  of: { readonly shareId: string } | { readonly instanceId: string },
): Promise<LocationRow[]> {
  let query = db
    .selectFrom('share_instance_export_locations as el')
    .innerJoin('share_instances as si', 'si.id', 'el.share_instance_id')
    .selectAll('el')
    .select(['si.share_id', 'si.status as instance_status', 'si.replica_state'])
  query =
    'shareId' in of ? query.where('si.share_id', '=', of.shareId) : query.where('si.id', '=', of.instanceId)
  const rows = await query.orderBy('el.preferred', 'desc').orderBy('el.created_at').orderBy('el.id').execute()
  const metadata = await metadataOf(
    db,
    'export_location_metadata',
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({ ...row, metadata: metadata.get(row.id) ?? {} }))
}

/** Which location clients should take first. */
export async function setPreferred(tx: Tx, id: string, preferred: boolean, now: number): Promise<void> {
  await tx
    .updateTable('share_instance_export_locations')
    .set({ preferred: preferred ? 1 : 0, updated_at: now })
    .where('id', '=', id)
    .execute()
}
