/** Names that tenants chose for their export paths: each held by one share instance until nothing is exported under it. */
import type { DbOrTx, Tx } from '../schema.ts'

/** True when a share has the name, or one that is gone may still be exported under it. */
export async function mountPointNameTaken(db: DbOrTx, name: string): Promise<boolean> {
  const share = await db
    .selectFrom('shares')
    .select('id')
    .where('mount_point_name', '=', name)
    .limit(1)
    .executeTakeFirst()
  return share !== undefined || (await holder(db, name))?.holds === true
}

/**
 * Takes the name for the instance, whose row may be written in the same transaction. Throws the database's duplicate error when
 * it is taken, also by somebody who is taking it at the same time.
 */
export async function holdMountPointName(
  tx: Tx,
  { name, instanceId, now }: { readonly name: string; readonly instanceId: string; readonly now: number },
): Promise<void> {
  // The release before deletes shares and leaves their names here.
  const before = await holder(tx, name)
  if (before?.holds === false) await letGoOfMountPointName(tx, before.instanceId)
  await tx
    .insertInto('mount_point_names')
    .values({ name, instance_id: instanceId, created_at: now })
    .execute()
}

/** The name of an instance of which nothing is left is free. */
export async function letGoOfMountPointName(tx: Tx, instanceId: string): Promise<void> {
  await tx.deleteFrom('mount_point_names').where('instance_id', '=', instanceId).execute()
}

async function holder(
  db: DbOrTx,
  name: string,
): Promise<{ readonly instanceId: string; readonly holds: boolean } | undefined> {
  const row = await db
    .selectFrom('mount_point_names as held')
    .leftJoin('share_instances', 'share_instances.id', 'held.instance_id')
    .leftJoin('orphans', 'orphans.resource_id', 'held.instance_id')
    .select(['held.instance_id', 'share_instances.id as instance', 'orphans.id as orphan'])
    .where('held.name', '=', name)
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return { instanceId: row.instance_id, holds: row.instance !== null || row.orphan !== null }
}
