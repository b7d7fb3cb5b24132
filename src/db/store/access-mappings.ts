/**
 * Access rules as one share instance's backend should know them, and snapshot rules likewise. Desired state with a
 * generation: whoever changes a rule raises `access_generation`; `access_applied` follows when the backend has them all.
 * The share manager alone moves rules on; the API only queues.
 */
import { sql } from 'kysely'
import { meaningOf } from '../../model/access-twins.ts'
import { aggregateRuleState } from '../../model/states.ts'
import { ofShape } from '../shapes.ts'
import type { DbOrTx, Tx } from '../schema.ts'

/** One rule as one instance sees it. */
export interface MappedRule {
  readonly id: string
  readonly type: string
  /** Canonical by today's laws. */
  readonly to: string
  /** Its unique spelling in the database: what was canonical when it was made, or a twin's. */
  readonly stored: string
  readonly level: string
  /** State of the mapping (of the rule itself, for snapshots). */
  readonly state: string
}

/** Ids in one statement: SQLite takes 32,766 parameters, and a share may have more rules. */
const idsAtOnce = 1000

function* inChunks(ids: readonly string[]): Generator<string[]> {
  for (let at = 0; at < ids.length; at += idsAtOnce) yield ids.slice(at, at + idsAtOnce)
}

const inFlight: Readonly<Record<string, string>> = {
  queued_to_apply: 'applying',
  queued_to_deny: 'denying',
  queued_to_update: 'updating',
}
/** A rule in one of these must be on the export after the next call. */
export const mustBeOn: readonly string[] = ['active', 'applying', 'updating']

export async function rulesOfInstance(db: DbOrTx, shareInstanceId: string): Promise<MappedRule[]> {
  const rows = await db
    .selectFrom('access_rule_mappings')
    .innerJoin('access_rules', 'access_rules.id', 'access_rule_mappings.access_rule_id')
    .select([
      'access_rules.id',
      'access_rules.access_type',
      'access_rules.access_to',
      'access_rules.canonical_to',
      'access_rules.access_level as level',
      'access_rule_mappings.state',
    ])
    .where('access_rule_mappings.share_instance_id', '=', shareInstanceId)
    .orderBy('access_rules.created_at')
    .orderBy('access_rules.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    type: row.access_type,
    to: meaningOf(row),
    stored: row.canonical_to,
    level: row.level,
    state: row.state,
  }))
}

export async function rulesOfSnapshot(db: DbOrTx, snapshotId: string): Promise<MappedRule[]> {
  const rows = await db
    .selectFrom('snapshot_access_rules')
    .select(['id', 'access_type', 'access_to', 'canonical_to', 'state'])
    .where('snapshot_id', '=', snapshotId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    type: row.access_type,
    to: meaningOf(row),
    stored: row.canonical_to,
    level: 'ro',
    state: row.state,
  }))
}

/**
 * Of these rules of the instance, those that are queued are under way from now on; answers all of them as they are then. What somebody
 * queues meanwhile is under way as well, or is left: he raises the generation with it, so that it is looked at again.
 */
export async function startQueuedRules(
  tx: Tx,
  shareInstanceId: string,
  rules: readonly MappedRule[],
  now: number,
): Promise<readonly MappedRule[]> {
  const queued = rules.filter((rule) => rule.state in inFlight).map(({ id }) => id)
  for (const ids of inChunks(queued)) {
    await tx
      .updateTable('access_rule_mappings')
      .set({ state: nextState })
      .where('share_instance_id', '=', shareInstanceId)
      .where('access_rule_id', 'in', ids)
      .where('state', 'in', Object.keys(inFlight))
      .execute()
  }
  await refreshRules(tx, queued, now)
  return rules.map((rule) => ({ ...rule, state: inFlight[rule.state] ?? rule.state }))
}

const nextState = sql<string>`case state ${sql.join(
  Object.entries(inFlight).map(([from, to]) => sql`when ${sql.lit(from)} then ${sql.lit(to)}`),
  sql` `,
)} end`

export async function startQueuedSnapshotRules(tx: Tx, snapshotId: string, now: number): Promise<void> {
  await tx
    .updateTable('snapshot_access_rules')
    .set({ state: nextState, updated_at: now })
    .where('snapshot_id', '=', snapshotId)
    .where('state', 'in', Object.keys(inFlight))
    .execute()
}

