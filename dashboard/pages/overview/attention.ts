/** What needs somebody, the worst first. Pure: what was read goes in, what is to be said comes out. */
import type { OperationView } from '../../../src/sdk/watch.ts'
import { instant } from '../../ui/format.ts'
import { toneOf } from '../../ui/status.tsx'

export interface ShareFacts {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly size: number
  readonly updated_at?: string | null
  readonly access_rules_status?: string | null
  readonly is_soft_deleted?: boolean
  readonly scheduled_to_be_deleted_at?: string | null
}
/** A snapshot, a share group or a group snapshot. */
export interface ThingFacts {
  readonly id: string
  readonly name: string | null
  readonly status: string
}
export interface UsageFacts {
  readonly id: string
  readonly used_bytes: number | null
}
export interface QuotaFacts {
  readonly key: string
  readonly used: number
  /** Null = without limit. */
  readonly limit: number | null
}
export interface ServiceFacts {
  readonly binary: string
  readonly host: string
  readonly state: string
  readonly status: string
  readonly updated_at: string | null
}
export interface PoolFacts {
  readonly name: string
  readonly totalGib: number
  readonly freeGib: number
}

export type FailedOperation = Pick<OperationView, 'id' | 'kind' | 'cause' | 'finished_at' | 'resource_id'>

export interface Facts {
  readonly shares: readonly ShareFacts[]
  readonly snapshots: readonly ThingFacts[]
  readonly groups: readonly ThingFacts[]
  readonly groupSnapshots: readonly ThingFacts[]
  /** Newest first. */
  readonly failed: readonly FailedOperation[]
  readonly usages: readonly UsageFacts[]
  readonly quotas: readonly QuotaFacts[]
  readonly services: readonly ServiceFacts[]
  readonly pools: readonly PoolFacts[]
  /** Milliseconds since 1970. */
  readonly now: number
}

export type Attention = {
  readonly key: string
  readonly tone: 'bad' | 'warning' | 'plain'
} & (
  | { readonly is: 'service-down'; readonly service: ServiceFacts }
  | { readonly is: 'share-error'; readonly share: ShareFacts; readonly operation: FailedOperation | null }
  | {
      readonly is: 'group-error' | 'group-snapshot-error' | 'snapshot-error'
      readonly thing: ThingFacts
      readonly operation: FailedOperation | null
    }
  | { readonly is: 'rules-error'; readonly share: ShareFacts }
  | { readonly is: 'pool-full'; readonly pool: PoolFacts; readonly part: number }
  | { readonly is: 'share-full'; readonly share: ShareFacts; readonly part: number }
  | { readonly is: 'quota-full'; readonly quota: QuotaFacts; readonly part: number }
  | { readonly is: 'operation-failed'; readonly operation: FailedOperation }
  | { readonly is: 'bin-expires'; readonly share: ShareFacts; readonly at: string }
)

export const fullFrom = 0.95
export const nearlyFrom = 0.8
const gib = 1024 ** 3
const dayMs = 86_400_000
/** Left in the recycle bin when it begins to be worth a word. */
export const expiresWithinMs = 3 * dayMs
/** A failure that nothing shows any more is news for a day. */
export const newsForMs = dayMs

/** In this order, within one tone; the fullest first. */
const order: readonly Attention['is'][] = [
  'service-down',
  'share-error',
  'group-error',
  'group-snapshot-error',
  'snapshot-error',
  'rules-error',
  'pool-full',
  'share-full',
  'quota-full',
  'operation-failed',
  'bin-expires',
]
const tones = ['bad', 'warning', 'plain'] as const

