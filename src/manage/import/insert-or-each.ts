/** Writing a batch while others write, too. */
import type { Store } from '../../db/open.ts'
import type { Tx } from '../../db/schema.ts'

/** All in one transaction; one by one when somebody else made one of them meanwhile. `lost` is told which ones those are. */
export async function insertOrEach<T>(
  store: Store,
  rows: readonly T[],
  insert: (tx: Tx, rows: readonly T[]) => Promise<void>,
  lost: (row: T) => void = () => {},
): Promise<void> {
  if (rows.length === 0) return
  const write = (some: readonly T[]): Promise<void> => store.transaction((tx) => insert(tx, some))
  try {
    await write(rows)
  } catch (error) {
    if (!store.dialect.isDuplicate(error)) throw error
    for (const row of rows) {
      try {
        await write([row])
      } catch (again) {
        if (!store.dialect.isDuplicate(again)) throw again
        lost(row)
      }
    }
  }
}