/** Moves mappings, unless the user queued another change of one meanwhile: then that comes next. */
export async function settleRules(
  tx: Tx,
  shareInstanceId: string,
  ruleIds: readonly string[],
  from: readonly string[],
  to: 'active' | 'error',
): Promise<void> {
  for (const ids of inChunks(ruleIds)) {
    await tx
      .updateTable('access_rule_mappings')
      .set({ state: to })
      .where('share_instance_id', '=', shareInstanceId)
      .where('access_rule_id', 'in', ids)
      .where('state', 'in', from)
      .execute()
  }
}

/** As {@link settleRules}, for a snapshot's own rules. */
export async function settleSnapshotRules(
  tx: Tx,
  snapshotId: string,
  ruleIds: readonly string[],
  {
    from,
    to,
    now,
  }: { readonly from: readonly string[]; readonly to: 'active' | 'error'; readonly now: number },
): Promise<void> {
  for (const ids of inChunks(ruleIds)) {
    await tx
      .updateTable('snapshot_access_rules')
      .set({ state: to, updated_at: now })
      .where('snapshot_id', '=', snapshotId)
      .where('id', 'in', ids)
      .where('state', 'in', from)
      .execute()
  }
}

/**
 * Takes the snapshot's denied rules away, once no other instance of it is behind any more: until then one may still let the client
 * in.
 */
export async function removeDeniedOfSnapshot(
  tx: Tx,
  snapshotId: string,
  snapshotInstanceId: string,
): Promise<void> {
  const behind = await tx
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .select('snapshot_instances.id')
    .where('snapshot_instances.snapshot_id', '=', snapshotId)
    .where('snapshot_instances.id', '!=', snapshotInstanceId)
    .where('share_instances.backend_id', 'is not', null)
    .whereRef('snapshot_instances.access_generation', '!=', 'snapshot_instances.access_applied')
    .executeTakeFirst()
  if (behind !== undefined) return
  await tx
    .deleteFrom('snapshot_access_rules')
    .where('snapshot_id', '=', snapshotId)
    .where('state', '=', 'denying')
    .execute()
}

/** Takes denied mappings away, and the rules that no instance has any more with all that hangs on them. */
export async function removeDenied(
  tx: Tx,
  shareInstanceId: string,
  ruleIds: readonly string[],
): Promise<void> {
  for (const ids of inChunks(ruleIds)) {
    await tx
      .deleteFrom('access_rule_mappings')
      .where('share_instance_id', '=', shareInstanceId)
      .where('access_rule_id', 'in', ids)
      .where('state', '=', 'denying')
      .execute()
    const left = await tx
      .selectFrom('access_rule_mappings')
      .select('access_rule_id')
      .where('access_rule_id', 'in', ids)
      .execute()
    const known = new Set(left.map((row) => row.access_rule_id))
    const gone = ids.filter((id) => !known.has(id))
    if (gone.length === 0) continue
    await removeLocks(tx, gone)
    await tx.deleteFrom('access_rule_metadata').where('access_rule_id', 'in', gone).execute()
    await tx.deleteFrom('access_rules').where('id', 'in', gone).execute()
  }
}

/** A rule's locks, and the lock that one of them put on the share. */
async function removeLocks(tx: Tx, ruleIds: readonly string[]): Promise<void> {
  const locks = await tx
    .selectFrom('resource_locks')
    .select('id')
    .where('resource_id', 'in', ruleIds)
    .execute()
  if (locks.length === 0) return
  const reasons = locks.map(({ id }) => `Locked by access lock: ${id}`)
  await tx.deleteFrom('resource_locks').where('lock_reason', 'in', reasons).execute()
  await tx
    .deleteFrom('resource_locks')
    .where(
      'id',
      'in',
      locks.map(({ id }) => id),
    )
    .execute()
}

/** What each rule shows: the worst of its mappings. */
export async function refreshRules(tx: Tx, ruleIds: readonly string[], now: number): Promise<void> {
  for (const ids of inChunks(ruleIds)) {
    const mappings = await tx
      .selectFrom('access_rule_mappings')
      .select(['access_rule_id', 'state'])
      .where('access_rule_id', 'in', ids)
      .execute()
    const states = Map.groupBy(mappings, (row) => row.access_rule_id)
    const byState = Map.groupBy(states.keys(), (id) =>
      aggregateRuleState((states.get(id) ?? []).map((row) => row.state)),
    )
    for (const [state, of] of byState) {
      await tx
        .updateTable('access_rules')
        .set({ state, updated_at: now })
        .where('id', 'in', of)
        .where('state', '!=', state)
        .execute()
    }
  }
}

