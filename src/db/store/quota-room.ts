/** How much room the quotas leave: limits in force beside what is in use. Reads only; `src/lifecycle/quotas.ts` changes what is in use. */
import {
  accountKey,
  accountsOf,
  postingsOf,
  type Account,
  type Payer,
  type Posting,
  type QuotaLine,
  type QuotaScope,
} from '../../model/quota-lines.ts'
import { quotaDefaults, type CountedResource, type QuotaResource } from '../../model/quota.ts'
import { sql, type ExpressionBuilder, type RawBuilder } from 'kysely'
import { oncePerTransaction, readAlready } from '../once.ts'
import type { Value } from '../prepared.ts'
import type { Database, DbOrTx, QuotaLimitsTable, QuotaUsagesTable, Tx } from '../schema.ts'

/** Limits of the service's configuration, which the editable class `default` overrides. */
export type ConfiguredLimits = Readonly<Record<QuotaResource, number>>

/** Projects and, for rows of users and share types, their ids; '' for those of whole projects. */
interface Concerned {
  readonly projects: readonly string[]
  readonly ids: readonly string[]
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
  return limitsIn(await limitsFor(db, concernedBy([payer]), configured), payer)
}

const limitsIn = (limits: LimitBook, { projectId, userId, shareTypeId }: Payer): Limits => ({
  project: limits.ofProject(projectId),
  user: limits.own(projectId, 'user', userId),
  share_type: limits.own(projectId, 'share_type', shareTypeId ?? ''),
})

/** Limits of several payers. */
export interface LimitBook {
  ofProject(projectId: string): Record<QuotaResource, number>
  /** Only what was set for exactly this owner. */
  own(projectId: string, scope: QuotaScope, scopeId: string): Partial<Record<QuotaResource, number>>
  /** Undefined: none was set for this user or share type. Negative: unlimited. */
  of(account: Omit<Account, 'resource'> & { readonly resource: QuotaResource }): number | undefined
}

/** One statement, however many are concerned; none where the same transaction has asked for the same before. */
export async function limitsFor(db: DbOrTx, of: Concerned, configured: ConfiguredLimits): Promise<LimitBook> {
  const all = await oncePerTransaction(db, limitsKey(of), () => limitRows(db, of))
  const classes = all.filter(({ scope }) => scope === ofClass)
  const rows = all.filter(({ scope }) => scope !== ofClass) as readonly QuotaLimitsTable[]
  const common = {
    ...quotaDefaults,
    ...configured,
    ...Object.fromEntries(classes.map((row) => [row.resource, row.hard_limit])),
  }
  const ownerKey = (projectId: string, scope: QuotaScope, scopeId: string) =>
    JSON.stringify([projectId, scope, scopeId])
  const owners = Map.groupBy(rows, (row: QuotaLimitsTable) =>
    ownerKey(row.project_id, row.scope, row.scope_id),
  )
  const own: LimitBook['own'] = (projectId, scope, scopeId) =>
    Object.fromEntries(
      (owners.get(ownerKey(projectId, scope, scopeId)) ?? []).map((row) => [row.resource, row.hard_limit]),
    )
  const ofProject: LimitBook['ofProject'] = (projectId) => ({ ...common, ...own(projectId, 'project', '') })
  return {
    own,
    ofProject,
    of: ({ projectId, scope, scopeId, resource }) =>
      (scope === 'project' ? ofProject(projectId) : own(projectId, scope, scopeId))[resource],
  }
}

/** In place of the scope. */
const ofClass = 'class'

type LimitRow = Omit<QuotaLimitsTable, 'scope'> & {
  readonly scope: QuotaLimitsTable['scope'] | typeof ofClass
}

const limitsKey = ({ projects, ids }: Concerned): string =>
  `quota limits ${JSON.stringify([projects, ids.toSorted()])}`

/** What {@link limitColumns} answer. */
export interface LimitColumns {
  readonly own_limits: string | null
  readonly class_limits: string | null
}

/**
 * For a statement that reads `share_types`: the limits that {@link limitsFor} would read for who makes a share of the type, so that they are
 * no statement of their own. {@link limitsWereRead} keeps the answer.
 */
export function limitColumns(
  eb: ExpressionBuilder<Database, 'share_types'>,
  projectId: Value,
  userId: Value,
) {
  const named = (...columns: readonly RawBuilder<string>[]) =>
    eb.fn<string>('concat', [sql`${sql.join(columns, sql`, ' ', `)}`])
  return [
    eb
      .selectFrom('quota_limits as l')
      .select(({ fn, ref }) => {
        const name = named(sql`${ref('l.scope')}`, sql`${ref('l.resource')}`, sql`${ref('l.scope_id')}`)
        return fn<string | null>('json_object_of', [name, 'l.hard_limit']).as('limits')
      })
      .where('l.project_id', '=', projectId as string)
      .where((on) => on('l.scope_id', 'in', [sql<string>`''`, userId as string, on.ref('share_types.id')]))
      .as('own_limits'),
    eb
      .selectFrom('quota_classes as c')
      .select(({ fn }) => fn<string | null>('json_object_of', ['c.resource', 'c.hard_limit']).as('limits'))
      .where('c.class_name', '=', sql.lit('default'))
      .as('class_limits'),
  ] as const
}

