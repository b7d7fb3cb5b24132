/** Reading and writing quota limits. What is in use changes only through `settle` in `quotas.ts`. */
import { quotaDefaults, type QuotaResource } from '../../model/quota.ts'
import { readAgain } from '../once.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import type { Payer, QuotaScope } from '../../model/quota-lines.ts'
import { limitsOf, type ConfiguredLimits } from './quota-room.ts'

/** Whose quota: a project's, or that of one user or one share type within it (`scopeId`; '' for the project). */
export interface QuotaOwner {
  readonly projectId: string
  readonly scope: QuotaScope
  readonly scopeId: string
}

export interface QuotaLine {
  /** In force; -1 = unlimited. */
  readonly limit: number
  readonly inUse: number
}

export type QuotaTable = Readonly<Record<QuotaResource, QuotaLine>>

export const quotaResources = Object.keys(quotaDefaults) as readonly QuotaResource[]

/** Limits in force for the owner, the project's where it has none of its own, and what it uses. */
export async function quotaTable(
  db: DbOrTx,
  owner: QuotaOwner,
  configured: ConfiguredLimits,
): Promise<QuotaTable> {
  const limits = await limitsOf(db, payerOf(owner), configured)
  const own: Partial<Record<QuotaResource, number>> = limits[owner.scope]
  const rows = await db
    .selectFrom('quota_usages')
    .select(['resource', 'in_use'])
    .where('project_id', '=', owner.projectId)
    .where('scope', '=', owner.scope)
    .where('scope_id', '=', owner.scopeId)
    .execute()
  const inUse = new Map(rows.map((row) => [row.resource, row.in_use]))
  const line = (resource: QuotaResource): QuotaLine => ({
    limit: own[resource] ?? limits.project[resource],
    inUse: inUse.get(resource) ?? 0,
  })
  return Object.fromEntries(quotaResources.map((resource) => [resource, line(resource)])) as Record<
    QuotaResource,
    QuotaLine
  >
}

const payerOf = ({ projectId, scope, scopeId }: QuotaOwner): Payer => ({
  projectId,
  userId: scope === 'user' ? scopeId : '',
  shareTypeId: scope === 'share_type' ? scopeId : null,
})

/** Limits of projects that have none of their own: the configuration under the class `default`. */
export async function defaultLimits(
  db: DbOrTx,
  configured: ConfiguredLimits,
): Promise<Record<QuotaResource, number>> {
  return classLimits(db, 'default', configured)
}

/** Limits of a class, the configuration's where it says nothing. */
export async function classLimits(
  db: DbOrTx,
  className: string,
  configured: ConfiguredLimits,
): Promise<Record<QuotaResource, number>> {
  const rows = await db
    .selectFrom('quota_classes')
    .select(['resource', 'hard_limit'])
    .where('class_name', '=', className)
    .execute()
  const set = Object.fromEntries(rows.map((row) => [row.resource, row.hard_limit]))
  return { ...quotaDefaults, ...configured, ...set }
}

type NewLimits = readonly (readonly [resource: QuotaResource, limit: number])[]

export async function setLimits(tx: Tx, owner: QuotaOwner, limits: NewLimits): Promise<void> {
  readAgain(tx)
  const { projectId: project_id, scope, scopeId: scope_id } = owner
  for (const [resource, hard_limit] of limits) {
    await tx
      .deleteFrom('quota_limits')
      .where('project_id', '=', project_id)
      .where('scope', '=', scope)
      .where('scope_id', '=', scope_id)
      .where('resource', '=', resource)
      .execute()
    await tx
      .insertInto('quota_limits')
      .values({ project_id, scope, scope_id, resource, hard_limit })
      .execute()
  }
}

export async function setClassLimits(tx: Tx, className: string, limits: NewLimits): Promise<void> {
  readAgain(tx)
  for (const [resource, hard_limit] of limits) {
    await tx
      .deleteFrom('quota_classes')
      .where('class_name', '=', className)
      .where('resource', '=', resource)
      .execute()
    await tx.insertInto('quota_classes').values({ class_name: className, resource, hard_limit }).execute()
  }
}

/** Back to the defaults. A project takes the limits of its users and share types along. */
export async function deleteLimits(tx: Tx, owner: QuotaOwner): Promise<void> {
  readAgain(tx)
  let query = tx.deleteFrom('quota_limits').where('project_id', '=', owner.projectId)
  if (owner.scope !== 'project') {
    query = query.where('scope', '=', owner.scope).where('scope_id', '=', owner.scopeId)
  }
  await query.execute()
}
