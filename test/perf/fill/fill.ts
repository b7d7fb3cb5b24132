/** Fills a database that has no shares, in minutes for a million: rows are made inside the database, what projects use of their quota by its own recount. */
import { migrate, openStore, type Store } from '../../../src/db/open.ts'
import { recountQuota } from '../../../src/db/store/quota-recount.ts'
import { tablesOf, type FillPlan } from './rows.ts'
import { openWords } from './words.ts'

/** Migrates the database at `url` first. Throws a sentence when shares are there already. `say` is told what it does and how long that took. */
export async function fill(url: string, plan: FillPlan, say: (line: string) => void): Promise<void> {
  await onStore(url, async (store) => {
    await migrate(store)
    const known = await store.db.selectFrom('shares').select('id').limit(1).execute()
    if (known.length > 0) throw new Error('the database has shares already: fill an empty one')
  })
  {
    await using words = await openWords(url)
    const tables = tablesOf(plan, words)
    for (const { table, count, statement } of tables) {
      const began = performance.now()
      await words.run(statement)
      say(`${table}: ${count.toLocaleString('en-US')} rows, ${seconds(began)} s`)
    }
    await words.analyze([...new Set(tables.map(({ table }) => table))])
  }
  const began = performance.now()
  await onStore(url, async (store) => {
    const differences = await recountQuota(store.db)
    const rows = differences.map(({ projectId, scope, scopeId, resource, counted }) => ({
      project_id: projectId,
      scope,
      scope_id: scopeId,
      resource,
      in_use: counted,
    }))
    for (let at = 0; at < rows.length; at += rowsPerInsert)
      await store.db
        .insertInto('quota_usages')
        .values(rows.slice(at, at + rowsPerInsert))
        .execute()
  })
  say(`quota counted: ${seconds(began)} s`)
}

const rowsPerInsert = 1000

const seconds = (began: number): string => ((performance.now() - began) / 1000).toFixed(1)

/** Counting millions of rows takes longer than any statement of the service may. */
export async function onStore<Result>(url: string, body: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(url, { statementTimeoutMs: 3_600_000 })
  try {
    return await body(store)
  } finally {
    await store.close()
  }
}
