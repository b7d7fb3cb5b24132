/**
 * Two releases share one database while an upgrade goes on, so a migration only adds, and what it adds may be left out by
 * the release before. From the schema of each release to the newest, on whichever database.
 */
import { Migrator } from 'kysely/migration'
import { afterEach, describe, expect, test } from 'vitest'
import { migrate, type Store } from '../open.ts'
import { checkSchema } from '../store/schema-check.ts'
import { openBareTestStore } from '../store.fixture.ts'
import { isLedger, ledgers, type Ledger } from './ledgers.ts'

/** Each step of each ledger; those before the second one had all of the first as it was then, or later. */
const stops = ledgers.flatMap((ledger) =>
  Object.keys(ledger.migrations).map((name) => [`${ledger.prefix}${name}`, ledger, name] as const),
)
let store: Store
afterEach(() => store?.close())

/** `table.column`, what it holds, and whether a row may be written without it. */
async function columnsOf({ db }: Store): Promise<Map<string, { type: string; optional: boolean }>> {
  const tables = await db.introspection.getTables()
  return new Map(
    tables
      .filter(({ name }) => !isLedger(name))
      .flatMap(({ name, columns }) =>
        columns.map((column) => {
          const optional = column.isNullable || column.hasDefaultValue || column.isAutoIncrementing
          return [`${name}.${column.name}`, { type: column.dataType, optional }] as const
        }),
      ),
  )
}

async function bring(to: string | null, { migrations, table, lockTable }: Ledger): Promise<void> {
  const migrator = new Migrator({
    db: store.db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: lockTable,
  })
  const { error } = await (to === null ? migrator.migrateToLatest() : migrator.migrateTo(to))
  expect(error).toBeUndefined()
}

describe.each(stops)('from %s', (_, ledger, name) => {
  test('to the newest: nothing goes, nothing changes, nothing new is required', async () => {
    store = await openBareTestStore()
    if (ledger !== ledgers[0]) await bring(null, ledgers[0]!)
    await bring(name, ledger)
    const before = await columnsOf(store)
    expect(before.size).toBeGreaterThan(100)
    await migrate(store)
    const after = await columnsOf(store)
    const changed = [...before].filter(
      ([column, is]) => JSON.stringify(after.get(column)) !== JSON.stringify(is),
    )
    expect(changed).toEqual([])
    const oldTables = new Set([...before.keys()].map((column) => column.split('.')[0]))
    const required = [...after].filter(
      ([column, is]) => !before.has(column) && oldTables.has(column.split('.')[0]) && !is.optional,
    )
    expect(required).toEqual([])
    // And the way there makes no other schema than a fresh database has.
    expect(await checkSchema(store)).toEqual([])
    await migrate(store)
    expect(await columnsOf(store)).toEqual(after)
  })
})
