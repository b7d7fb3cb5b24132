import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openStore } from '../open.ts'
import { rowMaker } from './row-maker.ts'

test('values get the names of their columns, whatever those are', () => {
  const names = ['id', 'a "quoted" one', '`${1 + 1}`', "it's", 'line\nend', '__proto__', 'id']
  const row = rowMaker(names)([1, 2, 3, 4, 5, 6, 7])
  expect(Object.entries(row)).toEqual([
    ['id', 7],
    ['a "quoted" one', 2],
    ['`${1 + 1}`', 3],
    ["it's", 4],
    ['line\nend', 5],
    ['__proto__', 6],
  ])
  expect(Object.getPrototypeOf(row)).toBe(Object.prototype)
})

test('a kept statement sees the columns that a later change of the schema adds', async () => {
  const store = await openStore('sqlite::memory:')
  const all = async () => (await sql`select * from t`.execute(store.db)).rows
  await sql`create table t (id integer)`.execute(store.db)
  await sql`insert into t values (1)`.execute(store.db)
  expect(await all()).toEqual([{ id: 1 }])
  await sql`alter table t add column name text default 'x'`.execute(store.db)
  expect(await all()).toEqual([{ id: 1, name: 'x' }])
  await store.close()
})
