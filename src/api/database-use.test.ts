/** A request's line in the log says what the request asked of the database. */
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { countDatabaseUse } from '../runtime/database-use.ts'
import { meterDatabaseUse } from '../runtime/database-use-metrics.ts'
import { metrics } from '../runtime/metrics.ts'
import { openBench, type Bench } from './bench.fixture.ts'
import { routes } from './routes.ts'
import { seedShare } from './seed.fixture.ts'

interface Line {
  readonly msg: string
  readonly url: string
  readonly database?: { readonly statements: number; readonly transactions: number }
}

let bench: Bench
let lines: Line[] = []
beforeEach(async () => {
  lines = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as Line) })
  bench = await openBench(routes, () => {}, { log })
})
afterEach(async () => {
  countDatabaseUse(false)
  await bench.close()
})

const lineOf = (path: string): Line | undefined =>
  lines.find(({ msg, url }) => msg === 'request' && url === `/v2${path}`)

test('a read has no transaction, a change has one, a list is counted to its last row', async () => {
  const share = await seedShare(bench)
  countDatabaseUse(true)
  await bench.call('GET', `/shares/${share.id}`)
  await bench.call('PUT', `/shares/${share.id}`, { token: 'demo', body: { share: { display_name: 'b' } } })
  const [read, change] = lines.filter(({ msg }) => msg === 'request').map(({ database }) => database)
  expect(read?.transactions).toBe(0)
  expect(read?.statements).toBeGreaterThan(0)
  expect(change?.transactions).toBe(1)
  expect(change?.statements).toBeGreaterThan(read?.statements ?? 0)
  // Without a limit it is streamed.
  await bench.call('GET', '/shares/detail')
  expect(lineOf('/shares/detail')?.database?.statements).toBeGreaterThan(0)
  const page = metrics()
  meterDatabaseUse(page.registry)
  expect(await page.expose()).toMatch(
    /^manila_database_transactions_total\{of="PUT \/shares\/:id",step=""\} [1-9]/m,
  )
})

test('and nothing while it is off', async () => {
  await bench.call('GET', '/shares')
  expect(lineOf('/shares')).toMatchObject({ msg: 'request' })
  expect(lineOf('/shares')).not.toHaveProperty('database')
})
