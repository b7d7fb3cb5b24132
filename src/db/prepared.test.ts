import { afterEach, expect, test } from 'vitest'
import { prepared } from './prepared.ts'
import type { Store } from './open.ts'
import { openTestStore } from './store.fixture.ts'

const stores: Store[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

async function withZones(...names: readonly string[]): Promise<Store> {
  const store = await openTestStore()
  stores.push(store)
  for (const [at, name] of names.entries())
    await store.db
      .insertInto('availability_zones')
      .values({ id: `z${at}`, name, created_at: at })
      .execute()
  return store
}

test('a statement is built once and asked with the values of each call, in whatever order it names them', async () => {
  let built = 0
  const zones = prepared((db, name: string, since: number, most: number) => {
    built++
    return db
      .selectFrom('availability_zones')
      .select('name')
      .where('created_at', '>=', since)
      .where((eb) => eb.or([eb('name', '=', name), eb('id', '=', name), eb('id', '=', 'z2')]))
      .orderBy('name')
      .limit(most)
  })
  const { db, transaction } = await withZones('a', 'b', 'c')
  const names = async (...asked: Parameters<typeof zones>) => (await zones(...asked)).map(({ name }) => name)
  expect(await names(db, 'a', 0, 10)).toEqual(['a', 'c'])
  expect(await names(db, 'z1', 0, 10)).toEqual(['b', 'c'])
  expect(await names(db, 'z1', 2, 10)).toEqual(['c'])
  expect(await names(db, "' or 1 = 1 --", 0, 1)).toEqual(['c'])
  expect(await transaction((tx) => names(tx, 'a', 0, 1))).toEqual(['a'])
  expect(built).toBe(1)
  const other = await withZones('d')
  expect([await names(other.db, 'd', 0, 9), await names(db, 'd', 0, 9), built]).toEqual([['d'], ['c'], 2])
})

test('in a transaction it sees what that wrote', async () => {
  const all = prepared((db) => db.selectFrom('availability_zones').select('id').orderBy('id'))
  const { db, transaction } = await withZones('a')
  const seen = await transaction(async (tx) => {
    await tx.updateTable('availability_zones').set({ id: 'z9' }).execute()
    return all(tx)
  })
  expect([seen, await all(db)]).toEqual([[{ id: 'z9' }], [{ id: 'z9' }]])
})
