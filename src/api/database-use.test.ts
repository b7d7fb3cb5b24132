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

test.each(['shares with details', 'shares being made', 'a share', 'a rule'] as const)(
  'a poll of %s that finds nothing new is one statement, and no body',
  async (asked) => {
    const { id } = await seedShare(bench, 'demo')
    const allowed = await bench.call('POST', `/shares/${id}/action`, {
      token: 'demo',
      body: { allow_access: { access_type: 'ip', access_to: '192.0.2.1' } },
    })
    const path = {
      'shares with details': '/shares/detail?limit=100',
      'shares being made': '/shares?status=creating&limit=100',
      'a share': `/shares/${id}`,
      'a rule': `/share-access-rules/${allowed.body.access.id}`,
    }[asked]
    const poll = (tag: string) =>
      bench.call('GET', path, { token: 'demo', headers: { 'if-none-match': tag } })
    const { etag } = (await poll('""')).headers
    countDatabaseUse(true)
    lines.length = 0
    const again = await poll(String(etag))
    expect([again.status, again.body]).toEqual([304, undefined])
    expect(lineOf(path)?.database).toMatchObject({ statements: 1, transactions: 0 })
  },
)

test('and nothing while it is off', async () => {
  await bench.call('GET', '/shares')
  expect(lineOf('/shares')).toMatchObject({ msg: 'request' })
  expect(lineOf('/shares')).not.toHaveProperty('database')
})
