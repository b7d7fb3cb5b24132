/** `config check`: everything that a start would refuse, and what would make every request fail later, before the start. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { openKeystone } from '../auth/open-keystone.ts'
import { directoriesOf } from '../auth/open.ts'
import { redactSecrets } from '../runtime/redact.ts'
import { exporterDir, exporterTables, type ExporterTable } from '../config/exporters.ts'
import { ConfigError } from '../config/load.ts'
import type { BackendSettings, Settings } from '../config/schema.ts'
import { systemClock } from '../runtime/clock.ts'
import { serverAddress } from '../db/dialects/server-url.ts'
import { anyType, defaultType } from '../db/store/share-types.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import { keepProblems, listenProblems, readProblem, writeProblem, type Listener } from './host-check.ts'
import { Problem, Unusable, type Call, type PartFactory, type Verb, type Wants, type World } from './verb.ts'

interface BackendReport {
  /** `host@backend` */
  readonly backend: string
  readonly driver: string
  /** `ganesha`, or `nfs=ganesha cifs=sim`. */
  readonly exporter: string
  readonly options: unknown
  readonly problems: readonly string[]
  /** What would not keep the service from starting, but is not as it should be. */
  readonly warnings: readonly string[]
  readonly wants: Wants
}

const withoutWants = ({ wants: _wants, ...report }: BackendReport): object => report

export const configCheck: Verb = {
  name: 'config check',
  summary: 'read the configuration and say what would run',
  help: `Reads the file and the environment, asks every driver and exporter whether it takes its options, reads the policy file, and
prints what a start would run. Looks for what two backends would both have (a port of an address, a pool), for paths that can't be
written or read here, for filters, weighers and expressions that nobody understands, and, where the database can be read, for
the default share type. Touches nothing: whether a disk is there is found out by starting. Exit 1 when
something is wrong; all problems are listed. What a backend would serve with less than it could is listed, too, and is no reason to fail.`,
  async run(call) {
    const settings = loaded(call)
    if (typeof settings === 'string') return failed([settings])
    const { world } = call
    const backends: BackendReport[] = []
    for (const [name, backend] of Object.entries(settings.backends)) {
      backends.push(await report(world, settings, name, backend))
    }
    const type = await defaultTypeProblem(settings)
    const policy = policyFindings(world, settings)
    const problems = [
      ...policy.problems,
      ...keystoneProblems(settings),
      ...directoryProblems(settings),
      ...world.chainProblems(settings.scheduler).map((problem) => `[scheduler] ${problem}`),
      ...fileProblems(settings),
      ...(type.problem === null ? [] : [type.problem]),
      ...backends.flatMap((one) => one.problems.map((problem) => `backend ${one.backend}: ${problem}`)),
      ...listenProblems(listenersOf(settings, backends)),
      ...keepProblems(
        backends.flatMap(({ backend, wants }) =>
          (wants.keeps ?? []).map((path) => ({ who: `backend ${backend}`, path })),
        ),
      ),
    ]
    const warnings = [
      ...policy.warnings,
      ...(type.warning === null ? [] : [type.warning]),
      ...backends.flatMap((one) => one.warnings.map((text) => `backend ${one.backend}: ${text}`)),
    ]
    const { host, port } = settings.api
    return {
      code: problems.length === 0 ? 0 : 1,
      data: redactSecrets({
        problems,
        warnings,
        settings: { ...settings, backends: backends.map(withoutWants) },
      }),
      text: `${columns(
        ['WHAT', 'VALUE'],
        [
          ['api', `${host} port ${port}`],
          ['database', settings.database.url],
          ['state', settings.state_dir],
          settings.auth.backend === 'keystone'
            ? ['identity', `the Keystone at ${settings.auth.keystone.auth_url}`]
            : ['token keys', settings.auth.key_file],
          ['policy', settings.api.policy_file || "Manila's defaults"],
          ['default type', settings.shares.default_share_type || 'none: requests must name one'],
        ],
      )}\n${
        backends.length === 0
          ? 'no backends: shares can be asked for and none will be made\n'
          : columns(
              ['BACKEND', 'DRIVER', 'EXPORTER', 'VERDICT'],
              backends.map((one) => [
                one.backend,
                one.driver,
                one.exporter || '-',
                one.problems.length > 0 ? 'wrong' : one.warnings.length > 0 ? 'warning' : 'ok',
              ]),
            )
      }${listed('Wrong', problems)}${listed('Warning', warnings)}`,
    }
  },
}

