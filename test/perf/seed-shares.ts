/** A hundred thousand available shares, straight through the store in large batches; some 10 s per hundred thousand. */
import type { Store } from '../../src/db/open.ts'
import { shareRows, type ShareSeed } from './seed-rows.ts'

/** SQLite takes at most 32,766 parameters in a statement; a share has some 45 columns. */
const rowsPerInsert = 400
const rowsPerTransaction = 20_000

/** Writes `count` shares; `describe` says what differs from row to row. No quota is charged. */
export async function seedShares(
  store: Store,
  count: number,
  describe: (index: number) => ShareSeed,
): Promise<void> {
  for (let first = 0; first < count; first += rowsPerTransaction) {
    await store.transaction(async (tx) => {
      const end = Math.min(count, first + rowsPerTransaction)
      for (let from = first; from < end; from += rowsPerInsert) {
        const indices = Array.from({ length: Math.min(rowsPerInsert, end - from) }, (_, n) => from + n)
        const rows = indices.map((index) => shareRows(describe(index)))
        await tx
          .insertInto('shares')
          .values(rows.map(({ share }) => share))
          .execute()
        await tx
          .insertInto('share_instances')
          .values(rows.map(({ instance }) => instance))
          .execute()
      }
    })
  }
}
