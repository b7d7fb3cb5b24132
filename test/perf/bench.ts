/**
 * `npm run bench`: what the service costs, in one run of some minutes. Each measurement is a file; figures of one run may
 * be compared with one another, of several machines not. `--only creates|reads|logins|start|noisy` runs a part; `--seconds 60` and
 * `--database sqlite|postgres|mariadb` (default all three) are for `noisy`.
 */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cannotRun } from '../../src/drivers/btrfs/test-bench.ts'
import { measureLogins } from './logins.ts'
import { measureCreates } from './creates.ts'
import { forget, measureReads } from './reads.ts'
import { figure, machine, print } from './report.ts'
import { measureNoise } from './noisy.ts'
import { measureStart } from './start.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '10' },
    database: { type: 'string' },
  },
})
const wanted = (part: string): boolean => values.only === undefined || values.only === part
const dir = mkdtempSync(join(tmpdir(), 'manila-bench-'))
const began = performance.now()

try {
  for (const line of machine(dir)) console.log(line)

  if (wanted('creates')) {
    const sim = await measureCreates(join(dir, 'sim'), { storage: 'sim', single: 200, many: 1000 })
    print('Creating shares, simulated storage: what the service itself costs', sim)
    const heading = 'Creating shares, btrfs with NFS-Ganesha: the real thing'
    if (cannotRun === null)
      print(heading, await measureCreates(join(dir, 'btrfs'), { storage: 'btrfs', single: 20, many: 60 }))
    else print(heading, [figure('not measured', '', cannotRun)])
  }
  if (wanted('reads') || wanted('start')) {
    const small = await measureReads(join(dir, 'small'), 1000, null)
    const large = await measureReads(join(dir, 'large'), 100_000, small)
    print('Reading', [...small.figures, ...large.figures])
  }
  if (wanted('logins')) {
    print('Logging in', await measureLogins(join(dir, 'logins'), { seconds: 15, flood: 120 }))
  }
  if (wanted('start')) {
    print('Starting', await measureStart((run) => join(dir, `empty-${run}`), join(dir, 'large')))
  }
  if (wanted('noisy')) {
    for (const database of ['sqlite', 'postgres', 'mariadb'] as const) {
      if (values.database !== undefined && values.database !== database) continue
      const { figures } = await measureNoise(join(dir, database), database, Number(values.seconds))
      print(`One member does its worst, on ${database}`, figures)
    }
  }
  console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`)
} finally {
  forget(dir)
}
