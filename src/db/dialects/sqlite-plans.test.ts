/** SQLite's authorizer is asked whenever a statement is planned, so it counts what a kept statement was to save. */
import { constants, DatabaseSync } from 'node:sqlite'
import { expect, test, vi } from 'vitest'
import { openStore } from '../open.ts'

test('a page is planned once, whatever its limit and offset', async () => {
  const opened = vi.spyOn(DatabaseSync.prototype, 'prepare')
  const store = await openStore('sqlite::memory:')
  await store.db.schema.createTable('shares').addColumn('id', 'text').addColumn('name', 'text').execute()
  for (const id of ['a', 'b', 'c'])
    await store.db
      .insertInto('shares')
      .values({ id } as never)
      .execute()
  const page = async (limit: number, offset: number) => {
    const rows = store.db.selectFrom('shares').select('id').orderBy('id').limit(limit).offset(offset)
    return (await rows.execute()).map(({ id }) => id)
  }
  expect(await page(2, 0)).toEqual(['a', 'b'])

  const database = opened.mock.contexts[0] as DatabaseSync
  let planned = 0
  database.setAuthorizer(() => {
    planned++
    return constants.SQLITE_OK
  })
  // It makes every statement that was kept a thing of the past, once.
  expect(await page(1, 0)).toEqual(['a'])
  expect(await page(1, 1)).toEqual(['b'])
  expect(planned).toBeGreaterThan(0)
  planned = 0
  expect(await page(2, 1)).toEqual(['b', 'c'])
  expect(await page(3, 0)).toEqual(['a', 'b', 'c'])
  expect(await page(0, 0)).toEqual([])
  expect(await page(Number.MAX_SAFE_INTEGER, 2)).toEqual(['c'])
  expect(planned).toBe(0)
  await store.close()
})