export function attention(facts: Facts): readonly Attention[] {
  const { shares, failed, usages, quotas, services, pools, now } = facts
  const found: Attention[] = []
  const newestOf = (id: string) => failed.find(({ resource_id }) => resource_id === id) ?? null
  const told = new Set<string>()
  const used = new Map(usages.map(({ id, used_bytes }) => [id, used_bytes]))

  for (const service of services) {
    // One that was switched off may be down.
    if (toneOf(service.state) === 'ok' || toneOf(service.status) === 'off') continue
    found.push({ key: `service ${service.binary} ${service.host}`, tone: 'bad', is: 'service-down', service })
  }
  for (const share of shares) {
    const { id } = share
    if (toneOf(share.status) === 'bad') {
      told.add(id)
      found.push({ key: `share ${id}`, tone: 'bad', is: 'share-error', share, operation: newestOf(id) })
    } else if (share.access_rules_status === 'error') {
      found.push({ key: `rules ${id}`, tone: 'bad', is: 'rules-error', share })
    }
    const bytes = used.get(id) ?? null
    const part = bytes === null ? 0 : bytes / (share.size * gib)
    if (part >= nearlyFrom && share.is_soft_deleted !== true) {
      found.push({
        key: `full ${id}`,
        tone: part >= fullFrom ? 'bad' : 'warning',
        is: 'share-full',
        share,
        part,
      })
    }
    const at = share.scheduled_to_be_deleted_at ?? null
    if (share.is_soft_deleted === true && at !== null && instant(at) - now < expiresWithinMs) {
      found.push({ key: `bin ${id}`, tone: 'plain', is: 'bin-expires', share, at })
    }
  }
  const others = [
    ['group-error', facts.groups],
    ['group-snapshot-error', facts.groupSnapshots],
    ['snapshot-error', facts.snapshots],
  ] as const
  for (const [is, things] of others) {
    for (const thing of things) {
      const { id } = thing
      if (toneOf(thing.status) !== 'bad') continue
      told.add(id)
      found.push({ key: `${is} ${id}`, tone: 'bad', is, thing, operation: newestOf(id) })
    }
  }
  for (const operation of failed) {
    const { id, resource_id, finished_at } = operation
    // What its share, group or snapshot shows is said there; of several failures of one thing the newest is enough.
    if (told.has(resource_id) || finished_at === null || now - instant(finished_at) > newsForMs) continue
    told.add(resource_id)
    found.push({ key: `operation ${id}`, tone: 'warning', is: 'operation-failed', operation })
  }
  for (const quota of quotas) {
    const part =
      quota.limit === null ? 0 : quota.limit <= 0 ? Number(quota.used > 0) : quota.used / quota.limit
    if (part < nearlyFrom) continue
    found.push({
      key: `quota ${quota.key}`,
      tone: part >= 1 ? 'bad' : 'warning',
      is: 'quota-full',
      quota,
      part,
    })
  }
  for (const pool of pools) {
    const part = pool.totalGib <= 0 ? 0 : 1 - pool.freeGib / pool.totalGib
    if (part < nearlyFrom) continue
    found.push({
      key: `pool ${pool.name}`,
      tone: part >= fullFrom ? 'bad' : 'warning',
      is: 'pool-full',
      pool,
      part,
    })
  }
  return found.sort(
    (a, b) =>
      tones.indexOf(a.tone) - tones.indexOf(b.tone) ||
      order.indexOf(a.is) - order.indexOf(b.is) ||
      ('part' in a && 'part' in b ? b.part - a.part : 0) ||
      ('at' in a && 'at' in b ? instant(a.at) - instant(b.at) : 0),
  )
}

export interface TypeRow {
  readonly id: string
  readonly shares: number
  readonly sizeGib: number
  /** Of those that were measured; null = of none. */
  readonly usedBytes: number | null
  readonly unmeasured: number
}

interface Typed {
  readonly id: string
  readonly size: number
  readonly share_type_name?: string | null
}

/** Largest first. `id` is the name of the type, empty where a share has none. */
export function byType(shares: readonly Typed[], usages: readonly UsageFacts[]): readonly TypeRow[] {
  const used = new Map(usages.map(({ id, used_bytes }) => [id, used_bytes]))
  return Object.entries(Object.groupBy(shares, ({ share_type_name }) => share_type_name ?? ''))
    .map(([id, some = []]) => {
      const known = some.map((share) => used.get(share.id) ?? null).filter((bytes) => bytes !== null)
      return {
        id,
        shares: some.length,
        sizeGib: some.reduce((sum, { size }) => sum + size, 0),
        usedBytes: known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0),
        unmeasured: some.length - known.length,
      }
    })
    .sort((a, b) => b.sizeGib - a.sizeGib || a.id.localeCompare(b.id))
}
