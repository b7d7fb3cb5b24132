/** What is counted of a piece of work, on every database. */
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { addUse, countDatabaseUse, countedIn, freshUse, keptUse, uncounted } from '../runtime/database-use.ts'
import type { Store } from './open.ts'
import { openTestStore } from './store.fixture.ts'

let store: Store
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())
beforeEach(() => countDatabaseUse(true))
afterEach(() => countDatabaseUse(false))

const ask = (letters: number) =>
  sql<{ text: string }>`select ${sql.lit('x'.repeat(letters))} as text`.execute(store.db)
const zone = { id: 'counted', name: 'counted', created_at: 1 }
const overTheWire = () => !store.dialect.singleProcess

test('a transaction of two statements is four round trips on a server, none on a file', async () => {
  const use = freshUse()
  await countedIn(use, () =>
    store.transaction(async (tx) => {
      await tx.insertInto('availability_zones').values(zone).execute()
      await tx.deleteFrom('availability_zones').where('id', '=', zone.id).execute()
    }),
  )
  expect(use).toMatchObject({ statements: 2, transactions: 1, roundTrips: overTheWire() ? 4 : 0 })
})

test('bytes are those of the wire, both ways', async () => {
  const [small, large] = [freshUse(), freshUse()]
  // What a connection is set up with is nobody's.
  await ask(1)
  await countedIn(small, () => ask(10))
  await countedIn(large, () => ask(10_010))
  const more = (of: 'sentBytes' | 'receivedBytes') => (large?.[of] ?? 0) - (small?.[of] ?? 0)
  if (!overTheWire()) return expect([more('sentBytes'), more('receivedBytes')]).toEqual([0, 0])
  // A few bytes of a longer frame come on top.
  expect(more('sentBytes')).toBeGreaterThanOrEqual(10_000)
  expect(more('sentBytes')).toBeLessThan(10_100)
  expect(more('receivedBytes')).toBeGreaterThanOrEqual(10_000)
  expect(more('receivedBytes')).toBeLessThan(10_100)
})

test('a statement that fails, and what is repeated, counts', async () => {
  const use = freshUse()
  let runs = 0
  await countedIn(use, () =>
    store.transaction(async (tx) => {
      await tx.insertInto('availability_zones').values(zone).execute()
      // The key is broken the first time only.
      if (++runs === 1) await tx.insertInto('availability_zones').values(zone).execute()
      await tx.deleteFrom('availability_zones').where('id', '=', zone.id).execute()
    }),
  )
  expect(use).toMatchObject({ statements: 4, transactions: 2 })
})

test('a step counts for its operation too, and work of others for neither', async () => {
  const [whole, part] = [freshUse(), freshUse()]
  await countedIn(whole, async () => {
    await ask(1)
    await countedIn(part, () => ask(1))
    await uncounted(() => ask(1))
  })
  expect([whole?.statements, part?.statements]).toEqual([2, 1])
})

test('two pieces of work at once do not see one another', async () => {
  const uses = [freshUse(), freshUse()]
  await Promise.all(
    uses.map((use, index) =>
      countedIn(use, async () => {
        for (let n = 0; n <= index; n++) await ask(1)
      }),
    ),
  )
  expect(uses.map((use) => use?.statements)).toEqual([1, 2])
})

test('nothing is counted while it is off', async () => {
  countDatabaseUse(false)
  const before = JSON.stringify([...keptUse()])
  expect(freshUse()).toBeNull()
  await countedIn(null, () => ask(1))
  addUse({ statements: 1 })
  expect(JSON.stringify([...keptUse()])).toBe(before)
})
