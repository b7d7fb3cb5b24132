/** A service process to measure, with a backend of the kind asked for and no limits in the way. */
import { join } from 'node:path'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { migrate } from '../../src/db/open.ts'
import type { Client } from '../../src/sdk/client.ts'
import { onStore } from './fill/fill.ts'
import { caller, type Caller } from './http.ts'

export type Storage = 'sim' | 'btrfs' | 'image'

export interface Measured {
  readonly process: ServiceProcess
  /** As the demo user. */
  readonly call: Caller
  readonly projectId: string
  stop(): Promise<void>
}

export interface MeasuredOptions {
  /** Of the pool in a sparse file; 8 when left out. */
  readonly sizeGib?: number
  /** Of the NFS server; any when left out. */
  readonly nfsPort?: number
  readonly driverOptions?: object
  readonly exporterOptions?: object
  /** Does not wait until the backend is ready. */
  readonly atOnce?: boolean
  /** Seconds that events and finished operations are kept; as configured by default when left out. */
  readonly retentionS?: number
  /** Where the rows are; a SQLite file in the state directory when left out. */
  readonly database?: string
}

export const databaseIn = (dir: string): string => `sqlite:${join(dir, 'manila.db')}`

/** As in the TOML file. Logs as in production: to a file, every request. */
export function settingsIn(
  dir: string,
  storage: Storage,
  options: MeasuredOptions = {},
): Record<string, unknown> {
  const { sizeGib = 8, nfsPort = 0, driverOptions, exporterOptions } = options
  const place = { loop_file: join(dir, 'pool.img'), size_gib: sizeGib, pool_name: 'pool' }
  const backend =
    storage === 'sim'
      ? {
          driver: 'sim',
          exporter: 'sim',
          driver_options: { memory: true, pools: [{ name: 'pool', total_gib: 1_000_000, thin: true }] },
          exporter_options: { memory: true },
        }
      : {
          driver: storage,
          trusted_clients: storage === 'btrfs',
          max_over_subscription_ratio: 1000,
          exporter: 'ganesha',
          driver_options: { ...place, ...driverOptions },
          exporter_options: { port: nfsPort, ...exporterOptions },
        }
  return {
    state_dir: dir,
    database: { url: options.database ?? databaseIn(dir) },
    api: { changes_per_minute: 0 },
    auth: { key_file: join(dir, 'token-key.json') },
    ...(options.retentionS === undefined ? {} : { shares: { operation_retention_s: options.retentionS } }),
    quota: { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1 },
    backends: { alpha: backend },
  }
}

export async function startMeasured(
  dir: string,
  storage: Storage,
  options: MeasuredOptions = {},
): Promise<Measured> {
  const process = await startServiceProcess({
    dir,
    kind: storage,
    settings: settingsIn(dir, storage, options),
    env: { TEST_DETACH: '1', ...(options.atOnce === true ? { TEST_NO_WAIT: '1' } : {}) },
    patienceMs: 600_000,
  })
  return measuredAs(process, await process.connect('manila-demo'))
}

/** The accounts, and nothing else, in an empty database. */
export async function makeAccounts(dir: string, database: string): Promise<void> {
  await onStore(database, migrate)
  await (await startMeasured(dir, 'sim', { database })).stop()
}

/** A process that runs, as the user of the client. */
export async function measuredAs(process: ServiceProcess, { tokens }: Client): Promise<Measured> {
  const call = caller(process.url, await tokens.current())
  return {
    process,
    call,
    projectId: tokens.session?.projectId ?? '',
    async stop() {
      call.close()
      await process.stop()
    },
  }
}
