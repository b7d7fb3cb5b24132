/**
 * A store whose work can be undone: between `begin` and `undo` every statement of everybody, those outside of transactions too, is in
 * one transaction of SQLite that is rolled back. So a route that deletes can be asked thousands of times about the same rows.
 */
import type { ControlledTransaction } from 'kysely'
import type { Store } from '../../../src/db/open.ts'
import type { Database, Tx } from '../../../src/db/schema.ts'

export interface UndoneStore extends Store {
  /** The same for those who take `db` out of their store once and for all. */
  readonly steady: Store
  begin(): Promise<void>
  undo(): Promise<void>
}

/** `store` must be SQLite's; one ask at a time. */
export function undoneStore(store: Store): UndoneStore {
  let open: ControlledTransaction<Database> | null = null
  const transaction = async <T>(body: (tx: Tx) => Promise<T>): Promise<T> =>
    // What a refused one has done is undone with the rest.
    open === null ? store.transaction(body) : body(open)
  const common = { dialect: store.dialect, transaction, close: () => store.close(), onEvents: store.onEvents }
  const steadyDb = new Proxy(store.db, {
    get(_, name) {
      const now = open ?? store.db
      const value: unknown = Reflect.get(now, name, now)
      return typeof value === 'function' ? value.bind(now) : value
    },
  })
  return {
    ...common,
    get db() {
      return open ?? store.db
    },
    steady: { ...common, db: steadyDb },
    async begin() {
      open = await store.db.startTransaction().execute()
    },
    async undo() {
      const was = open
      open = null
      await was?.rollback().execute()
    },
  }
}
