import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import type { Store } from './open.ts'
import { insertRows, ofShape, updateRows } from './shapes.ts'
import { openTestStore } from './store.fixture.ts'

let store: Store
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

const zones = (ids: readonly string[]) =>
  store.db
    .selectFrom('availability_zones')
    .select(['id', 'name', 'created_at'])
    .where('id', 'in', ids)
    .orderBy('id')
    .execute()

test('rows are written with their own values, however often and in whatever order columns are named', async () => {
  for (let n = 0; n < 5; n++) {
    const one = { id: `a${n}`, name: `first ${n}`, created_at: n }
    const other = { created_at: 100 - n, name: `second ${n}`, id: `b${n}` }
    await store.transaction(async (tx) => {
      await insertRows(tx, 'availability_zones', [one])
      await insertRows(tx, 'availability_zones', [other])
    })
    expect(await zones([one.id, other.id])).toEqual([one, other])
  }
  expect(await insertRows(store.db, 'availability_zones', [])).toBeUndefined()
})

test('rows of one insert name the same columns', async () => {
  const rows = [
    { id: 'x', name: 'x', created_at: 1 },
    { id: 'y', name: 'y' },
  ]
  await expect(insertRows(store.db, 'availability_zones', rows as never)).rejects.toThrow('different columns')
})

test('what is undefined is left as it is, and null is written', async () => {
  const owner = { id: 'm', project_id: 'p', request_id: 'r', resource_type: 'SHARE', resource_id: 's' }
  const rest = { action_id: '1', detail_id: '2', message_level: 'ERROR', created_at: 1, expires_at: 2 }
  await store.db
    .insertInto('messages')
    .values({ ...owner, ...rest } as never)
    .execute()
  const look = async () =>
    (
      await sql<{ request_id: string | null; resource_id: string }>`
      select request_id, resource_id from messages where id = 'm'`.execute(store.db)
    ).rows[0]
  await updateRows(store.db, 'messages', { request_id: undefined, resource_id: 't' } as never, { id: 'm' })
  expect(await look()).toEqual({ request_id: 'r', resource_id: 't' })
  await updateRows(store.db, 'messages', { request_id: null, resource_id: 'u' } as never, { id: 'm' })
  expect(await look()).toEqual({ request_id: null, resource_id: 'u' })
})

test('an update answers how many rows there are, changed or not', async () => {
  await insertRows(store.db, 'availability_zones', [
    { id: 'c', name: 'c', created_at: 7 },
    { id: 'd', name: 'd', created_at: 7 },
  ])
  for (let n = 0; n < 4; n++) {
    expect(await updateRows(store.db, 'availability_zones', { created_at: 8 }, { created_at: 7 })).toBe(
      n === 0 ? 2n : 0n,
    )
    expect(
      await updateRows(store.db, 'availability_zones', { created_at: 8 }, { id: 'c', created_at: 8 }),
    ).toBe(1n)
  }
})

test('a statement is built once for each shape and database', async () => {
  const other = await openTestStore()
  let built = 0
  const ask = async (one: Store, value: string) => {
    const { rows } = await ofShape(one.db, 'a test', [value], (name) => {
      built++
      return one.db
        .selectFrom('availability_zones')
        .select('id')
        .where('name', '=', name as string)
    })
    return rows
  }
  try {
    expect([await ask(store, 'c'), await ask(store, 'nobody'), await ask(store, 'd')]).toEqual([
      [{ id: 'c' }],
      [],
      [{ id: 'd' }],
    ])
    expect(await ask(other, 'c')).toEqual([])
    expect(built).toBe(2)
  } finally {
    await other.close()
  }
})

test('each shape has its name for itself', () => {
  const sources = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
    (name) => !name.endsWith('.test.ts'),
  )
  const names = sources.flatMap((name) =>
    Array.from(
      readFileSync(join(import.meta.dirname, name), 'utf8').matchAll(
        /ofShape\(\s*\w+,\s*(?:['`]([^'`$]*)|(\w+))/g,
      ),
      // A name that is made beforehand: what it is made of stands above.
      ([, literal, variable]) => literal ?? `${name} ${variable}`,
    ),
  )
  expect(names.length).toBeGreaterThan(10)
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted())
})
