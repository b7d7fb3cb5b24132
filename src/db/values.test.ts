/** What is written is what is read, on every database, whether a statement is asked for the first time or has been prepared. */
import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from './open.ts'
import { openTestStore } from './store.fixture.ts'

/** Times that each is asked; a server prepares it on the way. */
const times = 5

let store: Store
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

const edge = 2 ** 31
const wholes = [0, -1, edge - 2, edge - 1, edge, -edge, -edge - 1, 1_796_026_429_678_398, 2 ** 53 - 1]

test.each(wholes)('the number %d, and it alone, is found by what it is', async (value) => {
  const at = (id: string, created_at: number) => ({ id, name: id, created_at })
  for (let n = 0; n < times; n++) {
    const [same, next] = [randomUUID(), randomUUID()]
    await store.db
      .insertInto('availability_zones')
      .values([at(same, value), at(next, value === 2 ** 53 - 1 ? value - 1 : value + 1)])
      .execute()
    const found = await store.db
      .selectFrom('availability_zones')
      .select(['id', 'created_at'])
      .where('created_at', '=', value)
      .where('id', 'in', [same, next])
      .execute()
    expect(found).toEqual([{ id: same, created_at: value }])
  }
})

const texts = ['', ' ', 'a ', "'", '"', '\\', '\\0', '\u{1f408}', 'a\nb', '%_', '?', '$1', ':name']

test.each(texts)('so is the text %j', async (name) => {
  for (let n = 0; n < times; n++) {
    const id = `${randomUUID()}`
    await store.db
      .insertInto('availability_zones')
      .values({ id, name: `${id}${name}`, created_at: n })
      .execute()
    const found = await store.db
      .selectFrom('availability_zones')
      .select('id')
      .where('name', '=', `${id}${name}`)
      .execute()
    expect(found).toEqual([{ id }])
    const { numUpdatedRows } = await store.db
      .updateTable('availability_zones')
      .set({ created_at: n })
      .where('name', '=', `${id}${name}`)
      .executeTakeFirst()
    // As many as it found, although nothing changes.
    expect(numUpdatedRows).toBe(1n)
  }
})

test('no error says what was asked for', async () => {
  for (let n = 0; n < times; n++) {
    const error = await sql`select ${'a secret'} from nowhere where id = ${'another'}`.execute(store.db).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Error)
    expect(inspect(error)).not.toMatch(/a secret|another/)
  }
})
