/**
 * Quota limits and usage. `charge` is the only way usage changes, always in the transaction of the transition that causes
 * it; what to charge comes from `model/quota.ts`, so a recount can't disagree with the running totals.
 */
import { fault } from '../../model/errors.ts'
import {
  chargeDifference,
  quotaDefaults,
  type Charges,
  type CountedResource,
  type QuotaResource,
} from '../../model/quota.ts'
import type { DbOrTx, QuotaLimitsTable, QuotaUsagesTable, Tx } from '../schema.ts'

export type QuotaScope = QuotaUsagesTable['scope']

/** Who pays. */
export interface Payer {
  readonly projectId: string
  readonly userId: string
  readonly shareTypeId: string | null
}

/** Resources that are also counted per share type. */
export const perTypeResources: readonly CountedResource[] = [
  'shares',
  'gigabytes',
  'snapshots',
  'snapshot_gigabytes',
  'share_replicas',
  'replica_gigabytes',
]

/** Limits of the service's configuration, which the editable class `default` overrides. */
export type ConfiguredLimits = Readonly<Record<QuotaResource, number>>

/**
 * Adds `difference` to the payer's usage. With `enforce` a growth beyond a limit throws `OverQuota` (and the caller's
 * transaction rolls back); transitions that only settle what was accepted earlier pass null.
 */
export async function charge(
  tx: Tx,
  payer: Payer,
  difference: Charges,
  enforce: ConfiguredLimits | null,
): Promise<void> {
  const resources = Object.entries(difference) as [CountedResource, number][]
  if (resources.length === 0) return
  // Each row stays locked until the commit: who takes them in another order waits for ever.
  resources.sort(([one], [other]) => (one < other ? -1 : 1))
  for (const [resource, delta] of resources) {
    await add(tx, payer.projectId, 'project', '', resource, delta)
    await add(tx, payer.projectId, 'user', payer.userId, resource, delta)
    if (payer.shareTypeId !== null && perTypeResources.includes(resource)) {
      await add(tx, payer.projectId, 'share_type', payer.shareTypeId, resource, delta)
    }
  }
  if (enforce !== null && resources.some(([, delta]) => delta > 0)) {
    await refuseExcess(tx, payer, difference, enforce)
  }
}

/** Throws `OverQuota` as {@link charge} would; nothing is charged. For what is paid when it is there. */
export async function refuseUnaffordable(
  tx: Tx,
  payer: Payer,
  charges: Charges,
  enforce: ConfiguredLimits,
): Promise<void> {
  await charge(tx, payer, charges, enforce)
  await charge(tx, payer, chargeDifference(charges, {}), null)
}

/** `per_share_gigabytes` is a ceiling, not a count. Throws `OverQuota` for a share above it. */
export async function refuseLarger(
  db: DbOrTx,
  payer: Payer,
  sizeGib: number,
  configured: ConfiguredLimits,
): Promise<void> {
  const excess = largerThanAllowed(await limitsOf(db, payer, configured), sizeGib)
  if (excess !== null) throw fault('OverQuota', { ...excess })
}

async function add(
  tx: Tx,
  projectId: string,
  scope: QuotaScope,
  scopeId: string,
  resource: CountedResource,
  delta: number,
): Promise<void> {
  const changed = await tx
    .updateTable('quota_usages')
    .set((eb) => ({ in_use: eb('in_use', '+', delta) }))
    .where('project_id', '=', projectId)
    .where('scope', '=', scope)
    .where('scope_id', '=', scopeId)
    .where('resource', '=', resource)
    .executeTakeFirst()
  if (changed.numUpdatedRows > 0n) return
  await tx
    .insertInto('quota_usages')
    .values({ project_id: projectId, scope, scope_id: scopeId, resource, in_use: delta })
    .execute()
}

