/**
 * Access rules as their owners see them, and the only way the API changes what the backends should know: a change of
 * mappings, a raised generation, `syncing` shown. What becomes of queued rules is in `access-mappings.ts`.
 */
import { sql } from 'kysely'
import { spellingsOf, twinsOf } from '../../model/access-twins.ts'
import { prepared } from '../prepared.ts'
import type { AccessRulesTable, DbOrTx, SharesTable, Tx } from '../schema.ts'
import { refreshRules } from './access-mappings.ts'
import { paged, type Page } from './keyset.ts'
import { writePairs } from './metadata.ts'
import { hasPairs } from './pairs.ts'
import { removeLocksOf } from './resource-locks.ts'
import { ownOrPublic, type Scope } from './scope.ts'

export type AccessRuleRow = AccessRulesTable

export interface RuleFilters {
  readonly type?: string
  readonly canonicalTo?: string
  readonly key?: string
  readonly level?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Without the tenant's wall: the caller checks the rule's share. */
export async function ruleById(db: DbOrTx, id: string): Promise<AccessRuleRow | undefined> {
  return db.selectFrom('access_rules').selectAll().where('id', '=', id).executeTakeFirst()
}

/** A rule with what its view needs of its share and of what hangs on it. */
export interface RuleForView {
  readonly rule: AccessRuleRow
  readonly share: Pick<SharesTable, 'project_id' | 'user_id' | 'access_rules_status'>
  readonly metadata: Readonly<Record<string, string>>
  /** Somebody's visibility lock is on it. */
  readonly lockedAway: boolean
}

/** Undefined where the scope does not see its share. */
export async function ruleForView(db: DbOrTx, scope: Scope, id: string): Promise<RuleForView | undefined> {
  const { projectId } = scope
  const [row] = await (projectId === null ? viewed.ofAll(db, id) : viewed.visible(db, id, projectId))
  if (row === undefined) return undefined
  const { project_id, user_id, access_rules_status, metadata, locks, ...rule } = row
  return {
    rule,
    share: { project_id, user_id, access_rules_status },
    metadata: JSON.parse(metadata ?? '{}') as Record<string, string>,
    lockedAway: Number(locks) > 0,
  }
}

const viewQuery = (db: DbOrTx, id: string) =>
  db
    .selectFrom('access_rules as r')
    .innerJoin('shares as s', 's.id', 'r.share_id')
    .selectAll('r')
    .select(['s.project_id', 's.user_id', 's.access_rules_status'])
    .select((eb) => [
      eb
        .selectFrom('access_rule_metadata as m')
        .select(({ fn }) => fn<string | null>('json_object_of', ['m.meta_key', 'm.meta_value']).as('object'))
        .whereRef('m.access_rule_id', '=', 'r.id')
        .as('metadata'),
      eb
        .selectFrom('resource_locks as l')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('l.resource_id', '=', 'r.id')
        .where('l.resource_action', '=', 'show')
        .as('locks'),
    ])
    .where('r.id', '=', id)

const viewed = {
  ofAll: prepared(viewQuery),
  visible: prepared((db, id: string, projectId: string) =>
    viewQuery(db, id).where(ownOrPublic(projectId, 's')),
  ),
}

/** The rules by which the share lets this client in already, or is about to stop doing so: twins too, and older spellings. */
export async function rulesFor(
  db: DbOrTx,
  shareId: string,
  type: string,
  canonicalTo: string,
): Promise<Pick<AccessRuleRow, 'id' | 'canonical_to'>[]> {
  return db
    .selectFrom('access_rules')
    .select(['id', 'canonical_to'])
    .where('share_id', '=', shareId)
    .where('access_type', '=', type)
    .where(meaning(type, canonicalTo))
    .execute()
}

/** No pattern is in it: twins begin with a control character and hexadecimal digits. */
function meaning(type: string, canonicalTo: string) {
  const each = spellingsOf(type, canonicalTo).flatMap((spelled) => [
    sql<boolean>`access_rules.canonical_to = ${spelled}`,
    sql<boolean>`access_rules.canonical_to like ${`${twinsOf(spelled)}%`}`,
  ])
  return sql<boolean>`(${sql.join(each, sql` or `)})`
}

/** A page of a share's rules. */
export async function rulesOfShare(
  db: DbOrTx,
  shareId: string,
  filters: RuleFilters,
  page: Page,
): Promise<AccessRuleRow[]> {
  let query = db.selectFrom('access_rules').selectAll('access_rules').where('share_id', '=', shareId)
  if (filters.type !== undefined) query = query.where('access_type', '=', filters.type)
  if (filters.canonicalTo !== undefined) {
    query = query.where(meaning(filters.type ?? '', filters.canonicalTo))
  }
  if (filters.key !== undefined) query = query.where('access_key', '=', filters.key)
  if (filters.level !== undefined) query = query.where('access_level', '=', filters.level)
  if (filters.metadata !== undefined) {
    query = query.where(hasPairs('access_rule_metadata', 'access_rules.id', filters.metadata))
  }
  const from = { table: 'access_rules', resourceType: 'access_rule', projectId: null } as const
  return (await paged(db, query, from, page)).execute()
}

/** Writes the rule, its metadata and a mapping for each instance. Throws the database's duplicate error on a second one. */
export async function insertRule(
  tx: Tx,
  rule: AccessRuleRow,
  instanceIds: readonly string[],
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  await tx.insertInto('access_rules').values(rule).execute()
  await writePairs(tx, 'access_rule_metadata', rule.id, metadata)
  if (instanceIds.length === 0) return
  const mappings = instanceIds.map((id) => ({
    access_rule_id: rule.id,
    share_instance_id: id,
    state: rule.state,
  }))
  await tx.insertInto('access_rule_mappings').values(mappings).execute()
}

/** Queues the removal on every instance that knows the rule. False when none does: then nothing has to be told. */
export async function queueDenial(tx: Tx, ruleId: string, now: number): Promise<boolean> {
  await tx
    .updateTable('access_rule_mappings')
    .set({ state: 'queued_to_deny' })
    .where('access_rule_id', '=', ruleId)
    .where('state', '!=', 'denying')
    .execute()
  const left = await tx
    .selectFrom('access_rule_mappings')
    .select('share_instance_id')
    .where('access_rule_id', '=', ruleId)
    .execute()
  await refreshRules(tx, [ruleId], now)
  return left.length > 0
}

/** Writes the level and queues it where the rule is, or may be, on the backend already. */
export async function queueLevel(tx: Tx, ruleId: string, level: string, now: number): Promise<void> {
  await tx
    .updateTable('access_rules')
    .set({ access_level: level, updated_at: now })
    .where('id', '=', ruleId)
    .execute()
  await tx
    .updateTable('access_rule_mappings')
    .set({ state: 'queued_to_update' })
    .where('access_rule_id', '=', ruleId)
    .where('state', 'in', ['active', 'applying', 'updating', 'error'])
    .execute()
  await refreshRules(tx, [ruleId], now)
}

/** A rule that no backend knows, and what hangs on it. */
export async function removeRule(tx: Tx, ruleId: string): Promise<void> {
  await removeLocksOf(tx, ruleId)
  await tx.deleteFrom('access_rule_mappings').where('access_rule_id', '=', ruleId).execute()
  await tx.deleteFrom('access_rule_metadata').where('access_rule_id', '=', ruleId).execute()
  await tx.deleteFrom('access_rules').where('id', '=', ruleId).execute()
}
