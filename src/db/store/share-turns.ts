/**
 * One turn at a time for a share and all that hangs on it: its instances, snapshots, rules and locks. Whoever decides from
 * any of these takes the share's row first and holds it until his transaction ends, so that what he read stays true until
 * what he writes is there. At READ COMMITTED nothing else does that: a deletion that counts no snapshots and a snapshot that
 * finds the share available would both succeed (docs/decisions/0034-one-turn-per-share.md).
 *
 * The order of all locks is: share, then its instances and snapshots, then quota, then lanes and pools. `for update` is left out
 * where the database has one writer anyway (dialects).
 */
import { prepared } from '../prepared.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import { everything, type Scope } from './scope.ts'
import { visible, visibleOnes, type ShareRow } from './shares.ts'

/** The share that the scope may see, as it is when its turn has come; undefined when there is none. */
export async function takeVisibleShare(tx: Tx, scope: Scope, id: string): Promise<ShareRow | undefined> {
  const { projectId } = scope
  return (await (projectId === null ? taken(tx, id) : takenIfVisible(tx, id, projectId)))[0]
}
const takenIfVisible = prepared((db, id: string, projectId: string) =>
  visible(db, { projectId }, id).forUpdate(),
)

export async function takeShare(tx: Tx, id: string): Promise<ShareRow | undefined> {
  return (await taken(tx, id))[0]
}
const taken = prepared((db, id: string) =>
  db.selectFrom('shares').selectAll().where('id', '=', id).forUpdate(),
)

/** Several at once, always in the same order. */
export async function takeShares(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const id of [...new Set(ids)].sort()) await takeShare(tx, id)
}

/** The share of an instance; which share that is never changes. */
export async function takeShareOfInstance(tx: Tx, instanceId: string): Promise<ShareRow | undefined> {
  return (await takenOfInstance(tx, instanceId))[0]
}
const takenOfInstance = prepared((db, instanceId: string) =>
  db
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', (eb) =>
      eb.selectFrom('share_instances').select('share_id').where('share_instances.id', '=', instanceId),
    )
    .forUpdate(),
)

/** The share that a snapshot was taken of, if the scope may see the snapshot. */
export function takeShareOfSnapshot(tx: Tx, scope: Scope, snapshotId: string): Promise<ShareRow | undefined> {
  return ofSnapshot(tx, scope, snapshotId).forUpdate().executeTakeFirst()
}

/** The same without its turn, for whoever changes nothing. */
export function shareOfSnapshot(db: DbOrTx, scope: Scope, snapshotId: string): Promise<ShareRow | undefined> {
  return ofSnapshot(db, scope, snapshotId).executeTakeFirst()
}

const ofSnapshot = (db: DbOrTx, scope: Scope, snapshotId: string) =>
  db
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', (eb) => {
      const snapshot = eb
        .selectFrom('snapshots')
        .select('share_id')
        .where('snapshots.id', '=', snapshotId)
        .where('snapshots.share_group_snapshot_id', 'is', null)
      return scope.projectId === null
        ? snapshot
        : snapshot.where('snapshots.project_id', '=', scope.projectId)
    })

/** The share that a snapshot instance belongs to. */
export function takeShareOfSnapshotInstance(
  tx: Tx,
  snapshotInstanceId: string,
): Promise<ShareRow | undefined> {
  return tx
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', (eb) =>
      eb
        .selectFrom('snapshots')
        .innerJoin('snapshot_instances', 'snapshot_instances.snapshot_id', 'snapshots.id')
        .select('snapshots.share_id')
        .where('snapshot_instances.id', '=', snapshotInstanceId),
    )
    .forUpdate()
    .executeTakeFirst()
}

/** The share that an access rule is on. */
export function takeShareOfRule(tx: Tx, ruleId: string): Promise<ShareRow | undefined> {
  return takeVisibleShareOfRule(tx, everything, ruleId)
}

/** The same, if the scope may see the share. */
export function takeVisibleShareOfRule(tx: Tx, scope: Scope, ruleId: string): Promise<ShareRow | undefined> {
  return visibleOnes(tx, scope)
    .where('id', '=', (eb) =>
      eb.selectFrom('access_rules').select('share_id').where('access_rules.id', '=', ruleId),
    )
    .forUpdate()
    .executeTakeFirst()
}