/** Stores what these rules mean by today's laws, so that a second one of the same meaning is found. */
export async function respell(
  tx: Tx,
  table: 'access_rules' | 'snapshot_access_rules',
  rules: readonly MappedRule[],
): Promise<void> {
  for (const { id, to } of rules)
    await tx.updateTable(table).set({ canonical_to: to }).where('id', '=', id).execute()
}

/** Keys that the backend made for a rule (CephX). */
export async function setAccessKey(tx: Tx, ruleId: string, key: string): Promise<void> {
  await tx.updateTable('access_rules').set({ access_key: key }).where('id', '=', ruleId).execute()
}

/** `error` while some rule is in error, `syncing` while something is to do, else `active`. */
export function rulesStatusOf(rules: readonly MappedRule[]): 'active' | 'syncing' | 'error' {
  if (rules.some((rule) => rule.state === 'error')) return 'error'
  return rules.every((rule) => rule.state === 'active') ? 'active' : 'syncing'
}

/** What a backend hasn't got all rules of. */
export interface RulesWork {
  readonly id: string
  readonly isSnapshot: boolean
}

/**
 * Share instances of a backend whose rules the backend hasn't all got, and snapshot instances, oldest change first; of each at most
 * `limit`. Without `ids`, which are of either kind, every instance on the backend is looked at; with them those, and the snapshots of
 * those that are shares.
 */
export async function rulesWork(
  db: DbOrTx,
  backendId: string,
  limit: number,
  ids?: readonly string[],
): Promise<RulesWork[]> {
  const { rows } =
    ids === undefined
      ? { rows: await workQuery(db, backendId, limit).execute() }
      : await ofShape(db, `rules of ${ids.length}`, [backendId, limit, ...ids], (backend, most, ...all) =>
          workQuery(db, backend as string, most as number, all as readonly string[]),
        )
  return rows.map(({ id, is_snapshot }) => ({ id, isSnapshot: is_snapshot === 1 }))
}

function workQuery(db: DbOrTx, backendId: string, limit: number, ids?: readonly string[]) {
  const shares = db
    .selectFrom('share_instances')
    .select(['id', sql<number>`0`.as('is_snapshot')])
    .where('backend_id', '=', backendId)
    .whereRef('access_generation', '!=', 'access_applied')
    .$if(ids !== undefined, (query) => query.where('id', 'in', ids ?? []))
    .orderBy('updated_at')
    .limit(limit)
  const allSnapshots = db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .select(['snapshot_instances.id', sql<number>`1`.as('is_snapshot')])
    .where('share_instances.backend_id', '=', backendId)
    .whereRef('snapshot_instances.access_generation', '!=', 'snapshot_instances.access_applied')
    .orderBy('snapshot_instances.updated_at')
    .limit(limit)
  // One after the other, so that each is found by its own index.
  const snapshots =
    ids === undefined
      ? [allSnapshots]
      : (['id', 'share_instance_id'] as const).map((column) =>
          allSnapshots.where(`snapshot_instances.${column}`, 'in', ids),
        )
  // Whoever looks mostly finds nothing: one question is enough for that.
  return snapshots.reduce(
    (query, some, at) => query.unionAll(db.selectFrom(some.as(`snapshots_behind_${at}`)).selectAll()),
    db.selectFrom(shares.as('shares_behind')).selectAll(),
  )
}

/** Share instances and snapshot instances of what these operations were about. */
export async function instancesOfOperations(db: DbOrTx, operationIds: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('operations as o')
    .innerJoin('share_instances as i', 'i.share_id', 'o.resource_id')
    .select('i.id')
    .where('o.id', 'in', operationIds)
    .unionAll(
      db
        .selectFrom('operations as o')
        .innerJoin('snapshot_instances as i', 'i.snapshot_id', 'o.resource_id')
        .select('i.id')
        .where('o.id', 'in', operationIds),
    )
    .execute()
  return rows.map(({ id }) => id)
}

/** Has the reconciler look at an instance's rules again. */
export async function touchRules(tx: Tx, shareInstanceId: string): Promise<void> {
  await tx
    .updateTable('share_instances')
    .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
    .where('id', '=', shareInstanceId)
    .execute()
}
