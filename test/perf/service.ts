/** A service process to measure, with a backend of the kind asked for and no limits in the way. */
import { join } from 'node:path'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { caller, type Caller } from './http.ts'

export type Storage = 'sim' | 'btrfs' | 'image'

export interface Measured {
  readonly process: ServiceProcess
  /** As the demo user. */
  readonly call: Caller
  readonly projectId: string
  stop(): Promise<void>
}

/** Of the pool in a sparse file. */
const defaultSizeGib = 8

export const databaseIn = (dir: string): string => `sqlite:${join(dir, 'manila.db')}`

/** As in the TOML file. Logs as in production: to a file, every request. */
export function settingsIn(dir: string, storage: Storage, sizeGib = defaultSizeGib): Record<string, unknown> {
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
          exporter: 'ganesha',
          driver_options: { loop_file: join(dir, 'pool.img'), size_gib: sizeGib, pool_name: 'pool' },
          exporter_options: { port: 0 },
        }
  return {
    state_dir: dir,
    database: { url: databaseIn(dir) },
    auth: { key_file: join(dir, 'token-key.json') },
    quota: { shares: -1, gigabytes: -1 },
    backends: { alpha: backend },
  }
}

export async function startMeasured(dir: string, storage: Storage, sizeGib?: number): Promise<Measured> {
  const process = await startServiceProcess({
    dir,
    kind: storage,
    settings: settingsIn(dir, storage, sizeGib),
    env: { TEST_DETACH: '1' },
  })
  const { tokens } = await process.connect('manila-demo')
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
