import { afterEach, describe, expect, test } from 'vitest'
import type { KyselyPlugin } from 'kysely'
import { copyDatabase, rowsAtOnce } from './copy.ts'
import { migrate, openStore, type Store } from './open.ts'

const opened: Store[] = []
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})

async function emptyStore(): Promise<Store> {
  const store = await openStore('sqlite::memory:')
  opened.push(store)
  await migrate(store)
  return store
}

/** The same store, and how many rows each of its answers had. */
function watched(store: Store): { store: Store; answers: number[] } {
  const answers: number[] = []
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult: async ({ result }) => {
      answers.push(result.rows.length)
      return result
    },
  }
  return { store: { ...store, db: store.db.withPlugin(plugin) }, answers }
}

async function fill(store: Store, rows: readonly { share_id: string; meta_key: string }[]): Promise<void> {
  for (let at = 0; at < rows.length; at += 100) {
    const values = rows.slice(at, at + 100).map((row) => ({ ...row, meta_value: 'v' }))
    await store.db.insertInto('share_metadata').values(values).execute()
  }
}

const items = (share: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({ share_id: share, meta_key: `k${at}` }))

describe('copying a database', () => {
  test('holds no more than one batch of a table, however many rows it has', async () => {
    const from = watched(await emptyStore())
    const to = watched(await emptyStore())
    const rows = 20 * rowsAtOnce + 7
    await fill(from.store, items('a', rows))
    from.answers.length = 0
    const copied = await copyDatabase(from.store, to.store)
    expect(copied.find(({ table }) => table === 'share_metadata')).toEqual({ table: 'share_metadata', rows })
    // The list of tables is an answer as well.
    expect(Math.max(...from.answers, ...to.answers)).toBe(rowsAtOnce)
    // Once to copy, once to compare.
    expect(from.answers.filter((count) => count === rowsAtOnce)).toHaveLength(40)
    expect(to.answers.filter((count) => count === rowsAtOnce)).toHaveLength(20)
  })

  // A key of two columns, whose first is the same on both sides of every border.
  test.each([
    ['one short of a batch', [rowsAtOnce - 1]],
    ['a batch', [rowsAtOnce]],
    ['one more', [rowsAtOnce + 1]],
    ['a border inside of one share, and one between two', [rowsAtOnce - 3, 10, rowsAtOnce - 7, 1]],
  ])('misses none at the border: %s', async (_name, counts) => {
    const from = await emptyStore()
    const to = await emptyStore()
    await fill(
      from,
      counts.flatMap((count, at) => items(`share-${at}`, count)),
    )
    await copyDatabase(from, to)
    const all = (store: Store) =>
      store.db.selectFrom('share_metadata').selectAll().orderBy('share_id').orderBy('meta_key').execute()
    expect(await all(to)).toEqual(await all(from))
  })

  test('finds a row that changed on the way', async () => {
    const from = await emptyStore()
    const to = await emptyStore()
    await fill(from, items('a', rowsAtOnce + 50))
    const spoil: Store = {
      ...to,
      transaction: (body) =>
        to.transaction(async (tx) => {
          const end = await body(tx)
          await tx
            .updateTable('share_metadata')
            .set({ meta_value: 'w' })
            .where('meta_key', '=', 'k3')
            .execute()
          return end
        }),
    }
    await expect(copyDatabase(from, spoil)).rejects.toThrow('share_metadata differs after copying')
  })
})
