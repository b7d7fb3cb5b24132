/** `config check`: everything that a start would refuse, before the start. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { directoriesOf } from '../auth/open.ts'
import { redactSecrets } from '../auth/redact.ts'
import { ConfigError } from '../config/load.ts'
import type { BackendSettings, Settings } from '../config/schema.ts'
import { columns } from './columns.ts'
import type { Call, PartFactory, Verb, World } from './verb.ts'

interface BackendReport {
  /** `host@backend` */
  readonly backend: string
  readonly driver: string
  readonly exporter: string
  readonly options: unknown
  readonly problems: readonly string[]
  /** What would not keep the service from starting, but is not as it should be. */
  readonly warnings: readonly string[]
}

export const configCheck: Verb = {
  name: 'config check',
  summary: 'read the configuration and say what would run',
  help: `Reads the file and the environment, asks every driver and exporter whether it takes its options, reads the policy file, and
prints what a start would run. Touches nothing: whether a disk is there is found out by starting. Exit 1 when
something is wrong; all problems are listed. What a backend would serve with less than it could is listed, too, and is no reason to fail.`,
  async run(call) {
    const settings = loaded(call)
    if (typeof settings === 'string') return failed([settings])
    const { world } = call
    const backends: BackendReport[] = []
    for (const [name, backend] of Object.entries(settings.backends)) {
      backends.push(await report(world, `${settings.host}@${name}`, name, backend))
    }
    const problems = [
      ...policyProblems(world, settings),
      ...directoryProblems(settings),
      ...backends.flatMap((one) => one.problems.map((problem) => `backend ${one.backend}: ${problem}`)),
    ]
    const warnings = backends.flatMap((one) => one.warnings.map((text) => `backend ${one.backend}: ${text}`))
    const { host, port } = settings.api
    return {
      code: problems.length === 0 ? 0 : 1,
      data: redactSecrets({ problems, warnings, settings: { ...settings, backends } }),
      text: `${columns(
        ['WHAT', 'VALUE'],
        [
          ['api', `${host} port ${port}`],
          ['database', settings.database.url],
          ['state', settings.state_dir],
          ['token keys', settings.auth.key_file],
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

function policyProblems(world: World, settings: Settings): string[] {
  if (settings.api.policy_file === '') return []
  try {
    world.checkPolicy(settings.api.policy_file)
    return []
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => `policy file: ${line}`)
  }
}

async function report(
  world: World,
  label: string,
  name: string,
  settings: BackendSettings,
): Promise<BackendReport> {
  const problems: string[] = []
  const attempt = async <T>(what: () => Promise<T>): Promise<T | null> => {
    try {
      return await what()
    } catch (error) {
      problems.push((error as Error).message)
      return null
    }
  }
  const driver = await attempt(async () =>
    build(await world.loadDriver(settings.driver, process.cwd()), settings.driver_options, name),
  )
  const exporter = await attempt(async () =>
    settings.exporter === ''
      ? null
      : build(await world.loadExporter(settings.exporter, process.cwd()), settings.exporter_options, name),
  )
  const objection =
    driver === null || problems.length > 0
      ? null
      : world.objection({ name, settings, driver: driver.part, exporter: exporter?.part ?? null })
  return {
    backend: label,
    driver: settings.driver,
    exporter: settings.exporter,
    options: { driver: driver?.options ?? null, exporter: exporter?.options ?? null },
    problems,
    warnings: objection === null ? [] : [objection],
  }
}

interface Built {
  /** With their defaults. */
  readonly options: unknown
  readonly part: unknown
}

/** The options are checked by the schema and by building the part, whose setup is never called. */
function build(factory: PartFactory, options: Readonly<Record<string, unknown>>, backend: string): Built {
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
      { exec: { run: refuse }, log, backend, dir, now: () => 0 } as never,
    )
    return { options: complete, part }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
