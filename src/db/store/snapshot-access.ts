/** Access rules of mountable snapshots as their owners see them. What becomes of queued ones is in `access-mappings.ts`. */
import { spellingsOf } from '../../model/access-twins.ts'
import type { DbOrTx, SnapshotAccessRulesTable, Tx } from '../schema.ts'
import { paged, type Page } from './keyset.ts'

export type SnapshotRuleRow = SnapshotAccessRulesTable

/** A page of a snapshot's rules. */
export async function rulesOfOneSnapshot(
  db: DbOrTx,
  snapshotId: string,
  page: Page,
): Promise<SnapshotRuleRow[]> {
  const query = db
    .selectFrom('snapshot_access_rules')
    .selectAll('snapshot_access_rules')
    .where('snapshot_id', '=', snapshotId)
  const from = { table: 'snapshot_access_rules', resourceType: 'access_rule', projectId: null } as const
  return (await paged(db, query, from, page)).execute()
}

/** Whether the snapshot lets this client in already, or is about to stop doing so. */
export async function snapshotRuleExists(
  db: DbOrTx,
  snapshotId: string,
  type: string,
  canonicalTo: string,
): Promise<boolean> {
  const row = await db
    .selectFrom('snapshot_access_rules')
    .select('id')
    .where('snapshot_id', '=', snapshotId)
    .where('access_type', '=', type)
    .where('canonical_to', 'in', spellingsOf(type, canonicalTo))
    .executeTakeFirst()
  return row !== undefined
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
