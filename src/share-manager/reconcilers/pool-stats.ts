/** Writes what the backend reports about its pools, under Manila's capability names, and nudges the schedulers. */
import { writePools } from '../../db/store/backends.ts'
import { exportsOn, limitsKey, type LimitsByProtocol } from '../../db/store/export-limits.ts'
import type { PoolReport } from '../../storage/contract/driver.ts'
import type { Backend } from '../backend.ts'
import type { BackendScope } from '../parts.ts'

/** One report. Throws what the driver throws; then the old numbers stay, with their age. */
export async function reportPools(parts: BackendScope): Promise<void> {
  const { backend, store, clock } = parts
  // Before the question: a claim made while the backend counts may be in the answer or not, so it counts on.
  const measuredAt = clock.now()
  const reports = await backend.call({ name: 'pools' }, (call) => backend.driver.pools(call))
  const common = backendCapabilities(backend, await fullProtocols(parts))
  await writePools(
    store,
    {
      id: backend.id,
      label: backend.label,
      capabilities: { ...common, [limitsKey]: limitsByProtocol(backend) },
    },
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

/** What the exporters can't hold more of; see `db/store/export-limits.ts`. */
function limitsByProtocol({ exporters }: Backend): LimitsByProtocol {
  return Object.fromEntries(
    exporters.flatMap(({ member: { protocols, publishes } }) =>
      publishes.limits === undefined ? [] : protocols.map((one) => [one, publishes.limits!] as const),
    ),
  )
}

/** Protocols whose one server for the backend has as many exports as it can have. */
async function fullProtocols({ backend, store }: BackendScope): Promise<readonly string[]> {
  const full: string[] = []
  for (const [protocol, limits] of Object.entries(limitsByProtocol(backend))) {
    // Of a server for each project only its exporter knows: it refuses with `no-room-here`.
    if (limits.exportsPerServer === undefined || limits.serverPer === 'project') continue
    const asked = { backendId: backend.id, protocol, projectId: null }
    if ((await exportsOn(store.db, asked)) >= limits.exportsPerServer) full.push(protocol)
  }
  return full
}

/** What follows from configuration and from the abilities that driver and exporter have. */
export function backendCapabilities(backend: Backend, full: readonly string[] = []): Record<string, unknown> {
  const { driver, publisher, settings, name } = backend
  const offered = publisher?.offeredProtocols ?? []
  const protocols = offered.filter((one) => !full.includes(one))
  const down = (publisher?.protocols ?? []).filter((one) => !offered.includes(one))
  const mountable = driver.mountsSnapshots !== undefined && publisher !== null
  return {
    share_backend_name: settings.share_backend_name === '' ? name : settings.share_backend_name,
    driver_version: '1.0',
    storage_protocol: protocols.length === 1 ? protocols[0] : protocols,
    // Not Manila's: so that who asks for one of these is told what it is that it can't be had for.
    ...(down.length === 0 ? {} : { storage_protocols_down: down }),
    ...(full.length === 0 ? {} : { storage_protocols_full: full }),
    driver_handles_share_servers: false,
    snapshot_support: driver.snapshots !== undefined,
    create_share_from_snapshot_support: driver.clones !== undefined,
    revert_to_snapshot_support: driver.reverts !== undefined,
    mount_snapshot_support: mountable,
    snapshot_inherit_share_access_support: mountable,
    mount_point_name_support: publisher !== null,
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
function isolation({ driver, publisher, exporters, settings, closed }: Backend): Record<string, unknown> {
  const answer = (kept: boolean, note: string) => ({ isolated_clients: kept, isolated_clients_note: note })
  if (publisher === null) return answer(false, 'Nothing is exported here.')
  if (driver.separates === undefined) {
    const shared = `All shares of a backend with driver ${settings.driver} lie on one file system: a client of one can reach the others.`
    return answer(false, closed === null ? shared : `${shared} ${closed}`)
  }
  const silent = exporters.find(({ member }) => member.publishes.leftOpen === undefined)
  if (silent !== undefined)
    return answer(false, `The exporter ${silent.member.name} does not say what it leaves open.`)
  return answer(true, publisher.leftOpen ?? '')
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