async function refuseExcess(
  tx: Tx,
  payer: Payer,
  difference: Charges,
  configured: ConfiguredLimits,
): Promise<void> {
  const usages = await usageRows(tx, payer)
  const limits = await limitsOf(tx, payer, configured)
  // They are charged already.
  const before = (scope: QuotaScope, resource: CountedResource): number =>
    (usages.find((row) => row.scope === scope && row.resource === resource)?.in_use ?? 0) -
    (difference[resource] ?? 0)
  const excess = excessOf(limits, before, difference)
  if (excess !== null) throw fault('OverQuota', { ...excess })
}

function usageRows(db: DbOrTx, payer: Payer) {
  return db
    .selectFrom('quota_usages')
    .selectAll()
    .where('project_id', '=', payer.projectId)
    .where('scope_id', 'in', ['', payer.userId, ...(payer.shareTypeId === null ? [] : [payer.shareTypeId])])
    .execute()
}

export interface Limits {
  /** Every resource. */
  readonly project: Record<QuotaResource, number>
  /** Only what was set for the user. */
  readonly user: Partial<Record<QuotaResource, number>>
  /** Only what was set for the share type. */
  readonly share_type: Partial<Record<QuotaResource, number>>
}

/** Limits in force: configuration, overridden by class `default`, overridden by the project's own. */
export async function limitsOf(db: DbOrTx, payer: Payer, configured: ConfiguredLimits): Promise<Limits> {
  const classes = await classRows(db)
  const rows = await db
    .selectFrom('quota_limits')
    .selectAll()
    .where('project_id', '=', payer.projectId)
    .where('scope_id', 'in', ['', payer.userId, ...(payer.shareTypeId === null ? [] : [payer.shareTypeId])])
    .execute()
  return limitsFrom(classes, rows, payer, configured)
}

const classRows = (db: DbOrTx) =>
  db
    .selectFrom('quota_classes')
    .select(['resource', 'hard_limit'])
    .where('class_name', '=', 'default')
    .execute()

type ClassRow = Awaited<ReturnType<typeof classRows>>[number]

function limitsFrom(
  classes: readonly ClassRow[],
  rows: readonly QuotaLimitsTable[],
  payer: Payer,
  configured: ConfiguredLimits,
): Limits {
  const ids: Readonly<Record<QuotaScope, string | null>> = {
    project: '',
    user: payer.userId,
    share_type: payer.shareTypeId,
  }
  const pick = (scope: QuotaScope): Partial<Record<QuotaResource, number>> =>
    Object.fromEntries(
      rows
        .filter(
          (row) => row.project_id === payer.projectId && row.scope === scope && row.scope_id === ids[scope],
        )
        .map((row) => [row.resource, row.hard_limit]),
    )
  return {
    project: {
      ...quotaDefaults,
      ...configured,
      ...Object.fromEntries(classes.map((row) => [row.resource, row.hard_limit])),
      ...pick('project'),
    },
    user: pick('user'),
    share_type: pick('share_type'),
  }
}

/** One limit beside what a charge would make of it. */
export interface PriceLine {
  readonly resource: QuotaResource
  readonly scope: QuotaScope
  /** Negative: unlimited. */
  readonly limit: number
  readonly in_use: number
  readonly charge: number
  readonly fits: boolean
}

/** Limits and usage of many payers at once, in three statements. */
export interface Room {
  /** Every limit that these charges meet, and `per_share_gigabytes`; of a user or share type those that were set. */
  prices(payer: Payer, charges: Charges, sizeGib: number): PriceLine[]
  /** Why these charges would be refused; null when they would not. */
  excess(payer: Payer, charges: Charges): Excess | null
  /** Why a share of this size would be refused; null when it would not. */
  tooLarge(payer: Payer, sizeGib: number): Excess | null
}

