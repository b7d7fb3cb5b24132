/** Accounts, and what a deployment serves, could lie in two databases: no migration and no statement touches both. */
import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Migrator } from 'kysely/migration'
import { afterEach, describe, expect, test } from 'vitest'
import { migrate, type Store } from '../open.ts'
import { checkSchema } from '../store/schema-check.ts'
import { schemaVersion } from '../store/schema-version.ts'
import { identityTables } from '../tables/identity.ts'
import { openBareTestStore } from '../store.fixture.ts'
import { isLedger, ledgers } from './ledgers.ts'

const identity = new Set<string>(identityTables)
let store: Store
afterEach(() => store?.close())

const tablesOf = async ({ db }: Store): Promise<string[]> =>
  (await db.introspection.getTables()).map(({ name }) => name).filter((name) => !isLedger(name))

/** As the release before brings a database up to date: it knows one ledger. */
async function migrateFirstLedger(fresh: Store): Promise<void> {
  const migrator = new Migrator({
    db: fresh.db,
    provider: { getMigrations: async () => ({ ...ledgers[0]!.migrations }) },
  })
  expect((await migrator.migrateToLatest()).error).toBeUndefined()
}

test('a database that knows one ledger gets the other, whole and once', async () => {
  store = await openBareTestStore()
  await migrateFirstLedger(store)
  const before = await tablesOf(store)
  const { pending, unknown, at, newest } = await schemaVersion(store.db)
  expect({ unknown, at }).toEqual({ unknown: [], at: newest })
  expect(pending).toEqual(Object.keys(ledgers[1]!.migrations).map((name) => `identity/${name}`))
  await Promise.all([migrate(store), migrate(store)])
  expect(await schemaVersion(store.db)).toMatchObject({ pending: [], unknown: [] })
  expect(await checkSchema(store)).toEqual([])
  const made = (await tablesOf(store)).filter((name) => !before.includes(name))
  expect(made.filter((name) => !identity.has(name))).toEqual([])
  // A program of the release before, started again beside, finds nothing to do and nothing strange.
  await migrateFirstLedger(store)
})

test('what a newer program did to either ledger is told', async () => {
  store = await openBareTestStore()
  await migrate(store)
  for (const { table } of ledgers)
    await store.db
      .insertInto(table as never)
      .values({ name: '9999-later', timestamp: '2099-01-01' } as never)
      .execute()
  expect((await schemaVersion(store.db)).unknown).toEqual(['9999-later', 'identity/9999-later'])
})

/** Tables that the statements of a source name. */
function tablesIn(text: string): string[] {
  const calls = text.matchAll(
    /\b(?:selectFrom|insertInto|updateTable|deleteFrom|(?:inner|left|right)Join|using)\(\s*\[?'(\w+)/g,
  )
  const statements = [...text.matchAll(/\bsql(?:<[^>]*>)?`([^`]*)`/g)].map(([, one = '']) => one)
  const sql = statements.flatMap((one) => [...one.matchAll(/\b(?:from|join|into|update)\s+([a-z_]+)\b/g)])
  return [...calls, ...sql].map(([, table = '']) => table)
}

describe('statements', () => {
  const root = join(import.meta.dirname, '..', '..')
  const files = globSync(join(root, '**/*.ts')).filter(
    (file) => !/test|fixture|migrations/.test(relative(root, file)),
  )

  test('are found', () => {
    expect(tablesIn("db.selectFrom('shares').innerJoin('users', 'a', 'b')")).toEqual(['shares', 'users'])
    expect(tablesIn('sql<Count>`select 1 from shares s\n inner join users u`')).toEqual(['shares', 'users'])
    expect(files.flatMap((file) => tablesIn(readFileSync(file, 'utf8'))).length).toBeGreaterThan(200)
  })

  test('of one file are all about accounts, or all about something else', () => {
    const mixed = files.filter((file) => {
      const about = tablesIn(readFileSync(file, 'utf8')).map((table) => identity.has(table))
      return about.includes(true) && about.includes(false)
    })
    expect(mixed.map((file) => relative(root, file))).toEqual([])
  })
})
