/** The configuration of each member: what a node of a real deployment would have in its manila.toml. */
import { join } from 'node:path'

export interface Shared {
  readonly dir: string
  /** The database's URL for the user of a program. */
  readonly databaseUrl: (program: string) => string
  /** The broker's URL for the user of a program. */
  readonly busUrl: (program: string) => string
  /** What clients call. */
  readonly publicUrl: string
  readonly apiPorts: readonly [number, number]
  /** For /metrics, in the order of the members. */
  readonly metricsPorts: readonly number[]
  /** Null where the host can't: then both share processes serve a second pretended backend instead. */
  readonly btrfs: { readonly sizeGib: number; readonly nfsPort: number } | null
}

export interface MemberSettings {
  readonly name: string
  readonly program: string
  readonly settings: Readonly<Record<string, unknown>>
  /** Null where no API is served. */
  readonly apiPort: number | null
  /** Where its metrics are. */
  readonly metricsUrl: string
}

/** Members, each with a port for metrics. */
export const metricsPortCount = 9

/** `host@backend` of the two backends. */
export const labels = { a: 'storage@pool-a', b: 'farm@pool-b' } as const

export function memberSettings(shared: Shared): readonly MemberSettings[] {
  const { dir, databaseUrl, busUrl, publicUrl, apiPorts } = shared
  const base = (program: string, host: string) => ({
    host,
    state_dir: join(dir, 'nodes', host),
    log_level: 'info',
    database: { url: databaseUrl(program) },
    bus: { url: busUrl(program) },
    auth: { key_file: join(dir, 'token-key.json'), token_lifetime_s: 86_400 },
    shares: { default_share_type: 'default' },
    quota: { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1 },
  })
  const metricsOf = (port: number): string => `http://127.0.0.1:${port}/metrics`
  const free = [...shared.metricsPorts]
  const api = (name: string, port: number): MemberSettings => {
    const program = 'manila-api'
    const metricsPort = free.shift() ?? 0
    const settings = {
      ...base(program, name),
      api: { port, public_url: publicUrl },
      metrics: { port: metricsPort },
    }
    return { name, program, settings, apiPort: port, metricsUrl: metricsOf(metricsPort) }
  }
  const other = (name: string, program: string, host: string, more: object = {}): MemberSettings => {
    const port = free.shift() ?? 0
    const settings = { ...base(program, host), metrics: { port }, ...more }
    return { name, program, settings, apiPort: null, metricsUrl: metricsOf(port) }
  }
  const plain = (name: string, program: string): MemberSettings => other(name, program, name)
  const share = (name: string, host: string, backends: object): MemberSettings =>
    other(name, 'manila-share', host, { backends })
  return [
    api('api-1', apiPorts[0]),
    api('api-2', apiPorts[1]),
    plain('scheduler-1', 'manila-scheduler'),
    plain('scheduler-2', 'manila-scheduler'),
    // Two processes on one host.
    share('share-a1', 'storage', { 'pool-a': poolA(shared) }),
    share('share-a2', 'storage', { 'pool-a': poolA(shared) }),
    // One process on each of two hosts.
    share('share-b1', 'farm-1', { 'pool-b': poolB(dir) }),
    share('share-b2', 'farm-2', { 'pool-b': poolB(dir) }),
    plain('data-1', 'manila-data'),
  ]
}

function poolA({ dir, btrfs }: Shared): object {
  const common = { share_backend_name: 'a', report_interval_s: 2 }
  if (btrfs === null) {
    return { ...common, driver: 'sim', exporters: { nfs: { exporter: 'sim' } } }
  }
  return {
    ...common,
    driver: 'btrfs',
    exporters: { nfs: { exporter: 'ganesha', options: { port: btrfs.nfsPort } } },
    // All its clients are this demonstration's own.
    trusted_clients: true,
    driver_options: { loop_file: join(dir, 'pool-a.btrfs'), size_gib: btrfs.sizeGib, pool_name: 'pool' },
  }
}

function poolB(dir: string): object {
  const shared = { dir: join(dir, 'pool-b') }
  return {
    share_backend_name: 'b',
    report_interval_s: 2,
    host: 'farm',
    driver: 'sim',
    exporters: { nfs: { exporter: 'sim', options: shared } },
    driver_options: {
      ...shared,
      reach: 'network',
      latency_ms: 100,
      pools: [{ name: 'pool', total_gib: 2000, thin: true }],
    },
  }
}
