/** What the pages of quotas read. */
import { queryOptions } from '@tanstack/react-query'
import { quotaDefaults, type QuotaResource } from '../../../src/model/quota.ts'
import {
  showQuotaClassSet,
  showQuotaDefaults,
  showQuotaSet,
  showQuotaSetDetail,
} from '../../../src/wire/quotas/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey, oneKey } from '../../api/reads.ts'

export const resources = Object.keys(quotaDefaults) as readonly QuotaResource[]

/** Whose quota: of a project, or of one user or one share type in it. */
export interface Owner {
  readonly project: string
  readonly user?: string
  readonly type?: string
}

export const ownerQuery = ({ user, type }: Owner) => ({
  ...(user === undefined ? {} : { user_id: user }),
  ...(type === undefined ? {} : { share_type: type }),
})

export interface QuotaLine {
  readonly id: QuotaResource
  /** -1 = none. */
  readonly limit: number
  /** Null for what is not counted. */
  readonly used: number | null
  readonly reserved: number
}

type Answered = Readonly<Record<string, unknown>>

/** Resources that the service speaks of, in the order of Manila. */
export function linesOf(set: Answered): readonly QuotaLine[] {
  return resources.flatMap((id): QuotaLine[] => {
    const told = set[id]
    if (typeof told === 'number') return [{ id, limit: told, used: null, reserved: 0 }]
    if (typeof told !== 'object' || told === null) return []
    const { limit, in_use: used, reserved } = told as { limit: number; in_use: number; reserved: number }
    return [{ id, limit, used: id === 'per_share_gigabytes' ? null : used, reserved }]
  })
}

/** Use is told since 2.25. */
const detailSince = 25

export const quotaQuery = ({ client }: Console, owner: Owner) =>
  queryOptions({
    queryKey: oneKey('quotas', owner.project, owner),
    queryFn: async () => {
      const input = { params: { id: owner.project }, query: ownerQuery(owner) }
      const set =
        client.minor < detailSince
          ? (await client.call(showQuotaSet, input)).quota_set
          : (await client.call(showQuotaSetDetail, input)).quota_set
      return linesOf(set)
    },
  })

export const quotaDefaultsQuery = ({ client }: Console, project: string) =>
  queryOptions({
    queryKey: oneKey('quotas', project, 'defaults'),
    meta: { still: true },
    queryFn: async () =>
      linesOf((await client.call(showQuotaDefaults, { params: { id: project } })).quota_set),
  })

export const quotaClassQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('quotas', 'class', 'default'),
    meta: { still: true },
    queryFn: async () =>
      linesOf((await client.call(showQuotaClassSet, { params: { class_name: 'default' } })).quota_class_set),
  })
