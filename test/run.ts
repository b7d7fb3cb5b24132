/**
 * `npm test`: everything that CI runs. Installs the real parts the suite needs, checks format, lint and types, runs the
 * suite, lists every skip by name, and closes with one line of counts. A skip that is not in `allowed-skips.txt` is a
 * failure: nothing disappears silently.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
const { ensureInstalled } = await import('../src/parts/packages.ts')
const { testNeeds } = await import('./parts.ts')

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const root = join(import.meta.dirname, '..')
const bin = join(root, 'node_modules', '.bin')
const environment = { ...process.env, PATH: `${bin}:${process.env.PATH ?? ''}` }
const count = { passed: 0, failed: 0, skipped: 0 }

if (process.platform === 'linux') {
  const installed = await ensureInstalled(testNeeds, { forbid: false, say: (line) => console.log(line) })
  if (!installed.ok)
    console.log(`parts are missing, tests that need them are skipped by name: ${installed.why}`)
}

for (const [name, command] of [
  ['format', ['oxfmt', '--check']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['types', ['tsc', '--noEmit']],
] as const) {
  const { status } = spawnSync(join(bin, command[0]), command.slice(1), {
    cwd: root,
    env: environment,
    stdio: 'inherit',
  })
  if (status === 0) count.passed++
  else count.failed++
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`)
}

for (const project of ['unit', 'system']) runProject(project)
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exit(count.failed > 0 ? 1 : 0)

function runProject(project: string): void {
  const outputs = join(root, 'node_modules', '.cache', 'test')
  mkdirSync(outputs, { recursive: true })
  const output = join(outputs, `${project}.json`)
  rmSync(output, { force: true })
  const args = [
    'run',
    '--project',
    project,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${output}`,
  ]
  const { status } = spawnSync(join(bin, 'vitest'), args, { cwd: root, env: environment, stdio: 'inherit' })
  if (!existsSync(output)) {
    console.log(`FAILED: the ${project} tests wrote no report (vitest ended with ${status})`)
    count.failed++
    return
  }
  const report = JSON.parse(readFileSync(output, 'utf8')) as Report
  const allowed = readFileSync(join(root, 'test', 'allowed-skips.txt'), 'utf8').split('\n')
  for (const file of report.testResults) {
    // A file that could not even be loaded has no tests to fail.
    if (file.status === 'failed' && file.assertionResults.length === 0) {
      console.log(`FAILED to load: ${file.name} ${file.message ?? ''}`)
      count.failed++
    }
    for (const { fullName, status: outcome } of file.assertionResults) {
      if (outcome === 'passed') count.passed++
      else if (outcome === 'failed') count.failed++
      else if (allowed.some((line) => line !== '' && !line.startsWith('#') && fullName.startsWith(line))) {
        count.skipped++
        console.log(`skipped: ${fullName}`)
      } else {
        count.failed++
        console.log(`FAILED: skipped, which test/allowed-skips.txt does not allow: ${fullName}`)
      }
    }
  }
  if (status !== 0 && count.failed === 0) {
    console.log(`FAILED: vitest ended with ${status} without a failing test (an unhandled error?)`)
    count.failed++
  }
}
