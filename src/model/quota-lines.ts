/**
 * The arithmetic of quota: lines that say who pays how much of what, and the accounts that they are booked on. A line counts
 * for its project, for its user there, and for its share type there where the resource is counted by type.
 */
import type { CountedResource } from './quota.ts'

/** Who pays. */
export interface Payer {
  readonly projectId: string
  readonly userId: string
  /** Null where no share type is involved. */
  readonly shareTypeId: string | null
}

/** What a row costs one payer; a row may have several. */
export interface QuotaLine {
  readonly payer: Payer
  readonly resource: CountedResource
  /** Items or GiB. */
  readonly amount: number
}

export type QuotaScope = 'project' | 'user' | 'share_type'

/** Where usage is kept and limits apply: a row of `quota_usages`. `scopeId` is '' for the whole project. */
export interface Account {
  readonly resource: CountedResource
  readonly projectId: string
  readonly scope: QuotaScope
  readonly scopeId: string
}

/** An account and what a transition adds to it, or takes from it. */
export interface Posting extends Account {
  /** Never 0. */
  readonly delta: number
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

/** Lines of one payer. */
export const linesOf = (
  payer: Payer,
  amounts: Readonly<Partial<Record<CountedResource, number>>>,
): QuotaLine[] =>
  (Object.entries(amounts) as [CountedResource, number][]).map(([resource, amount]) => ({
    payer,
    resource,
    amount,
  }))

/** The accounts that a line counts for, the project's first. */
export function accountsOf({ payer, resource }: Pick<QuotaLine, 'payer' | 'resource'>): Account[] {
  const { projectId, userId, shareTypeId } = payer
  const byType = shareTypeId !== null && perTypeResources.includes(resource)
  return [
    { resource, projectId, scope: 'project', scopeId: '' },
    { resource, projectId, scope: 'user', scopeId: userId },
    ...(byType ? [{ resource, projectId, scope: 'share_type', scopeId: shareTypeId } as const] : []),
  ]
}

/** The same string for the same account. */
export const accountKey = ({ projectId, scope, scopeId, resource }: Account): string =>
  JSON.stringify([projectId, scope, scopeId, resource])

/** `after − before`, account by account, in the order of the lines. What stays as it was is left out. */
export function postingsOf(before: readonly QuotaLine[], after: readonly QuotaLine[]): Posting[] {
  const postings = new Map<string, Posting>()
  const add = (sign: 1 | -1) => (line: QuotaLine) => {
    for (const account of accountsOf(line)) {
      const key = accountKey(account)
      const delta = (postings.get(key)?.delta ?? 0) + sign * line.amount
      postings.set(key, { ...account, delta })
    }
  }
  before.forEach(add(-1))
  after.forEach(add(1))
  return [...postings.values()].filter(({ delta }) => delta !== 0)
}
