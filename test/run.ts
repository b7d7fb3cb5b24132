/**
 * `npm test`: everything that CI runs. Installs the real parts the suite needs, checks format, lint and types, runs the
 * suite, lists every skip by name, and closes with one line of counts. A skip that is not in `allowed-skips.txt` is a
 * failure: nothing disappears silently.
 *
 * `--matrix` (`npm run test:matrix`) runs the whole suite three times instead: on SQLite with the messages in the process, on
 * PostgreSQL with RabbitMQ and on MariaDB with RabbitMQ, and closes with a line for each. Words after it (`sqlite`, `postgres`,
 * `mariadb`) choose among the three.
 *
 * `--long` (`npm run test:long`) runs those that have a long form (`helpers/long.ts`) in that form, and nothing else.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
const { ensureInstalled } = await import('../tools/programs/packages.ts')
const { hasMariadb } = await import('../tools/programs/mariadb.ts')
const { hasPostgres } = await import('../tools/programs/postgres.ts')
const { setup: bundleService } = await import('./helpers/before-all.ts')
const { bundlePrograms } = await import('./helpers/one-file.ts')
const { setup: offerBroker } = await import('./helpers/shared-broker.ts')
const { testNeeds } = await import('./programs.ts')

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly fullName: string
      readonly status: string
      readonly failureMessages?: readonly string[]
    }[]
  }[]
}

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules', '.bin')
const environment = () => ({ ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` })
const count = { passed: 0, failed: 0, skipped: 0 }
/** What failed and why, told again at the end: whoever has only the last lines of a long log needs no more. */
const failures: string[] = []

const databases = ['sqlite', 'postgres', 'mariadb'] as const
const longForms = [
  'test/faults/random-moments.test.ts',
  'test/system/release.test.ts',
  'test/system/image-under-writers.test.ts',
  'test/system/image-kernel-client.test.ts',
  'test/walks/walks.test.ts',
]
/** Of the matrix; none are all. */
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'))

