/** Driver and exporters of a configured backend, or stand-ins that say why there are none. */
import { mkdir } from 'node:fs/promises'
import { Value } from 'typebox/value'
import { exporterDir, exporterTables, type ExporterTable } from '../config/exporters.ts'
import type { BackendSettings } from '../config/schema.ts'
import type { Exec } from '../exec/exec.ts'
import { hostLock } from '../exec/host-lock.ts'
import { localExec } from '../exec/local.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Exporter, Factory, Parts, Publishes, StorageDriver } from '../storage/contract/driver.ts'
import { loadDriver } from '../storage/drivers/index.ts'
import { loadExporter } from '../storage/exporters/index.ts'
import { servedByUsers } from '../storage/host/server-users.ts'
import { absentDriver, absentExporter } from './absent-driver.ts'
import { mismatch } from './exporter-table.ts'
import type { Log } from './log.ts'
import type { Member } from './publisher.ts'

export interface BuildParts {
  readonly clock: Clock
  readonly log: Log
  /** Tests bring their own. */
  readonly exec?: Exec
  /** A server of this exporter died and was started again. */
  readonly restarted?: (exporter: string) => void
}

export interface Built {
  readonly driver: StorageDriver
  /** The driver first, where it publishes natively. */
  readonly members: readonly Member[]
}

/** Never throws: what can't be had is there, says why whenever it is set up, and stops none of the others. */
export async function build(
  parts: BuildParts,
  name: string,
  settings: BackendSettings,
  dir: string,
): Promise<Built> {
  const own = partsOf(parts, name, settings, dir)
  let driver: StorageDriver
  try {
    driver = create(await loadDriver(settings.driver, process.cwd()), settings.driver_options, own)
  } catch (error) {
    return { driver: absentDriver(settings.driver, sentence(name, error)), members: [] }
  }
  const { native } = driver
  const members: Member[] = []
  if (native !== undefined)
    members.push({
      key: 'native',
      name: 'native',
      protocols: native.protocols,
      publishes: native,
      server: null,
      dir,
    })
  for (const table of exporterTables(settings)) {
    const place = exporterDir(dir, table)
    await mkdir(place, { recursive: true, mode: 0o700 })
    const { restarted } = parts
    const its: Parts = {
      ...own,
      dir: place,
      storage: {
        name: driver.name,
        ...(driver.separates === undefined ? {} : { separates: driver.separates }),
      },
      ...(restarted === undefined ? {} : { restarted: () => restarted(table.key) }),
    }
    const { exporter, protocols } = await exporterOf(table, its, native, name)
    const server = servedByUsers(exporter, driver.serverUsers) ?? exporter
    members.push({ key: table.key, name: exporter.name, protocols, publishes: server, server, dir: place })
  }
  return { driver, members }
}

function partsOf(
  { clock, log, exec }: BuildParts,
  name: string,
  settings: BackendSettings,
  dir: string,
): Parts {
  const ratio = settings.max_over_subscription_ratio
  return {
    exec: exec ?? localExec(),
    log,
    backend: name,
    dir,
    now: () => clock.now(),
    lock: hostLock,
    ...(ratio === undefined ? {} : { overSubscription: ratio }),
  }
}

/** The exporter of one table, with the protocols that it is chosen for; those of a driver are the driver's. */
async function exporterOf(
  table: ExporterTable,
  parts: Parts,
  native: Publishes | undefined,
  backend: string,
): Promise<{ readonly exporter: Exporter; readonly protocols: readonly string[] }> {
  const { protocol } = table
  try {
    const exporter = create(await loadExporter(table.exporter, process.cwd()), table.options, parts)
    const spoken = exporter.protocols
    if (protocol === null)
      return { exporter, protocols: spoken.filter((one) => native?.protocols.includes(one) !== true) }
    const wrong = mismatch(table, spoken, native)
    if (wrong !== null) throw new Error(wrong)
    return { exporter, protocols: [protocol] }
  } catch (error) {
    const exporter = absentExporter(table.exporter, sentence(backend, error))
    return { exporter, protocols: protocol === null ? [] : [protocol] }
  }
}

const sentence = (backend: string, error: unknown): string =>
  `backend ${backend}: ${error instanceof Error ? error.message : String(error)}`

/** Options with their defaults, checked against the factory's own schema. Throws a sentence that names the option. */
function create<Product>(
  factory: Factory<Product>,
  options: Readonly<Record<string, unknown>>,
  own: Parts,
): Product {
  const complete = Value.Default(factory.options, structuredClone(options))
  const [problem] = Value.Errors(factory.options, complete)
  if (problem !== undefined) {
    const option = problem.instancePath.slice(1).replaceAll('/', '.') || '(all)'
    // How the validator says that additional properties are not allowed.
    const why = problem.message === 'schema is false' ? 'is unknown' : problem.message
    throw new Error(`option ${option} of ${factory.name} ${why}`)
  }
  return factory.create(complete as never, own)
}
