/** Rows of shares: find, insert, write, delete, and what hangs on one. Lists are in `share-list.ts`, state changes in `src/lifecycle/shares`. */
import { sql } from 'kysely'
import { prepared } from '../prepared.ts'
import { insertRow, updateRows } from '../shapes.ts'
import type { DbOrTx, ShareInstancesTable, SharesTable, Tx } from '../schema.ts'
import { holdMountPointName } from './mount-point-names.ts'
import { everything, ownOrPublic, type Scope } from './scope.ts'

export type ShareRow = SharesTable

/** Everything that concerns one share, without its tenant's wall: for the services and for rows already checked. */
export async function shareById(db: DbOrTx, id: string): Promise<ShareRow | undefined> {
  return db.selectFrom('shares').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A share the scope may see: its own and public ones. */
export async function visibleShare(db: DbOrTx, scope: Scope, id: string): Promise<ShareRow | undefined> {
  const { projectId } = scope
  const rows = await (projectId === null ? oneShare.ofAll(db, id) : oneShare.visible(db, id, projectId))
  return rows[0]
}
const oneShare = {
  ofAll: prepared((db, id: string) => visible(db, everything, id)),
  visible: prepared((db, id: string, projectId: string) => visible(db, { projectId }, id)),
}

/** The query for it; `share-turns.ts` locks what it finds. */
export const visible = (db: DbOrTx, scope: Scope, id: string) => visibleOnes(db, scope).where('id', '=', id)

export function visibleOnes(db: DbOrTx, scope: Scope) {
  const query = db.selectFrom('shares').selectAll()
  if (scope.projectId === null) return query
  return query.where(ownOrPublic(scope.projectId))
}

/**
 * Writes a new share with its first instance, metadata and hold on its mount point name; the caller charges quota and enqueues
 * the work. Throws the database's duplicate error when another took the name meanwhile.
 */
export async function insertShare(
  tx: Tx,
  share: SharesTable,
  instance: ShareInstancesTable,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await insertRow(tx, 'shares', share)
  await insertRow(tx, 'share_instances', instance)
  if (share.mount_point_name !== null) {
    const held = { name: share.mount_point_name, instanceId: instance.id, now: share.created_at }
    await holdMountPointName(tx, held)
  }
  const rows = Object.entries(metadata).map(([meta_key, meta_value]) => ({
    share_id: share.id,
    meta_key,
    meta_value,
  }))
  if (rows.length > 0) await tx.insertInto('share_metadata').values(rows).execute()
}

/** Columns that are only about the share: name, description, visibility, recycle bin, task state. */
export async function updateShareColumns(
  tx: Tx,
  id: string,
  columns: Partial<
    Pick<
      SharesTable,
      | 'name'
      | 'description'
      | 'is_public'
      | 'is_soft_deleted'
      | 'scheduled_to_be_deleted_at'
      | 'task_state'
      | 'updated_at'
    >
  >,
): Promise<void> {
  await updateRows(tx, 'shares', columns, { id })
}

/** Any columns of a share: what they may be is said in `src/lifecycle/shares`. */
export async function writeShare(
  tx: Tx,
  id: string,
  columns: Partial<Omit<SharesTable, 'id'>>,
): Promise<void> {
  await updateRows(tx, 'shares', columns, { id })
}

/** A share without instances, and what hangs on it alone. */
export async function deleteShare(tx: Tx, shareId: string): Promise<void> {
  const rules = tx.selectFrom('access_rules').select('id').where('share_id', '=', shareId)
  // Most shares have nothing of all this when they go, and nobody adds to it while the share is held: one look instead of five deletions.
  const has = await tx
    .selectNoFrom((eb) => [
      rules.limit(1).as('rule'),
      eb.selectFrom('share_metadata').select('meta_key').where('share_id', '=', shareId).limit(1).as('item'),
      eb.selectFrom('resource_locks').select('id').where('resource_id', '=', shareId).limit(1).as('lock'),
    ])
    .executeTakeFirstOrThrow()
  if (has.rule !== null) {
    await tx.deleteFrom('access_rule_metadata').where('access_rule_id', 'in', rules).execute()
    await tx.deleteFrom('resource_locks').where('resource_id', 'in', rules).execute()
    await tx.deleteFrom('access_rules').where('share_id', '=', shareId).execute()
  }
  if (has.item !== null) await tx.deleteFrom('share_metadata').where('share_id', '=', shareId).execute()
  if (has.lock !== null) await tx.deleteFrom('resource_locks').where('resource_id', '=', shareId).execute()
  await tx.deleteFrom('shares').where('id', '=', shareId).execute()
}

/** What stands in the way of deleting a share. */
export async function dependentsOf(
  db: DbOrTx,
  shareId: string,
): Promise<{ snapshots: number; backups: number; groupMembers: number; deleteLocks: number }> {
  const { rows } = await sql<{ what: string; count: number }>`
    select 'snapshots' as what, count(*) as count from snapshots where share_id = ${shareId} and share_group_snapshot_id is null
    union all select 'backups', count(*) from share_backups where share_id = ${shareId}
    union all select 'members', count(*) from snapshots where share_id = ${shareId} and share_group_snapshot_id is not null
    union all select 'locks', count(*) from resource_locks where resource_id = ${shareId} and resource_action = 'delete'
  `.execute(db)
  const count = (what: string): number => Number(rows.find((row) => row.what === what)?.count ?? 0)
  return {
    snapshots: count('snapshots'),
    backups: count('backups'),
    groupMembers: count('members'),
    deleteLocks: count('locks'),
  }
}

/** Most of them that are looked up: enough to say that there are more. */
const maxElsewhere = 10

/** Snapshots of the share, or locks on it, that belong to another project than the share, oldest first. */
export async function dependentsElsewhere(
  db: DbOrTx,
  of: { readonly shareId: string; readonly projectId: string; readonly kind: 'snapshots' | 'locks' },
): Promise<{ id: string; projectId: string }[]> {
  const rows =
    of.kind === 'snapshots'
      ? db
          .selectFrom('snapshots')
          .select(['id', 'project_id', 'created_at'])
          .where('share_id', '=', of.shareId)
          .where('share_group_snapshot_id', 'is', null)
      : db
          .selectFrom('resource_locks')
          .select(['id', 'project_id', 'created_at'])
          .where('resource_id', '=', of.shareId)
          .where('resource_action', '=', 'delete')
  const found = await db
    .selectFrom(rows.as('dependents'))
    .select(['id', 'project_id'])
    .where('project_id', '<>', of.projectId)
    .orderBy('created_at')
    .orderBy('id')
    .limit(maxElsewhere)
    .execute()
  return found.map((row) => ({ id: row.id, projectId: row.project_id }))
}

/** Labels of the pools that hold the share's instances; null when there is no such share. */
export async function poolLabelsOfShare(db: DbOrTx, shareId: string): Promise<string[] | null> {
  const rows = await db.selectFrom('share_instances').select('host').where('share_id', '=', shareId).execute()
  return rows.length === 0 ? null : rows.map((row) => row.host).filter((host) => host !== '')
}