/** Keeps what {@link limitColumns} answered for this payer until the transaction ends. */
export function limitsWereRead(tx: Tx, payer: Payer, columns: LimitColumns): void {
  const rowsOf = (text: string | null) => Object.entries(JSON.parse(text ?? '{}') as Record<string, number>)
  const own = rowsOf(columns.own_limits).map(([name, hard_limit]): LimitRow => {
    // An id may hold anything.
    const [, scope, resource, scope_id] = /^(\S+) (\S+) (.*)$/s.exec(name) as unknown as [
      string,
      QuotaLimitsTable['scope'],
      string,
      string,
    ]
    return { project_id: payer.projectId, scope, scope_id, resource, hard_limit }
  })
  const common = rowsOf(columns.class_limits).map(([resource, hard_limit]): LimitRow => ({
    project_id: 'default',
    scope: ofClass,
    scope_id: '',
    resource,
    hard_limit,
  }))
  readAlready(tx, limitsKey(concernedBy([payer])), [...own, ...common])
}

/** Limits of the class `default`, and those that were set for whom it concerns. */
const limitRows = (db: DbOrTx, { projects, ids }: Concerned): Promise<LimitRow[]> =>
  db
    .selectFrom('quota_limits')
    .select(['project_id', 'scope_id', 'resource', 'hard_limit'])
    .select((eb) => eb.ref('scope').$castTo<QuotaLimitsTable['scope'] | typeof ofClass>().as('scope'))
    .where('project_id', 'in', projects)
    .where('scope_id', 'in', ids)
    .unionAll((eb) =>
      eb
        .selectFrom('quota_classes')
        .select([
          'class_name as project_id',
          sql<string>`''`.as('scope_id'),
          'resource',
          'hard_limit',
          sql<QuotaLimitsTable['scope'] | typeof ofClass>`${sql.lit(ofClass)}`.as('scope'),
        ])
        .where('class_name', '=', 'default'),
    )
    .execute()

export const usageRows = (db: DbOrTx, { projects, ids }: Concerned): Promise<QuotaUsagesTable[]> =>
  db
    .selectFrom('quota_usages')
    .selectAll()
    .where('project_id', 'in', projects)
    .where('scope_id', 'in', ids)
    .execute()

export const accountKeyOf = (row: Omit<QuotaUsagesTable, 'in_use'>): string =>
  accountKey({
    resource: row.resource as CountedResource,
    projectId: row.project_id,
    scope: row.scope,
    scopeId: row.scope_id,
  })

/** What is in use of an account; 0 where nothing was ever charged. */
export function inUseOf(rows: readonly QuotaUsagesTable[]): (account: Account) => number {
  const used = new Map(rows.map((row) => [accountKeyOf(row), row.in_use]))
  return (account) => used.get(accountKey(account)) ?? 0
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
  /** Every limit that these lines meet, and `per_share_gigabytes` of the payer; of a user or share type those that were set. */
  prices(payer: Payer, lines: readonly QuotaLine[], sizeGib: number): PriceLine[]
  /** Why this transition would be refused; null when it would not. */
  excess(before: readonly QuotaLine[], after: readonly QuotaLine[]): Excess | null
  /** Why a share of this size would be refused; null when it would not. */
  tooLarge(payer: Payer, sizeGib: number): Excess | null
}

/** As `settle` and `refuseLarger` would decide now. The payers are those of one page, and of all lines that are asked about. */
export async function roomOf(
  db: DbOrTx,
  payers: readonly Payer[],
  configured: ConfiguredLimits,
): Promise<Room> {
  const of = concernedBy(payers)
  const limits = await limitsFor(db, of, configured)
  const inUse = inUseOf(await usageRows(db, of))
  return {
    excess: (before, after) => excessOf(limits, inUse, postingsOf(before, after)),
    prices: (payer, lines, sizeGib) => [
      ...postingsOf([], lines).flatMap(({ delta, ...account }) =>
        priceOf(limits, account, inUse(account), delta),
      ),
      // It is a ceiling: nothing of it is in use.
      ...accountsOf({ payer, resource: 'gigabytes' }).flatMap((account) =>
        priceOf(limits, { ...account, resource: 'per_share_gigabytes' }, 0, sizeGib),
      ),
    ],
    tooLarge: (payer, sizeGib) => largerThanAllowed(limitsIn(limits, payer), sizeGib),
  }
}

const concernedBy = (payers: readonly Payer[]): Concerned => ({
  projects: [...new Set(payers.map(({ projectId }) => projectId))],
  ids: [...new Set(['', ...payers.flatMap(({ userId, shareTypeId }) => [userId, shareTypeId ?? ''])])],
})

function priceOf(
  limits: LimitBook,
  account: Parameters<LimitBook['of']>[0],
  in_use: number,
  charge: number,
): PriceLine[] {
  const limit = limits.of(account)
  if (limit === undefined) return []
  const { resource, scope } = account
  return [{ resource, scope, limit, in_use, charge, fits: limit < 0 || in_use + charge <= limit }]
}

/** What a quota refuses, for a person. */
export interface Excess {
  readonly resource: QuotaResource
  readonly message: string
}

const whose: Readonly<Record<QuotaScope, string>> = {
  project: 'the project',
  user: 'this user',
  share_type: 'this share type',
}

/** The first limit that the postings would break on top of what is in `use` without them. Pure. */
export function excessOf(
  limits: LimitBook,
  use: (posting: Posting) => number,
  postings: readonly Posting[],
): Excess | null {
  for (const posting of postings) {
    if (posting.delta <= 0) continue
    const { resource, scope, delta } = posting
    const limit = limits.of(posting)
    if (limit === undefined || limit < 0) continue
    const before = use(posting)
    if (before + delta > limit) {
      return {
        resource,
        message: `Quota exceeded: ${resource} of ${whose[scope]} is limited to ${limit}, ${before} in use, ${delta} more asked for.`,
      }
    }
  }
  return null
}

/** Why a share of this size is above `per_share_gigabytes`; null when it is not. Pure. */
export function largerThanAllowed(limits: Limits, sizeGib: number): Excess | null {
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
