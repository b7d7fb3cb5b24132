/** Access rules of mountable snapshots as their owners see them. What becomes of queued ones is in `access-mappings.ts`. */
import type { DbOrTx, SnapshotAccessRulesTable, Tx } from '../schema.ts'

export type SnapshotRuleRow = SnapshotAccessRulesTable

/** In the order they were made. */
export async function rulesOfOneSnapshot(db: DbOrTx, snapshotId: string): Promise<SnapshotRuleRow[]> {
  return db
    .selectFrom('snapshot_access_rules')
    .selectAll()
    .where('snapshot_id', '=', snapshotId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Without the tenant's wall: the caller checks the rule's snapshot. */
export async function snapshotRuleById(db: DbOrTx, id: string): Promise<SnapshotRuleRow | undefined> {
  return db.selectFrom('snapshot_access_rules').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Throws the database's duplicate error on a second rule of the same meaning. */
export async function insertSnapshotRule(tx: Tx, rule: SnapshotRuleRow): Promise<void> {
  await tx.insertInto('snapshot_access_rules').values(rule).execute()
}

/** Queues the removal, unless it is under way. */
export async function queueSnapshotDenial(tx: Tx, ruleId: string, now: number): Promise<void> {
  await tx
    .updateTable('snapshot_access_rules')
    .set({ state: 'queued_to_deny', updated_at: now })
    .where('id', '=', ruleId)
    .where('state', '!=', 'denying')
    .execute()
}

export async function removeSnapshotRule(tx: Tx, ruleId: string): Promise<void> {
  await tx.deleteFrom('snapshot_access_rules').where('id', '=', ruleId).execute()
}

/** Says that the instance's rules are no longer what its backend has. */
export async function raiseSnapshotAccess(tx: Tx, snapshotInstanceId: string, now: number): Promise<void> {
  await tx
    .updateTable('snapshot_instances')
    .set((eb) => ({ access_generation: eb('access_generation', '+', 1), updated_at: now }))
    .where('id', '=', snapshotInstanceId)
    .execute()
}
