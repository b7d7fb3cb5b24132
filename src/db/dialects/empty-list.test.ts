import { expect, test } from 'vitest'
import { openTestStore } from '../store.fixture.ts'

test('nothing is in an empty list, on every database', async () => {
  const store = await openTestStore()
  try {
    const zone = { id: 'one', name: 'nova', created_at: 1 }
    await store.db.insertInto('availability_zones').values(zone).execute()
    const zones = (operator: 'in' | 'not in', ids: readonly string[]) =>
      store.db.selectFrom('availability_zones').select('id').where('id', operator, ids).execute()
    expect(await zones('in', [])).toEqual([])
    expect(await zones('not in', [])).toEqual([{ id: 'one' }])
    expect(await zones('in', ['one', 'two'])).toEqual([{ id: 'one' }])
    expect(await zones('not in', ['one'])).toEqual([])
    const changed = store.db.updateTable('availability_zones').set({ name: 'x' })
    const { numUpdatedRows } = await changed.where('created_at', 'in', []).executeTakeFirstOrThrow()
    expect(numUpdatedRows).toBe(0n)
  } finally {
    await store.close()
  }
})
