/** The configuration the quick start runs with: its own defaults, then the user's `--config` on top. */
import { join } from 'node:path'
import { ConfigError, loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/schema.ts'
import { poolSizeGib, type Choice } from './host.ts'
import type { RunOptions } from './demo-directory.ts'
import { sharesMount } from './shares-mount.ts'
import { serverAddresses } from './state.ts'

export const backendName = 'quick'
export const shareTypeName = 'default'

/** What an earlier start decided. */
export interface Known {
  readonly poolGib: number | null
  readonly nfsPort: number
}

export function quickstartSettings(options: RunOptions, choice: Choice, known: Known): Settings {
  const settings = loadSettings({
    defaults: {
      state_dir: options.dir,
      api: { port: options.port },
      shares: { default_share_type: shareTypeName },
      ...(options.directory === undefined ? {} : { auth: { domains: options.directory.domains } }),
      backends: { [backendName]: backend(options, choice, known) },
    },
    ...(options.config === null ? {} : { file: options.config }),
    environment: process.env,
  })
  if (settings.auth.backend === 'keystone') {
    throw new ConfigError(
      'the quick start makes accounts of its own, and with [auth] backend = "keystone" they are made in Keystone: run manila-all with this configuration',
    )
  }
  return settings
}

const ganesha = (options: Readonly<Record<string, unknown>>) => ({ nfs: { exporter: 'ganesha', options } })

/** Whatever there is, for trying the API. */
const pretended = Object.fromEntries(
  ['nfs', 'cifs', 'glusterfs', 'hdfs', 'cephfs', 'maprfs'].map((protocol) => [protocol, { exporter: 'sim' }]),
)

function backend(options: RunOptions, choice: Choice, known: Known): Record<string, unknown> {
  const common = { share_backend_name: backendName, report_interval_s: 5 }
  switch (choice.kind) {
    case 'image':
    case 'btrfs':
      return {
        ...common,
        driver: choice.kind,
        exporters: ganesha({
          port: known.nfsPort,
          ...(choice.servers === 'per-project' && {
            servers: 'per-project',
            addresses: [...serverAddresses],
          }),
        }),
        // Shares are promised the space they ask for: without over-subscription "1 GiB" is always there.
        max_over_subscription_ratio: 1,
        driver_options: {
          loop_file: join(options.dir, 'pool.btrfs'),
          size_gib: Math.max(known.poolGib ?? 0, poolSizeGib(options)),
          pool_name: 'pool',
        },
        // Asked for by name, btrfs is for clients that trust one another; the choice says so.
        ...(choice.kind === 'btrfs' && { trusted_clients: true }),
      }
    case 'directory':
      return {
        ...common,
        driver: 'directory',
        exporters: choice.exported ? ganesha({ port: known.nfsPort }) : pretended,
        ...(choice.exported && { trusted_clients: true }),
        driver_options: { pool_name: 'pool', ...(choice.exported && { path: sharesMount(options.dir) }) },
      }
    case 'sim':
      return {
        ...common,
        driver: 'sim',
        exporters: pretended,
        driver_options: { pools: [{ name: 'pool', total_gib: 1000, thin: true }] },
      }
  }
}