const staticChecks = [
  ['format', ['oxfmt', '--check']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['types', ['tsc', '--noEmit']],
  ['types of the dashboard', ['tsc', '--noEmit', '-p', 'dashboard']],
  ['types of its tests', ['tsc', '--noEmit', '-p', 'test/dashboard']],
] as const

if (process.platform === 'linux') {
  const installed = await ensureInstalled(testNeeds, { forbid: false, say: (line) => console.log(line) })
  if (!installed.ok)
    console.log(`parts are missing, tests that need them are skipped by name: ${installed.why}`)
}

const began = performance.now()
// One for all runs.
const endBroker = await offerBroker()
const bundled = bundleService().then(async () => {
  process.env.MANILA_TEST_PROGRAMS = await bundlePrograms()
})
if (process.argv.includes('--matrix')) await bundled.then(matrix)
else if (process.argv.includes('--long')) {
  await bundled.then(() => runProjects(['system'], { MANILA_TEST_LONG: '1' }, longForms))
  close()
} else {
  // What is stored keeps a processor busy; who goes on where another was killed mostly waits for leases.
  await Promise.all([
    ...staticChecks.map(([name, command]) => check(name, command)),
    runProjects(['unit'])
      .then(() => onServer('postgres', runStores))
      .then(() => onServer('mariadb', runStores)),
    bundled.then(() => onServer('postgres', runKills)).then(() => onServer('mariadb', runKills)),
  ])
  // What measures time comes last and alone: vitest.config.ts says in which order.
  await runProjects(['system', 'dashboard', 'alone'])
  close()
}
await endBroker?.()
process.exit(count.failed > 0 ? 1 : 0)

function close(): void {
  console.log(failures.join('\n'))
  console.log(`${Math.round((performance.now() - began) / 1000)} s`)
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
}

/** The environment that puts every deployment of a test on a server and behind a broker (`helpers/place.ts`). */
function placeOn(database: Server): Readonly<Record<string, string>> {
  return { MANILA_TEST_DATABASE: database, MANILA_TEST_BUS: 'rabbitmq' }
}

async function matrix(): Promise<void> {
  const lines: string[] = []
  const failed = { all: 0 }
  const strange = chosen.filter((word) => !databases.some((database) => database === word))
  if (strange.length > 0) return fail(`${strange.join(', ')}: choose among ${databases.join(', ')}`)
  for (const database of databases.filter((one) => chosen.length === 0 || chosen.includes(one))) {
    Object.assign(count, { passed: 0, failed: 0, skipped: 0 })
    const started = performance.now()
    await runProjects(
      ['unit', 'system', 'dashboard', 'alone'],
      database === 'sqlite' ? {} : placeOn(database),
    )
    const name = database === 'sqlite' ? 'SQLite, messages in the process' : `${database}, RabbitMQ`
    const seconds = Math.round((performance.now() - started) / 1000)
    lines.push(
      `${name}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (${seconds} s)`,
    )
    failed.all += count.failed
  }
  console.log([...failures, ...lines].join('\n'))
  count.failed = failed.all
}

async function check(name: string, command: readonly string[]): Promise<void> {
  const { status, output } = await run(command)
  if (status === 0) count.passed++
  else fail(`${name}\n${output.trimEnd()}`)
  console.log(`${output.trimEnd()}\n${status === 0 ? 'ok' : 'FAILED'}: ${name}`)
}

type Server = 'postgres' | 'mariadb'

/** Once more on a real server. */
async function onServer(database: Server, suite: (database: Server) => Promise<void>): Promise<void> {
  if (database === 'postgres' ? hasPostgres() : hasMariadb()) return suite(database)
  console.log(`skipped: tests on ${database}, which is not installed`)
  count.skipped++
}

/** The tests of what is stored. */
function runStores(database: Server): Promise<void> {
  return runProjects(['stores'], { MANILA_TEST_DATABASE: database })
}

/** Those that kill. */
function runKills(database: Server): Promise<void> {
  const files = ['test/faults/every-step.test.ts', 'test/faults/planted.test.ts']
  return runProjects(['system'], { ...placeOn(database), MANILA_FAULTS_EVERYTHING: '0' }, files)
}

/** Runs a program of `node_modules/.bin` to its end; `live` shows what it says at once. */
async function run(
  [program = '', ...args]: readonly string[],
  { live = false, env = {} }: { live?: boolean; env?: Readonly<Record<string, string>> } = {},
): Promise<{ status: number | null; output: string }> {
  const child = spawn(join(bin, program), args, {
    cwd: root,
    env: { ...environment(), ...env },
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (output += part))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, output }
}

async function runProjects(
  projects: readonly string[],
  env: Readonly<Record<string, string>> = {},
  /** Of these files alone. */
  only: readonly string[] = [],
): Promise<void> {
  const outputs = join(root, 'node_modules', '.cache', 'test')
  mkdirSync(outputs, { recursive: true })
  const output = join(outputs, `${[projects[0], ...Object.values(env)].join('-')}.json`)
  rmSync(output, { force: true })
  const args = [
    'vitest',
    'run',
    ...only,
    ...projects.flatMap((project) => ['--project', project]),
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
  ]
  const { status } = await run(args, { live: true, env })
  if (!existsSync(output)) {
    fail(`the tests of ${projects.join(' and ')} wrote no report (vitest ended with ${status})`)
    return
  }
  // Not the total: other checks run at the same time.
  let failed = 0
  const failHere = (what: string): void => {
    failed++
    fail(what)
  }
  const where = Object.values(env).join(', ')
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report
  const allowed = readFileSync(join(root, 'test', 'allowed-skips.txt'), 'utf8').split('\n')
  for (const file of report.testResults) {
    // A file that could not even be loaded has no tests to fail, and where a hook failed its tests count as skipped.
    if (
      file.status === 'failed' &&
      !file.assertionResults.some(({ status: outcome }) => outcome === 'failed')
    )
      failHere(
        `before its tests: ${relative(root, file.name)}${where && ` (${where})`} ${file.message ?? ''}`,
      )
    for (const { fullName, status: outcome, failureMessages = [] } of file.assertionResults) {
      if (outcome === 'passed') count.passed++
      else if (outcome === 'failed')
        failHere(
          [`${fullName} (${relative(root, file.name)}${where && `, ${where}`})`, ...failureMessages].join(
            '\n',
          ),
        )
      else if (allowed.some((line) => line !== '' && !line.startsWith('#') && fullName.startsWith(line))) {
        count.skipped++
        console.log(`skipped: ${fullName}`)
      } else {
        failHere(`skipped, which test/allowed-skips.txt does not allow: ${fullName}`)
      }
    }
  }
  if (status !== 0 && failed === 0)
    failHere(`vitest ended with ${status} without a failing test (an unhandled error?)`)
}

function fail(what: string): void {
  count.failed++
  failures.push(`FAILED: ${what}`)
  console.log(failures.at(-1))
}
