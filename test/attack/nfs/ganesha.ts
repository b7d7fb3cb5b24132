/** A storage driver behind a real NFS-Ganesha, as the kit attacks it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { complete } from '../../../src/storage/drivers/btrfs/bench.fixture.ts'
import { servedByUsers } from '../../../src/storage/host/server-users.ts'
import { exporter as ganesha } from '../../../src/storage/exporters/ganesha/index.ts'
import type { ConformanceBackend, Hostile } from '../../../src/storage/contract/conformance.ts'
import type { Parts, StorageDriver } from '../../../src/storage/contract/driver.ts'
import type { GaneshaExporter } from '../../../src/storage/exporters/ganesha/index.ts'
import { pidIn } from '../../../src/storage/exporters/ganesha/pid.fixture.ts'

const clients = { attacker: '127.0.0.66', neighbour: '127.0.0.77', victim: '127.0.0.88' }

/** Options of the exporter on top of its defaults; `cleanup` takes down what stands below the scratch directory. */
export function behindGanesha(
  driver: StorageDriver,
  parts: Parts,
  { options = {}, cleanup }: { readonly options?: object; readonly cleanup: () => Promise<void> | void },
): ConformanceBackend {
  const storage = { name: driver.name, ...(driver.separates && { separates: driver.separates }) }
  const settings = complete(ganesha.options, { port: 0, ...options })
  let deaths = 0
  const server = ganesha.create(settings, {
    ...parts,
    storage,
    restarted: () => void (deaths += 1),
  }) as GaneshaExporter
  const exporter = servedByUsers(server, driver.serverUsers) ?? server
  const hostile: Hostile = {
    clients,
    reach(location) {
      const at = location.indexOf(':/')
      return { host: location.slice(0, at), port: server.port() ?? 0, path: location.slice(at + 1) }
    },
    serverOf: async (id) => runOf(serverFolder(join(parts.dir, 'ganesha'), id)),
    deaths: () => deaths,
  }
  return { driver, exporter, hostile, cleanup: async () => cleanup() }
}

/** Where the files of the server that has the export are. */
function serverFolder(dir: string, id: string): string {
  const projects = join(dir, 'projects')
  const own = existsSync(projects) ? readdirSync(projects).map((name) => join(projects, name)) : []
  return [dir, ...own].find((folder) => existsSync(join(folder, 'exports.d', `${id}.conf`))) ?? dir
}

/** The server of the folder: its process id and the tick it began at, since ids are used again. */
function runOf(folder: string): string | null {
  try {
    const pid = pidIn(folder)
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : `${pid} since ${fields[19]}`
  } catch {
    return null
  }
}
