/** Whose a resource is, for whoever acts on it as an administrator. */
import type { Tx } from '../schema.ts'

/** Resources whose rows name their project. */
const tables = {
  share: 'shares',
  snapshot: 'snapshots',
  share_group: 'share_groups',
  share_group_snapshot: 'share_group_snapshots',
  resource_lock: 'resource_locks',
  operation: 'operations',
  message: 'messages',
} as const

/** The project's id; null where none is known. */
export async function ownerOf(
  tx: Tx,
  { type, id }: { readonly type: string; readonly id: string },
): Promise<string | null> {
  if (id === '') return null
  if (type === 'quota_set') return id
  const table = tables[type as keyof typeof tables] as (typeof tables)[keyof typeof tables] | undefined
  if (table !== undefined) {
    const row = await tx.selectFrom(table).select('project_id').where('id', '=', id).executeTakeFirst()
    return row?.project_id ?? null
  }
  if (type !== 'share_instance') return null
  const row = await tx
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select('shares.project_id')
    .where('share_instances.id', '=', id)
    .executeTakeFirst()
  return row?.project_id ?? null
}
