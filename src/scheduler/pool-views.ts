/** Rows of the ledger as the filters see them. */
import type { PoolRecord } from '../db/store/pools.ts'
import { lookUp } from '../model/extra-spec-match.ts'
import type { PoolView } from './types.ts'

/** Services with a heartbeat after `upSince` (microseconds) are up; a backend that failed its setup takes nothing. */
export function poolView(record: PoolRecord, upSince: number): PoolView {
  return {
    id: record.id,
    backendId: record.backend_id,
    label: record.label,
    backendLabel: record.backend_label,
    host: record.backend_label.split('@')[0] ?? '',
    backendName: record.backend_name,
    poolName: record.name,
    zone: { id: record.zone_id, name: record.zone_name },
    serviceUp: record.stopped === 0 && record.heartbeat_at > upSince && record.health === 'ready',
    enabled: record.disabled === 0,
    closed: record.closed_reason ?? null,
    measuredAtUs: record.measured_at,
    ...reportOf(record),
    totalGib: record.total_gib,
    freeGib: record.free_gib,
    provisionedGib: record.placed_gib,
    claimedSinceMeasureGib: record.claimed_gib,
  }
}

export function goodnessOf(capabilities: PoolView['capabilities']): string | null {
  const text = lookUp(capabilities, ['goodness_function'])
  return typeof text === 'string' ? text : null
}

/** What follows from a driver's report alone. */
type Report = Pick<
  PoolView,
  | 'capabilities'
  | 'goodness'
  | 'reservedPercentage'
  | 'reservedSnapshotPercentage'
  | 'reservedShareExtendPercentage'
  | 'maxOverSubscriptionRatio'
  | 'thin'
>

function parsed(text: string): Report {
  const capabilities = JSON.parse(text) as Readonly<Record<string, unknown>>
  const percentage = (key: string): number => Number(capabilities[key] ?? 0)
  const thin = capabilities.thin_provisioning
  return {
    capabilities,
    goodness: goodnessOf(capabilities),
    reservedPercentage: percentage('reserved_percentage'),
    reservedSnapshotPercentage: percentage('reserved_snapshot_percentage'),
    reservedShareExtendPercentage: percentage('reserved_share_extend_percentage'),
    maxOverSubscriptionRatio: Number(capabilities.max_over_subscription_ratio ?? 20),
    thin: Array.isArray(thin) ? thin.map(Boolean) : thin === true,
  }
}

/** Statistics change every few seconds, placements come by the hundred: each report is read once. */
const cache = new Map<string, { readonly text: string; readonly report: Report }>()

function reportOf({ id, capabilities: text }: PoolRecord): Report {
  const known = cache.get(id)
  if (known !== undefined && known.text === text) return known.report
  const report = parsed(text)
  cache.set(id, { text, report })
  return report
}
