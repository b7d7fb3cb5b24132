/** A storage driver behind a real NFS-Ganesha, as the kit attacks it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { complete } from '../../../src/drivers/btrfs/test-bench.ts'
import { exporter as ganesha } from '../../../src/exporters/ganesha/index.ts'
import type { ConformanceBackend, Hostile } from '../../../src/drivers/conformance.ts'
import type { CallContext, Parts, StorageDriver } from '../../../src/drivers/driver.ts'
import type { GaneshaExporter } from '../../../src/exporters/ganesha/index.ts'

const clients = { attacker: '127.0.0.66', neighbour: '127.0.0.77', victim: '127.0.0.88' }

/** One server for all projects. `cleanup` takes down what stands below the scratch directory. */
export function behindOneServer(
  driver: StorageDriver,
  parts: Parts,
  call: () => CallContext,
  { options = {}, cleanup }: { readonly options?: object; readonly cleanup: () => Promise<void> | void },
): ConformanceBackend {
  const storage = { name: driver.name, ...(driver.separates && { separates: driver.separates }) }
  const settings = complete(ganesha.options, { port: 0, ...options })
  const exporter = ganesha.create(settings, { ...parts, storage }) as GaneshaExporter
  const hostile: Hostile = {
    clients,
    reach: (location) => ({ host: '127.0.0.1', port: exporter.port() ?? 0, path: pathOf(location) }),
    serverOf: async () => runOf(join(parts.dir, 'ganesha/ganesha.pid')),
    revive: () => exporter.setup(call()),
  }
  return { driver, exporter, hostile, cleanup: async () => cleanup() }
}

const pathOf = (location: string): string => location.slice(location.indexOf(':/') + 1)

/** The process whose id is in the file, with the tick it began at: ids are used again. */
export function runOf(pidFile: string): string | null {
  try {
    const [pid = ''] = readFileSync(pidFile, 'utf8').split('\n', 1)
    const stat = readFileSync(`/proc/${Number(pid)}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : `${pid} since ${fields[19]}`
  } catch {
    return null
  }
}
