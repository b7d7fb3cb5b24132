/**
 * Where a share group is, and which group snapshot a snapshot is a member of. The tables of groups were made by the first
 * migration; members of a group snapshot are snapshots, so `share_group_snapshot_members` stays empty (docs/decisions/0064).
 */
import type { Kysely } from 'kysely'
import { id, makeIndexes } from './columns.ts'

const added = {
  share_groups: { pool_id: id, backend_id: id },
  snapshots: { share_group_snapshot_id: id },
}

export async function up(db: Kysely<never>): Promise<void> {
  for (const [table, columns] of Object.entries(added)) {
    for (const [column, { type }] of Object.entries(columns))
      await db.schema.alterTable(table).addColumn(column, type).execute()
  }
  await makeIndexes(db, {
    share_groups: ['created_at,id', 'share_group_type_id', 'backend_id', 'project_id,name,id'],
    share_group_snapshots: ['created_at,id', 'project_id,name,id'],
    share_group_type_share_types: ['share_type_id'],
    share_group_share_types: ['share_type_id'],
    snapshots: ['share_group_snapshot_id,created_at,id'],
  })
}
