/** What one request may ask of the database, on every database. */
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BudgetSpent, withoutStatementBudget, withStatementBudget } from '../runtime/statement-budget.ts'
import type { Store } from './open.ts'
import type { DbOrTx } from './schema.ts'
import { openTestStore } from './store.fixture.ts'

let store: Store
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

/** Looks at 100 to the power of `power` combinations. */
const toil = (db: DbOrTx, power: number) => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].slice(0, power)
  const tables = sql.join(names.map((name) => sql`n as ${sql.ref(name)}`))
  const sum = sql.join(
    names.map((name) => sql.ref(`${name}.i`)),
    sql` + `,
  )
  return sql<{ found: number }>`
    with recursive n(i) as (select 1 union all select i + 1 from n where i < 100)
    select count(*) as found from ${tables} where ${sum} = 7`.execute(db)
}
/** SQLite runs in this thread: nothing can end a statement there, so none may be endless. */
const endless = () => (store.dialect.singleProcess ? 3 : 6)

const timed = async (work: () => Promise<unknown>): Promise<{ error: unknown; ms: number }> => {
  const began = performance.now()
  const error = await work().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return { error, ms: performance.now() - began }
}

test('a statement that would take for ever ends with the budget, and the pool goes on', async () => {
  for (let round = 0; round < 8; round++) {
    const { error, ms } = await timed(() =>
      withStatementBudget(50, async () => {
        for (;;) await toil(store.db, endless())
      }),
    )
    expect(error).toBeInstanceOf(BudgetSpent)
    expect(ms).toBeLessThan(2000)
  }
  expect((await toil(store.db, 2)).rows).toEqual([{ found: 6 }])
})

test('many short statements have one budget together', async () => {
  let done = 0
  const { error } = await timed(() =>
    withStatementBudget(60, async () => {
      for (;;) {
        await toil(store.db, 2)
        done++
      }
    }),
  )
  expect(error).toBeInstanceOf(BudgetSpent)
  expect(done).toBeGreaterThan(0)
})

test('a transaction whose time is over is rolled back, is not repeated, and leaves no lock', async () => {
  const now = 1
  const row = { resource_type: 'share', id: 'x', project_id: 'p', row_json: '{}', deleted_at: now }
  let runs = 0
  const { error, ms } = await timed(() =>
    withStatementBudget(100, () =>
      store.transaction(async (tx) => {
        runs++
        await tx.insertInto('tombstones').values(row).execute()
        for (;;) await toil(tx, endless())
      }),
    ),
  )
  expect(error).toBeInstanceOf(BudgetSpent)
  expect([runs, ms < 2500]).toEqual([1, true])
  await store.transaction((tx) => tx.insertInto('tombstones').values(row).execute())
  expect(await store.db.selectFrom('tombstones').select('id').execute()).toEqual([{ id: 'x' }])
})

test('waiting for another one’s lock counts, too', async () => {
  const { promise: held, resolve: hold } = Promise.withResolvers<void>()
  const { promise: free, resolve: release } = Promise.withResolvers<void>()
  const holder = store.transaction(async (tx) => {
    await tx.updateTable('tombstones').set({ deleted_at: 2 }).execute()
    hold()
    await free
  })
  await held
  const waiting = timed(() =>
    withStatementBudget(200, () =>
      store.transaction((tx) => tx.updateTable('tombstones').set({ deleted_at: 3 }).execute()),
    ),
  )
  // A file has one writer: the second one waits for its turn, and spends nothing.
  if (store.dialect.singleProcess) release()
  const { error } = await waiting
  release()
  await holder
  expect(error instanceof BudgetSpent).toBe(!store.dialect.singleProcess)
})

test('work that a request only wakes has its own time', async () => {
  await withStatementBudget(1, async () => {
    await toil(store.db, 2).catch(() => {})
    await toil(store.db, 2).catch(() => {})
    expect((await withoutStatementBudget(() => toil(store.db, 2))).rows).toEqual([{ found: 6 }])
  })
})