/** As {@link charge} and {@link refuseLarger} would decide now. The payers are those of one page. */
export async function roomOf(
  db: DbOrTx,
  payers: readonly Payer[],
  configured: ConfiguredLimits,
): Promise<Room> {
  const projects = [...new Set(payers.map(({ projectId }) => projectId))]
  const ids = new Set(['', ...payers.flatMap(({ userId, shareTypeId }) => [userId, shareTypeId ?? ''])])
  const of = { projects, ids: [...ids] }
  const classes = await classRows(db)
  const limits = await db
    .selectFrom('quota_limits')
    .selectAll()
    .where('project_id', 'in', of.projects)
    .where('scope_id', 'in', of.ids)
    .execute()
  const usages = await db
    .selectFrom('quota_usages')
    .selectAll()
    .where('project_id', 'in', of.projects)
    .where('scope_id', 'in', of.ids)
    .execute()
  const used = new Map(
    usages.map((row) => [`${row.project_id} ${row.scope} ${row.scope_id} ${row.resource}`, row.in_use]),
  )
  const limitsFor = (payer: Payer): Limits => limitsFrom(classes, limits, payer, configured)
  const inUseOf = (payer: Payer) => {
    const ids = { project: '', user: payer.userId, share_type: payer.shareTypeId ?? '' }
    return (scope: QuotaScope, resource: QuotaResource): number =>
      used.get(`${payer.projectId} ${scope} ${ids[scope]} ${resource}`) ?? 0
  }
  return {
    excess: (payer, charges) => excessOf(limitsFor(payer), inUseOf(payer), charges),
    prices: (payer, charges, sizeGib) =>
      pricesOf(limitsFor(payer), inUseOf(payer), { ...charges, per_share_gigabytes: sizeGib }),
    tooLarge: (payer, sizeGib) => largerThanAllowed(limitsFor(payer), sizeGib),
  }
}

function pricesOf(
  limits: Limits,
  inUse: (scope: QuotaScope, resource: QuotaResource) => number,
  charges: Readonly<Partial<Record<QuotaResource, number>>>,
): PriceLine[] {
  const scopes = Object.entries(limits) as [QuotaScope, Partial<Record<QuotaResource, number>>][]
  return (Object.entries(charges) as [QuotaResource, number][]).flatMap(([resource, charge]) =>
    scopes.flatMap(([scope, table]) => {
      const limit = table[resource]
      if (limit === undefined) return []
      const before = inUse(scope, resource)
      return { resource, scope, limit, in_use: before, charge, fits: limit < 0 || before + charge <= limit }
    }),
  )
}

/** What a quota refuses, for a person. */
export interface Excess {
  readonly resource: QuotaResource
  readonly message: string
}

/** The first limit that `charges` would break on top of what is in use. Pure. */
function excessOf(
  limits: Limits,
  inUse: (scope: QuotaScope, resource: CountedResource) => number,
  charges: Charges,
): Excess | null {
  for (const [resource, delta] of Object.entries(charges) as [CountedResource, number][]) {
    if (delta <= 0) continue
    for (const [scope, table] of Object.entries(limits) as [
      QuotaScope,
      Partial<Record<QuotaResource, number>>,
    ][]) {
      const limit = table[resource]
      if (limit === undefined || limit < 0) continue
      const before = inUse(scope, resource)
      if (before + delta > limit) {
        const whose = scope === 'project' ? 'the project' : scope === 'user' ? 'this user' : 'this share type'
        return {
          resource,
          message: `Quota exceeded: ${resource} of ${whose} is limited to ${limit}, ${before} in use, ${delta} more asked for.`,
        }
      }
    }
  }
  return null
}

function largerThanAllowed(limits: Limits, sizeGib: number): Excess | null {
  for (const table of [limits.project, limits.user, limits.share_type]) {
    const limit = table.per_share_gigabytes
    if (limit !== undefined && limit >= 0 && sizeGib > limit) {
      return {
        resource: 'per_share_gigabytes',
        message: `Quota exceeded: one share may have at most ${limit} GiB, ${sizeGib} GiB asked for.`,
      }
    }
  }
  return null
}
