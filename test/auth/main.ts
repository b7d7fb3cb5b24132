/**
 * `npm run test:auth`: the suite of authentication on every backend, and a count for each. Words after it choose the files whose
 * names contain one of them. Ends 1 when a test fails, or when a backend that is not among the allowed skips was not asked.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureInstalled } from '../../tools/programs/packages.ts'
import { testNeeds } from '../programs.ts'

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message?: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly fullName: string
      readonly status: string
    }[]
  }[]
}

const root = join(import.meta.dirname, '..', '..')
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const words = process.argv.slice(2)

const installed = await ensureInstalled(testNeeds, { forbid: false, say })
if (!installed.ok) say(`parts are missing, tests that need them are skipped by name: ${installed.why}`)

const scratch = mkdtempSync(join(tmpdir(), 'test-auth-'))
const output = join(scratch, 'report.json')
const files = words.length === 0 ? ['test/auth/'] : words.map((word) => `test/auth/${word}`)
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`]
const { status } = spawnSync(
  join(root, 'node_modules', '.bin', 'vitest'),
  ['run', '--project', 'system', ...files, ...reporters],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
if (existsSync(output)) tell(JSON.parse(readFileSync(output, 'utf8')) as Report)
rmSync(scratch, { recursive: true })

/** One line per backend, and the skips by name. */
function tell(report: Report): void {
  const counts = new Map<string, { passed: number; failed: number; skipped: number }>()
  for (const file of report.testResults) {
    if (file.assertionResults.length === 0) say(`FAILED to load: ${file.name} ${file.message ?? ''}`)
    for (const { ancestorTitles, fullName, status: outcome } of file.assertionResults) {
      const title = ancestorTitles.find((one) => one.startsWith('auth: ')) ?? ancestorTitles[0] ?? file.name
      const count = counts.get(title) ?? { passed: 0, failed: 0, skipped: 0 }
      counts.set(title, count)
      if (outcome === 'passed') count.passed++
      else if (outcome === 'failed') count.failed++
      else count.skipped++
      if (outcome !== 'passed') say(`${outcome}: ${fullName}`)
    }
  }
  say('')
  for (const [title, { passed, failed, skipped }] of counts) {
    const left = skipped === 0 ? '' : `, ${skipped} skipped`
    say(`${title}: ${passed} of ${passed + failed} passed${left}`)
  }
}
