/**
 * A small vocabulary for migrations: six column kinds that mean the same in SQLite, PostgreSQL and MariaDB, and two
 * functions that make tables and indexes from data. Frozen together with the migrations that use it.
 */
import type { ColumnDataType, Kysely } from 'kysely'

interface Column {
  readonly type: ColumnDataType
  readonly nullable: boolean
}
export type ColumnKind = Column & { readonly null: Column }

const kind = (type: ColumnDataType): ColumnKind => ({
  type,
  nullable: false,
  null: { type, nullable: true },
})

/** uuids and project ids (Keystone allows 64 characters). */
export const id = kind('varchar(64)')
/** Anything indexed or short. */
export const name = kind('varchar(255)')
/** A word of ours, a hash in hex: short enough for several of them in one key of MariaDB (3072 bytes, 4 a character). */
export const word = kind('varchar(64)')
/** Values of metadata: Manila's width. */
export const value = kind('varchar(1023)')
export const text = kind('text')
export const json = kind('text')
export const flag = kind('smallint')
export const integer = kind('bigint')
/** Microseconds since the epoch. */
export const stamp = kind('bigint')
export const real = kind('double precision')

type Tables = Readonly<Record<string, Readonly<Record<string, Column>>>>
type PerTable = Readonly<Partial<Record<string, readonly string[]>>>

/** Makes each table with its primary key (`id` unless `primaryKeys` says otherwise). Safe to run again. */
export async function makeTables(db: Kysely<never>, tables: Tables, primaryKeys: PerTable): Promise<void> {
  for (const [table, columns] of Object.entries(tables)) {
    let builder = db.schema.createTable(table).ifNotExists()
    for (const [column, { type, nullable }] of Object.entries(columns)) {
      builder = builder.addColumn(column, type, (c) => (nullable ? c : c.notNull()))
    }
    const key = primaryKeys[table] ?? ['id']
    await builder.addPrimaryKeyConstraint(`${table}_pk`, [...key] as never).execute()
  }
}

/** Makes `table: ['a,b', '!c']` as indexes named after table and columns; `!` means unique. Safe to run again. */
export async function makeIndexes(db: Kysely<never>, indexes: PerTable): Promise<void> {
  for (const [table, list] of Object.entries(indexes)) {
    for (const spec of list ?? []) {
      const unique = spec.startsWith('!')
      const columns = spec.replace('!', '').split(',')
      // MariaDB stops at 64 characters, PostgreSQL at 63.
      const indexName = `${table}_${columns.join('_')}_ix`.slice(0, 60)
      let builder = db.schema
        .createIndex(indexName)
        .ifNotExists()
        .on(table)
        .columns(columns as never)
      if (unique) builder = builder.unique()
      await builder.execute()
    }
  }
}
