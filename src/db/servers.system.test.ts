/** What only real servers can show: copying a deployment, checking a schema, users with no more rights than they need. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase, createServiceUsers } from '../../tools/cluster/database.ts'
import { makeCertificates, type Certificates } from '../../tools/programs/certificates.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasMariadb, startMariadb } from '../../tools/programs/mariadb.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { openRows } from '../../test/helpers/rows.ts'
import { copyDatabase } from './copy.ts'
import { grantedServices, privateTables } from './grants.ts'
import { migrate, openStore, type Store } from './open.ts'
import type { Tx } from './schema.ts'
import { lockLoginRecords, writeLoginRecord } from './store/login-records.ts'
import { checkSchema } from './store/schema-check.ts'
import { DatabaseUnavailable } from './unavailable.ts'

const kinds = [
  ['postgres', hasPostgres(), startPostgres],
  ['mariadb', hasMariadb(), startMariadb],
] as const

describe.each(kinds)('%s', (name, there, start) => {
  describe.runIf(there)('a real server', () => {
    let server: DatabaseServer
    let store: Store
    let url: string
    let dir: string
    let ours: Certificates
    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'db-copy-'))
      for (const name of ['ours', 'theirs']) mkdirSync(join(dir, name))
      ours = await makeCertificates(join(dir, 'ours'), ['DNS:localhost'])
      server = await start({ tls: ours })
      url = await createDatabase(server)
      store = await openStore(url, { acquireTimeoutMs: 2000 })
    })
    afterAll(async () => {
      await store?.close()
      await server?.remove()
      rmSync(dir, { recursive: true, force: true })
    })

    // Only PostgreSQL would.
    if (name === 'postgres') {
      test('compiles no statement', async () => {
        const { rows } = await sql<{ jit: string }>`select current_setting('jit') as jit`.execute(store.db)
        expect(rows).toEqual([{ jit: 'off' }])
      })
    }

    const zone = (id: string) => ({ id, name: `zone ${id}`, created_at: 1, updated_at: null })

    test('takes a SQLite deployment, row by row, once', async () => {
      const source = await openStore(`sqlite:${join(dir, 'old.db')}`)
      await migrate(source)
      const rows = Array.from({ length: 250 }, (_, index) => zone(String(index)))
      await source.db.insertInto('availability_zones').values(rows.slice(0, 200)).execute()
      await source.db.insertInto('availability_zones').values(rows.slice(200)).execute()
      const text = { id: 'a', description: 'ünïcode \u{1f600} and "quotes"' }
      await source.db
        .insertInto('domains')
        .values({ ...text, name: 'A ', enabled: 1 })
        .execute()
      await source.db
        .insertInto('domains')
        .values({ ...text, id: 'b', name: 'a', enabled: 0 })
        .execute()
      const copied = await copyDatabase(source, store)
      expect(copied.filter((one) => one.rows > 0)).toEqual([
        { table: 'availability_zones', rows: 250 },
        { table: 'domains', rows: 2 },
      ])
      expect(await store.db.selectFrom('domains').selectAll().orderBy('id').execute()).toEqual([
        { ...text, name: 'A ', enabled: 1 },
        { ...text, id: 'b', name: 'a', enabled: 0 },
      ])
      await expect(copyDatabase(source, store)).rejects.toThrow('not empty')
      await source.close()
    })

    test('records of logins that another makes at this moment are locked before they are believed', async () => {
      await migrate(store)
      const record = {
        subject: 'a:198.51.100.7',
        failures: 0,
        since: 0,
        free_at: 0,
        open: 1,
        ok_at: 0,
        touched_at: 1,
      }
      let isMade = false
      const first = store.transaction(async (tx) => {
        // Another transaction makes it as soon as the first statement has looked.
        const plugin = {
          transformQuery: ({ node }: { node: never }) => node,
          async transformResult<R>({ result }: { result: R }): Promise<R> {
            if (!isMade) await store.db.insertInto('login_records').values(record).execute()
            isMade = true
            return result
          },
        }
        const locked = await lockLoginRecords(tx.withPlugin(plugin as never) as Tx, [record.subject])
        // It was not there, and to write it as if is refused, so that the transaction is repeated.
        expect(locked).toEqual([])
        await expect(writeLoginRecord(tx, record, true)).rejects.toSatisfy(store.dialect.isDuplicate)
        throw new Error('repeated')
      })
      await expect(first).rejects.toThrow('repeated')
      await store.transaction(async (tx) => {
        expect((await lockLoginRecords(tx, [record.subject])).map(({ open }) => open)).toEqual([1])
        // Nobody else gets at it now.
        const other = store.transaction((tx2) => lockLoginRecords(tx2, [record.subject]))
        const soon = new Promise((resolve) => setTimeout(resolve, 300, 'waits'))
        expect(await Promise.race([other.then(() => 'does not wait'), soon])).toBe('waits')
      })
      await store.db.deleteFrom('login_records').execute()
    })

    test('is checked: nothing is wrong, and a missing index and column are found', async () => {
      expect(await checkSchema(store)).toEqual([])
      const index = sql.raw(server.kind === 'postgres' ? 'shares_name_ix' : 'shares_name_ix on shares')
      await sql`drop index ${index}`.execute(store.db)
      await store.db.schema.alterTable('usages').dropColumn('method').execute()
      expect(await checkSchema(store)).toEqual([
        'column usages.method is missing',
        'index shares_name_ix is missing: lists will be slow',
      ])
      await store.db.schema.createIndex('shares_name_ix').on('shares').column('name').execute()
      await store.db.schema.alterTable('usages').addColumn('method', 'varchar(255)').execute()
      expect(await checkSchema(store)).toEqual([])
    })

    test('may be migrated beside a process whose statements are prepared', async () => {
      const beside = await openStore(url, { max: 3 })
      const read = () => beside.db.selectFrom('domains').selectAll().execute()
      const inside = () => beside.transaction((tx) => tx.selectFrom('domains').selectAll().execute())
      // Every connection has both prepared.
      await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? read() : inside())))
      const alter = store.db.schema.alterTable('domains')
      await alter.addColumn('another', 'varchar(255)').execute()
      const rows = await Promise.all(Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? read() : inside())))
      expect(rows.map((one) => one.length)).toEqual(Array(12).fill(2))
      await alter.dropColumn('another').execute()
      expect(await inside()).toHaveLength(2)
      await beside.close()
    })

    // PostgreSQL has no bound.
    if (name === 'mariadb') {
      test('is asked as before when it has no room for prepared statements', async () => {
        const bounded = await openStore(url, { max: 2 })
        const sum = async (n: number) =>
          (await bounded.transaction((tx) => sql<{ n: number }>`select ${n} + 1 as n`.execute(tx))).rows[0]?.n
        await using administrator = await openRows(server.url('mysql'))
        await administrator.run('set global max_prepared_stmt_count = 0')
        try {
          for (let n = 0; n < 6; n++) expect(await sum(n)).toBe(n + 1)
        } finally {
          await administrator.run('set global max_prepared_stmt_count = default')
          await bounded.close()
        }
      })
    }

    test('is spoken to over TLS, and only if its certificate is the right one', async () => {
      const theirs = await makeCertificates(join(dir, 'theirs'))
      const over = (parameters: Readonly<Record<string, string>>, host = '127.0.0.1') => {
        const to = new URL(url)
        to.hostname = host
        for (const [name, value] of Object.entries(parameters)) to.searchParams.set(name, value)
        return openStore(to.href, { max: 2, acquireTimeoutMs: 500 })
      }
      const encrypted = async (one: Store): Promise<boolean> => {
        try {
          if (server.kind === 'postgres') {
            const { rows } = await sql<{ ssl: boolean }>`
              select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(one.db)
            return rows[0]?.ssl === true
          }
          const { rows } = await sql<{ Value: string }>`show status like 'Ssl_cipher'`.execute(one.db)
          return (rows[0]?.Value ?? '') !== ''
        } finally {
          await one.close()
        }
      }
      expect(await encrypted(await over({}))).toBe(false)
      const warnings: string[] = []
      const hear = ({ message }: Error): void => void warnings.push(message)
      process.on('warning', hear)
      const full = { sslmode: 'verify-full', sslrootcert: ours.ca }
      expect(await encrypted(await over(full, 'localhost'))).toBe(true)
      // The certificate names no address.
      await expect(encrypted(await over(full))).rejects.toThrow()
      expect(await encrypted(await over({ sslmode: 'verify-ca', sslrootcert: ours.ca }))).toBe(true)
      expect(await encrypted(await over({ sslmode: 'require' }))).toBe(true)
      for (const sslmode of ['verify-ca', 'verify-full'])
        await expect(encrypted(await over({ sslmode, sslrootcert: theirs.ca }))).rejects.toThrow()
      await expect(encrypted(await over({ sslmode: 'verify-full' }))).rejects.toThrow()
      process.off('warning', hear)
      expect(warnings).toEqual([])
    })

    test('lets each service do what it needs, and look at nobody’s password', async () => {
      const logins = await createServiceUsers(server, store)
      for (const service of grantedServices) {
        const own = await openStore(logins[service])
        await own.db.selectFrom('shares').select('id').execute()
        await own.transaction((tx) => tx.deleteFrom('lanes').where('lane', '=', 'none').execute())
        const refused: string[] = []
        for (const table of privateTables) {
          await own.db
            .selectFrom(table as 'users')
            .selectAll()
            .execute()
            .catch(() => refused.push(table))
        }
        // Expired revocations and sessions, which are sealed, are taken away by manila-data.
        const ended = ['dashboard_sessions', 'revoked_tokens']
        const seen = { api: privateTables, data: ended }[service as 'api' | 'data'] ?? []
        expect([service, refused.toSorted()]).toEqual([
          service,
          privateTables.filter((table) => !seen.includes(table)).toSorted(),
        ])
        await own.close()
      }
    })

    test('is told from one that refuses when it goes away, and found again', async () => {
      await server.kill()
      const began = performance.now()
      await expect(
        store.transaction((tx) => tx.selectFrom('domains').selectAll().execute()),
      ).rejects.toBeInstanceOf(DatabaseUnavailable)
      expect(performance.now() - began).toBeLessThan(30_000)
      await server.start()
      expect(await store.transaction((tx) => tx.selectFrom('domains').select('id').execute())).toHaveLength(2)
    })
  })
})
