/** Whether a database has the tables, columns and indexes that this program's migrations make, and settings it can rely on. */
import { migrate, openStore, type Store } from '../open.ts'
import { schemaVersion } from './schema-version.ts'

/** Sentences, one per thing that is wrong; empty when nothing is. */
export async function checkSchema(store: Store): Promise<string[]> {
  const { pending, unknown } = await schemaVersion(store.db)
  const behind = pending.map((name) => `migration ${name} is missing: run manila-manage db sync`)
  // A schema that is behind lacks tables for a known reason.
  if (behind.length > 0) return behind
  const ahead = unknown.map((name) => `migration ${name} is of a newer manila`)
  return [
    ...ahead,
    ...(await missingColumns(store)),
    ...(await missingIndexes(store)),
    ...(await settings(store)),
  ]
}

/** What the migrations make, read from a fresh database in memory. */
async function model<T>(read: (model: Store) => Promise<T>): Promise<T> {
  const fresh = await openStore('sqlite::memory:')
  try {
    await migrate(fresh)
    return await read(fresh)
  } finally {
    await fresh.close()
  }
}

async function columnsOf({ db }: Store): Promise<Map<string, Set<string>>> {
  const tables = await db.introspection.getTables()
  return new Map(tables.map(({ name, columns }) => [name, new Set(columns.map((column) => column.name))]))
}

async function missingColumns(store: Store): Promise<string[]> {
  const there = await columnsOf(store)
  const wanted = await model(columnsOf)
  return [...wanted].flatMap(([table, columns]) => {
    const found = there.get(table)
    if (found === undefined) return [`table ${table} is missing`]
    return [...columns]
      .filter((column) => !found.has(column))
      .map((column) => `column ${table}.${column} is missing`)
  })
}

async function indexesOf({ db, dialect }: Store): Promise<Set<string>> {
  const { rows } = await dialect.indexNames.execute(db)
  return new Set(rows.map(({ name }) => name))
}

async function missingIndexes(store: Store): Promise<string[]> {
  const there = await indexesOf(store)
  const wanted = await model(indexesOf)
  return [...wanted]
    .filter((name) => !there.has(name))
    .map((name) => `index ${name} is missing: lists will be slow`)
}

async function settings({ db, dialect }: Store): Promise<string[]> {
  const { rows } = await dialect.wrongSettings.execute(db)
  return rows.map(({ problem }) => problem)
}
