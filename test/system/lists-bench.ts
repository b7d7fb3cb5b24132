/** A store with 20,000 shares of ten projects whose queries are written down, with SQLite's plan for each. */
import { randomUUID } from 'node:crypto'
import type { CompiledQuery, KyselyPlugin, QueryId } from 'kysely'
import { migrate, openStore } from '../../src/db/open.ts'
import type { Db } from '../../src/db/schema.ts'
import { insertType } from '../../src/db/store/share-types.ts'
import { seedShares } from '../perf/seed-shares.ts'

export const projects = Array.from({ length: 10 }, (_, n) => `${n}`.padStart(32, 'a'))
export const count = 20_000
const hosts = ['node@alpha#pool', 'node@beta#pool', 'node@gamma#pool']

export interface Watched extends AsyncDisposable {
  readonly db: Db
  readonly typeId: string
  /** Forgets what was written down, runs `body`, answers the queries it made and what it answered. */
  watch<T>(
    body: () => Promise<T>,
  ): Promise<{ readonly queries: readonly CompiledQuery[]; readonly answer: T }>
  /** The lines of `explain query plan`. */
  plan(query: CompiledQuery): Promise<string[]>
}

export async function openWatched(): Promise<Watched> {
  const store = await openStore('sqlite::memory:')
  await migrate(store)
  const typeId = randomUUID()
  const start = Date.now() * 1000
  await store.transaction((tx) =>
    insertType(tx, {
      id: typeId,
      name: 'default',
      description: null,
      is_public: 1,
      created_at: start,
      updated_at: null,
      extra_specs: { driver_handles_share_servers: 'False' },
    }),
  )
  await seedShares(store, count, (index) => ({
    projectId: projects[index % projects.length] ?? '',
    userId: `user-${index % 50}`,
    // Pairs share a stamp: ties are broken by id.
    now: start + Math.floor(index / 2) * 1000,
    sizeGib: 1 + (index % 100),
    shareTypeId: typeId,
    share: {
      name: index % 7 === 0 ? null : `share-${index % 1000}`,
      is_public: index % 100 === 0 ? 1 : 0,
      is_soft_deleted: index % 50 === 1 ? 1 : 0,
      updated_at: index % 3 === 0 ? null : start + index,
    },
    instance: { status: index % 40 === 0 ? 'error' : 'available', host: hosts[index % 3] ?? '' },
  }))
  // As `analyze` is never run in production, the plans must be good without it.
  const written: CompiledQuery[] = []
  const built = new WeakMap<QueryId, CompiledQuery>()
  const recorder: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      built.set(queryId, store.db.getExecutor().compileQuery(node, queryId))
      return node
    },
    // Parts of queries are built too; only what is executed has a result.
    transformResult({ queryId, result }) {
      const query = built.get(queryId)
      if (query !== undefined) written.push(query)
      return Promise.resolve(result)
    },
  }
  return {
    db: store.db.withPlugin(recorder),
    typeId,
    async watch(body) {
      written.length = 0
      const answer = await body()
      return { queries: [...written], answer }
    },
    async plan({ sql, parameters }) {
      const explained = { ...store.db.selectFrom('shares').selectAll().compile(), parameters }
      const { rows } = await store.db.executeQuery({ ...explained, sql: `explain query plan ${sql}` })
      return (rows as unknown as { detail: string }[]).map(({ detail }) => detail)
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}
