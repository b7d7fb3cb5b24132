/**
 * The database of a test: SQLite in memory, or one of its own on the server that `MANILA_TEST_DATABASE_URL` names, so that every test
 * of what is stored runs on all three. Databases of a server are made once, emptied, and handed to the next test.
 */
import { sql } from 'kysely'
import { migrate, openStore, type Store } from './open.ts'

/** Those that no test uses now. */
const idle: Store[] = []
let made = 0

/** Migrated and empty. Closing it gives it back. */
export async function openTestStore(): Promise<Store> {
  const server = process.env.MANILA_TEST_DATABASE_URL
  if (server === undefined || server === '') {
    const store = await openStore('sqlite::memory:')
    await migrate(store)
    return store
  }
  const store = idle.pop() ?? (await make(server))
  let closed = false
  return {
    ...store,
    transaction: (body) =>
      // Whoever is left of a test changes nothing in the next one's rows.
      closed ? Promise.reject(new Error('the store of this test is closed')) : store.transaction(body),
    async close() {
      if (closed) return
      closed = true
      // One that lost a table in its test is nobody's any more.
      await empty(store).then(
        () => idle.push(store),
        () => store.close(),
      )
    },
  }
}

/** Without a single table; for tests of migrations. */
export async function openBareTestStore(): Promise<Store> {
  const server = process.env.MANILA_TEST_DATABASE_URL
  return server === undefined || server === '' ? openStore('sqlite::memory:') : bare(server)
}

async function make(server: string): Promise<Store> {
  const store = await bare(server)
  await migrate(store)
  return store
}

async function bare(server: string): Promise<Store> {
  const name = `t${process.pid}_${made++}`
  const admin = await openStore(server)
  await sql`create database ${sql.id(name)}`.execute(admin.db)
  await admin.close()
  const url = new URL(server)
  url.pathname = `/${name}`
  return openStore(url.href, { max: 6 })
}

/** Its tables, as the first test that used it found them. */
const tablesOf = new WeakMap<Store['db'], readonly string[]>()

/** In two round trips or so: most tables of most tests are empty. */
async function empty(store: Store): Promise<void> {
  const tables = tablesOf.get(store.db) ?? (await store.db.introspection.getTables()).map(({ name }) => name)
  tablesOf.set(store.db, tables)
  await store.transaction(async (tx) => {
    const ask = tables.map(
      (name) => sql`select ${sql.lit(name)} as name where exists (select 1 from ${sql.table(name)})`,
    )
    const { rows } = await sql<{ name: string }>`${sql.join(ask, sql` union all `)}`.execute(tx)
    for (const { name } of rows) await tx.deleteFrom(name as 'shares').execute()
  })
}