function directoryProblems({ auth }: Settings): string[] {
  try {
    directoriesOf(auth)
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

function loaded({ settings }: Call): Settings | string {
  try {
    return settings()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
}

const failed = (problems: readonly string[]) =>
  ({ code: 1, data: { problems }, text: listed('Wrong', problems).trimStart() }) as const

const listed = (heading: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `\n${heading}:\n${lines.map((line) => `  ${line}\n`).join('')}`

function policyFindings(world: World, settings: Settings) {
  const file = settings.api.policy_file
  const said = (lines: readonly string[]): string[] => lines.map((line) => `policy file: ${line}`)
  if (file === '') return { problems: [], warnings: [] }
  try {
    return { problems: [], warnings: said(world.checkPolicy(file)) }
  } catch (error) {
    return { problems: said((error as Error).message.split('\n')), warnings: [] }
  }
}

/** Its certificates are read; it is not asked. */
function keystoneProblems({ auth }: Settings): string[] {
  if (auth.backend !== 'keystone') return []
  try {
    const log = { info() {}, error() {} }
    openKeystone(auth.keystone, { clock: systemClock(), log }).client.close()
    return []
  } catch (error) {
    return [`auth.keystone: ${(error as Error).message}`]
  }
}

/** Paths and files of the service itself. */
function fileProblems({ state_dir: state, api, auth, bus, database }: Settings): string[] {
  const sqlite = /^sqlite:(\/.+)$/.exec(database.url)?.[1]
  const writes = [
    ['state_dir', state],
    ...(auth.backend === 'keystone' ? [] : [['auth.key_file', auth.key_file]]),
    ...(sqlite === undefined ? [] : [['database.url', sqlite]]),
  ] as const
  const reads = (['ca_file', 'cert_file', 'key_file'] as const)
    .filter((name) => bus[name] !== '')
    .map((name) => [`bus.${name}`, bus[name]] as const)
  const served = (['cert_file', 'key_file'] as const)
    .filter((name) => api.tls[name] !== '')
    .map((name) => [`api.tls.${name}`, api.tls[name]] as const)
  const found = [
    ...writes.map(([option = '', path = '']) => [option, writeProblem(path)] as const),
    ...[...reads, ...served].map(([option, path]) => [option, readProblem(path)] as const),
    ['database.url', database.url.startsWith('sqlite:') ? null : addressProblem(database.url)] as const,
  ]
  return found.flatMap(([option, why]) => (why === null ? [] : [`${option}: ${why}`]))
}

/** What is wrong with the URL, and with the certificates it names; asks no server. */
function addressProblem(url: string): string | null {
  try {
    serverAddress(url, 0)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/** Looked for where it can be: a type that is misspelt is wrong, one that is not made yet is no more than that. */
async function defaultTypeProblem(
  settings: Settings,
): Promise<{ readonly problem: string | null; readonly warning: string | null }> {
  const name = settings.shares.default_share_type
  const neither = { problem: null, warning: null }
  const sqlite = /^sqlite:(\/.+)$/.exec(settings.database.url)?.[1]
  if (name === '' || settings.database.url === 'sqlite::memory:') return neither
  if (sqlite !== undefined && !existsSync(sqlite)) return neither
  try {
    return await withStore(settings, 'current', async ({ db }) => {
      if ((await defaultType(db, name)) !== undefined) return neither
      const says = `shares.default_share_type: there is no share type ${JSON.stringify(name)}; requests that name none are refused`
      return (await anyType(db)) ? { problem: says, warning: null } : { problem: null, warning: says }
    })
  } catch (error) {
    if (!(error instanceof Unusable || error instanceof Problem)) throw error
    const warning = `shares.default_share_type was not looked for: ${error.message}`
    return { problem: null, warning }
  }
}

function listenersOf(settings: Settings, backends: readonly BackendReport[]): Listener[] {
  const { api, metrics } = settings
  return [
    { who: 'the API', host: api.host, port: api.port },
    { who: '[metrics]', host: metrics.host, port: metrics.port },
    ...backends.flatMap(({ backend, wants }) =>
      (wants.listens ?? []).map((one) => ({ who: `backend ${backend}`, ...one })),
    ),
  ]
}

async function report(
  world: World,
  all: Settings,
  name: string,
  settings: BackendSettings,
): Promise<BackendReport> {
  const label = `${settings.host || all.host}@${name}`
  const dir = join(all.state_dir, 'backends', name)
  const problems: string[] = [...world.functionProblems(settings)]
  const attempt = async <T>(what: () => Promise<T>): Promise<T | null> => {
    try {
      return await what()
    } catch (error) {
      problems.push((error as Error).message)
      return null
    }
  }
  const driver = await attempt(async () =>
    build(await world.loadDriver(settings.driver, process.cwd()), settings.driver_options, { name, dir }),
  )
  // As the start does: what a driver says of itself decides what an exporter may do.
  const { name: driverName, separates } = (driver?.part ?? {}) as { name?: string; separates?: string }
  const storage = { name: driverName ?? settings.driver, ...(separates !== undefined && { separates }) }
  const exporters: { readonly table: ExporterTable; readonly built: Built }[] = []
  for (const table of driver === null ? [] : exporterTables(settings)) {
    const built = await attempt(async () => exporterOf(world, table, { name, dir, storage }, driver?.part))
    if (built !== null) exporters.push({ table, built })
  }
  const objection =
    driver === null || problems.length > 0
      ? null
      : world.objection({
          name,
          settings,
          driver: driver.part,
          exporters: exporters.map(({ built }) => built.part),
        })
  const wants = joined(driver?.wants, ...exporters.map(({ built }) => built.wants))
  problems.push(
    ...(wants.problems ?? []),
    ...[writeProblem(dir), ...(wants.writes ?? []).map(writeProblem)].filter((why) => why !== null),
    ...(wants.reads ?? []).map(readProblem).filter((why) => why !== null),
  )
  const spoken = exporters.flatMap(({ table, built }) => table.protocol ?? protocolsOf(built.part))
  const unasked = driver === null ? null : unservedProtocols(all, driver.part, spoken)
  return {
    backend: label,
    driver: settings.driver,
    exporter: exporterTables(settings)
      .map(({ protocol, key, exporter }) => (protocol === null ? exporter : `${key}=${exporter}`))
      .join(' '),
    options: {
      driver: driver?.options ?? null,
      exporter: exporters.find(({ table }) => table.protocol === null)?.built.options ?? null,
      exporters: Object.fromEntries(
        exporters.flatMap(({ table, built }) =>
          table.protocol === null ? [] : [[table.key, built.options] as const],
        ),
      ),
    },
    problems,
    warnings: [objection, unasked].filter((why) => why !== null),
    wants,
  }
}

/** Built in its own place, and the one that its table asks for. */
async function exporterOf(
  world: World,
  table: ExporterTable,
  { name, dir, storage }: { readonly name: string; readonly dir: string; readonly storage: object },
  driver: unknown,
): Promise<Built> {
  const factory = await world.loadExporter(table.exporter, process.cwd())
  const built = build(factory, table.options, { name, dir: exporterDir(dir, table), storage })
  const wrong = world.mismatch(table, { protocols: protocolsOf(built.part) }, driver)
  if (wrong !== null) throw new Error(wrong)
  return built
}

const protocolsOf = (part: unknown): readonly string[] =>
  (part as { protocols?: string[] } | null | undefined)?.protocols ?? []

/** A backend whose protocols nobody may ask for serves nobody. */
function unservedProtocols({ shares }: Settings, driver: unknown, spoken: readonly string[]): string | null {
  const served = [...spoken, ...protocolsOf((driver as { native?: unknown } | null)?.native)]
  const enabled = shares.enabled_share_protocols.map((name) => name.toUpperCase())
  if (served.length === 0 || served.some((name) => enabled.includes(name.toUpperCase()))) return null
  return `it serves ${served.join(' and ')}, and [shares] enabled_share_protocols has only ${enabled.join(', ') || 'none'}`
}

const joined = (...all: readonly (Wants | undefined)[]): Wants => ({
  listens: all.flatMap((one) => one?.listens ?? []),
  keeps: all.flatMap((one) => one?.keeps ?? []),
  writes: all.flatMap((one) => one?.writes ?? []),
  reads: all.flatMap((one) => one?.reads ?? []),
  problems: all.flatMap((one) => one?.problems ?? []),
})

interface Built {
  /** With their defaults. */
  readonly options: unknown
  readonly part: unknown
  readonly wants: Wants
}

/** The options are checked by the schema and by building the part, whose setup is never called. */
function build(
  factory: PartFactory,
  options: Readonly<Record<string, unknown>>,
  place: { readonly name: string; readonly dir: string; readonly storage?: object },
): Built {
  const complete = Value.Default(factory.options, structuredClone(options))
  const wrong = Value.Errors(factory.options, complete).map(({ instancePath, message }) => {
    const option = instancePath.slice(1).replaceAll('/', '.') || '(all)'
    // How the validator says that additional properties are not allowed.
    return `option ${option} of ${factory.name} ${message === 'schema is false' ? 'is unknown' : message}`
  })
  if (wrong.length > 0) throw new Error([...new Set(wrong)].join('; '))
  const dir = mkdtempSync(join(tmpdir(), 'manila-check-'))
  try {
    const refuse = () => Promise.reject(new Error('a check runs nothing'))
    const log = { info() {}, warn() {}, error() {} }
    const part = factory.create(
      complete as never,
      { exec: { run: refuse }, log, backend: place.name, dir, now: () => 0, storage: place.storage } as never,
    )
    return { options: complete, part, wants: factory.wants?.(complete as never, place.dir) ?? {} }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
