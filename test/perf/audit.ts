/**
 * What it costs to write down who did what: a change of a share with its event and without, in turns, on each database; how large events
 * are; how long the questions take that people ask of many.
 */
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { openBench } from '../../src/api/bench.fixture.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { routes } from '../../src/api/routes.ts'
import { seedShare } from '../../src/api/seed.fixture.ts'
import { insertAuditEvents, listAuditEvents, type AuditFilters } from '../../src/db/store/audit-events.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { blankAudit, type AuditEvent } from '../../src/model/audit.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { figure, ms, spread, type Figure } from './report.ts'
import { percentile, timed } from './timing.ts'

const changes = 400
const kept = 100_000

/** On SQLite, or on one kind of server: benches of two would be handed one another's databases. */
export async function measureAudit(dir: string, database: string): Promise<Figure[]> {
  mkdirSync(dir, { recursive: true })
  if (database === 'sqlite') return [...(await onDatabase('sqlite in memory', null)), ...(await onFile(dir))]
  const server = await (database === 'postgres' ? startPostgres() : startMariadb())
  const figures: Figure[] = []
  try {
    const empty = server.url(server.kind === 'postgres' ? 'postgres' : 'mysql')
    figures.push(...(await onDatabase(database, empty)))
    figures.push(...(await sizes(database, await openStore(await createDatabase(server)))))
  } finally {
    await server.remove()
  }
  return figures
}

async function onFile(dir: string): Promise<Figure[]> {
  const file = join(dir, 'audit.db')
  return sizes('sqlite', await openStore(`sqlite:${file}`), file)
}

async function onDatabase(name: string, url: string | null): Promise<Figure[]> {
  if (url === null) delete process.env.MANILA_TEST_DATABASE_URL
  else process.env.MANILA_TEST_DATABASE_URL = url
  const benches = [await openBench(routes), await openBench(routes, () => {}, { audit: undefined as never })]
  const took: number[][] = [[], []]
  try {
    const shares = await Promise.all(benches.map((bench) => seedShare(bench)))
    for (let index = 0; index < changes; index++)
      for (const [which, bench] of benches.entries()) {
        const body = { share: { display_name: `n${index}` } }
        took[which]?.push(
          ...(await timed(1, () =>
            bench.call('PUT', `/shares/${shares[which]?.id}`, { token: 'demo', body }),
          )),
        )
      }
  } finally {
    for (const bench of benches) await bench.close()
  }
  const [withEvent = [], without = []] = took
  const more = percentile(withEvent, 50) - percentile(without, 50)
  return [
    figure(`renaming a share on ${name}, with its event`, spread(withEvent), `${ms(more)} more`),
    figure(`renaming a share on ${name}, without`, spread(without)),
  ]
}

const event = (index: number): AuditEvent => ({
  ...blankAudit,
  id: crypto.randomUUID(),
  at: 1_790_000_000_000_000 + index * 1000,
  lastAt: 1_790_000_000_000_000 + index * 1000,
  action: 'update',
  outcome: 'pending',
  reason: 202,
  operation: 'POST /v2/shares/:id/action extend',
  userId: `7f0e4b3a51b84a0c9d7c0d6f1a2b${String(index % 1000).padStart(4, '0')}`,
  userName: `user-${index % 1000}`,
  userDomainId: 'default',
  projectId: `0d00000000000000000000000000${String(index % 200).padStart(4, '0')}`,
  method: 'password',
  tokenId: 'A7e9Jk2mQ0uX4rT8vB1cZg',
  tokenHash: '2a97516c354b68848cdbd8f54a226a0a',
  targetType: 'share',
  targetId: crypto.randomUUID(),
  targetProjectId: `0d00000000000000000000000000${String(index % 200).padStart(4, '0')}`,
  requestId: `req-${crypto.randomUUID()}`,
  address: `192.0.2.${index % 250}`,
  agent: 'openstacksdk/4.0.0 keystoneauth1/5.8.0 python-requests/2.32.3 CPython/3.11.2',
  observer: 'manila-api@node-1.example.org',
})

async function sizes(name: string, store: Store, file?: string): Promise<Figure[]> {
  await migrate(store)
  const began = performance.now()
  for (let at = 0; at < kept; at += 1000)
    await store.transaction((tx) =>
      insertAuditEvents(
        tx,
        Array.from({ length: 1000 }, (_, index) => event(at + index)),
      ),
    )
  const tookMs = performance.now() - began
  const size = await sizeOf(store, file)
  const ask = async (what: string, filters: AuditFilters): Promise<Figure> => {
    const page = { limit: 100, marker: null, descending: true, back: false }
    const found = await listAuditEvents(store.db, filters, page)
    const took = await timed(20, () => listAuditEvents(store.db, filters, page))
    return figure(`${name}, ${kept} events: ${what}`, spread(took), `${found.length} rows`)
  }
  const any = event(kept - 500)
  const figures = [
    figure(`${name}: one event of ${kept}, indexes too`, `${Math.round(size / kept)} bytes`),
    figure(`${name}: written together`, `${Math.round((kept * 1000) / tookMs)} /s`),
    await ask('the newest', {}),
    await ask('of a user', { user_id: any.userId }),
    await ask('of a project', { project_id: any.projectId }),
    await ask('from an address', { address: any.address }),
    await ask('of a target that is not there', { target_id: 'nothing' }),
    await ask('failed changes, of which there are none', { outcome: 'failure', action: 'delete' }),
  ]
  await store.close()
  return figures
}

async function sizeOf({ db }: Store, file?: string): Promise<number> {
  if (file !== undefined) {
    await sql`pragma wal_checkpoint(truncate)`.execute(db)
    return statSync(file).size
  }
  const postgres = sql<{ size: number }>`select pg_total_relation_size('audit_events') as size`
  const mariadb = sql<{
    size: number
  }>`select data_length + index_length as size from information_schema.tables where table_name = 'audit_events'`
  const { rows } = await postgres.execute(db).catch(async () => {
    await sql`analyze table audit_events`.execute(db)
    return mariadb.execute(db)
  })
  return Number(rows[0]?.size ?? 0)
}
