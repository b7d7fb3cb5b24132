/** Writes what the backend reports about its pools, under Manila's capability names, and nudges the schedulers. */
import { writePools } from '../../db/store/backends.ts'
import type { PoolReport } from '../../storage/contract/driver.ts'
import type { Backend } from '../backend.ts'
import type { BackendScope } from '../parts.ts'

/** One report. Throws what the driver throws; then the old numbers stay, with their age. */
export async function reportPools(parts: BackendScope): Promise<void> {
  const { backend, store, clock } = parts
  // Before the question: a claim made while the backend counts may be in the answer or not, so it counts on.
  const measuredAt = clock.now()
  const reports = await backend.call({ name: 'pools' }, (call) => backend.driver.pools(call))
  const common = backendCapabilities(backend)
  await writePools(
    store,
    { id: backend.id, label: backend.label, capabilities: common },
    reports.map((report) => ({
      name: report.name,
      capabilities: poolCapabilities(common, report),
      totalGib: report.totalGib,
      freeGib: report.freeGib,
    })),
    measuredAt,
  )
  parts.bus.cast('scheduler', 'pools.changed', {})
}

/** Manila's own. */
const usualOverSubscription = 20

/** What follows from configuration and from the abilities that driver and exporter have. */
export function backendCapabilities(backend: Backend): Record<string, unknown> {
  const { driver, exporter, settings, name } = backend
  const protocols = exporter?.protocols ?? []
  const mountable = driver.mountsSnapshots !== undefined && exporter !== null
  return {
    share_backend_name: settings.share_backend_name === '' ? name : settings.share_backend_name,
    driver_version: '1.0',
    storage_protocol: protocols.length === 1 ? protocols[0] : protocols,
    driver_handles_share_servers: false,
    snapshot_support: driver.snapshots !== undefined,
    create_share_from_snapshot_support: driver.clones !== undefined,
    revert_to_snapshot_support: driver.reverts !== undefined,
    mount_snapshot_support: mountable,
    snapshot_inherit_share_access_support: mountable,
    mount_point_name_support: exporter !== null,
    ...isolation(backend),
    replication_type: null,
    replication_domain: null,
    ipv4_support: true,
    ipv6_support: true,
    qos_type_support: false,
    encryption_support: null,
    security_service_update_support: false,
    network_allocation_update_support: false,
    share_server_multiple_subnet_support: false,
    share_replicas_migration_support: false,
    max_shares_per_share_server: -1,
    max_share_server_size: -1,
    share_group_stats: { consistent_snapshot_support: null },
    sg_consistent_snapshot_support: null,
    reserved_percentage: settings.reserved_share_percentage,
    reserved_snapshot_percentage:
      settings.reserved_share_from_snapshot_percentage || settings.reserved_share_percentage,
    reserved_share_extend_percentage:
      settings.reserved_share_extend_percentage || settings.reserved_share_percentage,
    max_over_subscription_ratio:
      settings.max_over_subscription_ratio ?? driver.overSubscription ?? usualOverSubscription,
    filter_function: settings.filter_function === '' ? null : settings.filter_function,
    goodness_function: settings.goodness_function === '' ? null : settings.goodness_function,
  }
}

/**
 * Whether clients of different shares are kept apart, and what stays open, or why not. A sentence, because a bare `true`
 * would be taken for more than it is.
 */
function isolation({ driver, exporter, settings, closed }: Backend): Record<string, unknown> {
  const answer = (kept: boolean, note: string) => ({ isolated_clients: kept, isolated_clients_note: note })
  if (exporter === null) return answer(false, 'Nothing is exported here.')
  if (driver.separates === undefined) {
    const shared = `All shares of a backend with driver ${settings.driver} lie on one file system: a client of one can reach the others.`
    return answer(false, closed === null ? shared : `${shared} ${closed}`)
  }
  if (exporter.leftOpen === undefined)
    return answer(false, `The exporter ${exporter.name} does not say what it leaves open.`)
  return answer(true, exporter.leftOpen)
}

/** What a driver may say of itself unless it says otherwise. */
const unlessReported = { vendor_name: 'Open Source', dedupe: false, compression: false, qos: false }

/** A driver's extras add to what is derived and never replace it: it can't claim an ability that it hasn't got. */
function poolCapabilities(common: Record<string, unknown>, report: PoolReport): Record<string, unknown> {
  return {
    ...unlessReported,
    ...report.extra,
    ...common,
    pool_name: report.name,
    total_capacity_gb: report.totalGib ?? 'unknown',
    free_capacity_gb: report.freeGib ?? 'unknown',
    allocated_capacity_gb: 0,
    thin_provisioning: report.thin,
  }
}
