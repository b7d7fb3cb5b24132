/** Share instances as rows. What may become of one, and what follows from it, is said in `src/lifecycle/shares`. */
import { prepared } from '../prepared.ts'
import { updateRows } from '../shapes.ts'
import type { DbOrTx, ShareInstancesTable, SharesTable, Tx } from '../schema.ts'

export type InstanceRow = ShareInstancesTable
export type ShareRow = SharesTable

export async function instanceById(db: DbOrTx, id: string): Promise<InstanceRow | undefined> {
  return (await withId(db, id))[0]
}
const withId = prepared((db, id: string) => db.selectFrom('share_instances').selectAll().where('id', '=', id))

export const instancesOf: (db: DbOrTx, shareId: string) => Promise<InstanceRow[]> = prepared(
  (db, shareId: string) =>
    db.selectFrom('share_instances').selectAll().where('share_id', '=', shareId).orderBy('created_at'),
)

export type InstanceColumns = Partial<Omit<InstanceRow, 'id' | 'share_id'>>

export async function writeInstance(tx: Tx, id: string, columns: InstanceColumns): Promise<void> {
  await updateRows(tx, 'share_instances', columns, { id })
}

/** What an instance shows once its rules are no longer what its backend has: an error stays until a pass without one. */
export const showsRaised = (status: string): string => (status === 'active' ? 'syncing' : status)

/** Something of the rules of a share's instances is no longer what their backends have; see {@link showsRaised}. */
export async function raiseAccessGenerations(tx: Tx, shareId: string, now: number): Promise<void> {
  await tx
    .updateTable('share_instances')
    .set((eb) => ({
      access_generation: eb('access_generation', '+', 1),
      access_rules_status: eb
        .case()
        .when('access_rules_status', '=', 'active')
        .then('syncing')
        .else(eb.ref('access_rules_status'))
        .end(),
      updated_at: now,
    }))
    .where('share_id', '=', shareId)
    .execute()
}

/** The instance, and what hangs on it alone. */
export async function deleteInstance(tx: Tx, instanceId: string): Promise<void> {
  const locations = tx
    .selectFrom('share_instance_export_locations')
    .select('id')
    .where('share_instance_id', '=', instanceId)
  await tx.deleteFrom('export_location_metadata').where('export_location_id', 'in', locations).execute()
  await tx.deleteFrom('share_instance_export_locations').where('share_instance_id', '=', instanceId).execute()
  await tx.deleteFrom('access_rule_mappings').where('share_instance_id', '=', instanceId).execute()
  await tx.deleteFrom('usages').where('id', '=', instanceId).execute()
  await tx.deleteFrom('share_instances').where('id', '=', instanceId).execute()
}
