/** A pool under Manila's capability names, and the one way to look a name up in values that a driver made. */
import { lookUp } from '../model/extra-spec-match.ts'
import { protocolChoices } from '../model/storage-protocol.ts'
import type { PoolView } from './types.ts'

/** What the database or the service's own settings know of a pool, whatever its driver reported under the same name. */
const known: ReadonlyMap<string, (pool: PoolView) => unknown> = new Map([
  ['host', (pool: PoolView): unknown => pool.label],
  ['share_backend_name', (pool) => pool.backendName],
  ['pool_name', (pool) => pool.poolName],
  ['total_capacity_gb', (pool) => pool.totalGib ?? 'unknown'],
  ['free_capacity_gb', (pool) => pool.freeGib ?? 'unknown'],
  ['provisioned_capacity_gb', (pool) => pool.provisionedGib],
  ['reserved_percentage', (pool) => pool.reservedPercentage],
  ['reserved_snapshot_percentage', (pool) => pool.reservedSnapshotPercentage],
  ['reserved_share_extend_percentage', (pool) => pool.reservedShareExtendPercentage],
  ['max_over_subscription_ratio', (pool) => pool.maxOverSubscriptionRatio],
  ['thin_provisioning', (pool) => pool.thin],
  // Two shapes of one fact: drivers report it nested, Manila's host state has it flat.
  ['sg_consistent_snapshot_support', consistentSnapshots],
])

/** Everything extra specs, filter functions and JSON queries may ask of a pool. */
export function poolFields(pool: PoolView): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = { allocated_capacity_gb: 0, ...pool.capabilities }
  if ('storage_protocol' in pool.capabilities)
    fields['storage_protocol'] = protocolChoices(pool.capabilities['storage_protocol'])
  for (const [name, of] of known) fields[name] = of(pool)
  return fields
}

/** Reads one of {@link poolFields}, from any number of pools; undefined when there is none at the end of `path`. */
export function fieldAt(path: readonly string[]): (pool: PoolView) => unknown {
  const [name = '', ...inner] = path
  const of = known.get(name)
  if (of !== undefined) return inner.length === 0 ? of : (pool) => lookUp(of(pool), inner)
  if (name === 'storage_protocol')
    return ({ capabilities }) => lookUp(protocolChoices(lookUp(capabilities, [name])), inner)
  if (name === 'allocated_capacity_gb')
    return ({ capabilities }) => lookUp({ [name]: 0, ...capabilities }, path)
  return ({ capabilities }) => lookUp(capabilities, path)
}

/** How the pool keeps the snapshots of a group consistent: `pool`, `host` or null. */
export function consistentSnapshots(pool: PoolView): unknown {
  return (
    lookUp(pool.capabilities, ['sg_consistent_snapshot_support']) ??
    lookUp(pool.capabilities, ['share_group_stats', 'consistent_snapshot_support']) ??
    null
  )
}

/** The replication domain a pool belongs to; null when it replicates with nobody. */
export function replicationDomain(pool: PoolView): string | null {
  const domain = lookUp(pool.capabilities, ['replication_domain'])
  return typeof domain === 'string' && domain !== '' ? domain : null
}

/** `host@backend` of a pool label. */
export function backendOf(label: string): string {
  return label.split('#', 1)[0] ?? label
}

/** Longest value quoted in a sentence. */
const longestShown = 100

/** A capability in words: drivers report anything, and a refusal must stay a sentence. */
export function valueText(value: unknown): string {
  const text = Array.isArray(value) ? `[${value.map(scalar).join(', ')}]` : scalar(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}

function scalar(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '(not a single value)'
}
