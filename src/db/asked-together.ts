/**
 * Rows by their ids, one of them for each request: those that are asked for in the same moment are one statement. Each of eight
 * requests that came together would otherwise write to a socket and read from it, which costs more than what they ask.
 *
 * A moment is one turn of the event loop: nobody waits for anybody who is not here already, and the statement begins after each of
 * those who asked, so each sees what was written before he did.
 */
import { budgetForStatement, type StatementBudget, withStatementBudget } from '../runtime/statement-budget.ts'
import type { DbOrTx } from './schema.ts'

/** Ids of one statement at most. */
export const mostTogether = 32

interface Asking<Row> {
  readonly id: string
  readonly budget: StatementBudget | undefined
  readonly answered: (row: Row | undefined) => void
  readonly failed: (error: unknown) => void
}

/** Reads the rows that are there of the ids, which may be some twice; `wall` says whose they may be. */
export type ReadRows<Row> = (
  db: DbOrTx,
  wall: string | null,
  ids: readonly [string, ...string[]],
) => Promise<readonly Row[]>

/**
 * Answers what asks for the row of an id behind a wall, and gets undefined when there is none. Only who stands behind the same wall
 * shares a statement. In a transaction, and on a database that is a file, each question is a statement of its own.
 */
export function askedTogether<Row extends { readonly id: string }>(
  read: ReadRows<Row>,
): (db: DbOrTx, wall: string | null, id: string) => Promise<Row | undefined> {
  const waiting = new WeakMap<DbOrTx, Map<string | null, Asking<Row>[]>>()

  const answer = async (db: DbOrTx, wall: string | null, asking: readonly Asking<Row>[]): Promise<void> => {
    try {
      const rows = await withBudgetsOf(asking, () => read(db, wall, idsOf(asking)))
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const { id, answered } of asking) answered(byId.get(id))
    } catch (error) {
      for (const { failed } of asking) failed(error)
    }
  }

  return async (db, wall, id) => {
    if (db.isTransaction || !db.getExecutor().adapter.supportsMultipleConnections) {
      const [row] = await read(db, wall, [id])
      return row
    }
    const budget = budgetForStatement()
    const byWall = waiting.get(db) ?? new Map<string | null, Asking<Row>[]>()
    waiting.set(db, byWall)
    return new Promise<Row | undefined>((answered, failed) => {
      const one = { id, budget, answered, failed }
      const others = byWall.get(wall)
      if (others !== undefined && others.length < mostTogether) {
        others.push(one)
        return
      }
      const asking = [one]
      byWall.set(wall, asking)
      // In the context of who came first: what the statement costs is counted for him.
      setImmediate(() => {
        if (byWall.get(wall) === asking) byWall.delete(wall)
        void answer(db, wall, asking)
      })
    })
  }
}

/** One id alone, or as many as the next power of two, the last of them again: so that there are few statements to prepare. */
function idsOf(asking: readonly { readonly id: string }[]): [string, ...string[]] {
  const ids = asking.map(({ id }) => id)
  const last = ids.at(-1) ?? ''
  while ((ids.length & (ids.length - 1)) !== 0) ids.push(last)
  return ids as [string, ...string[]]
}

/**
 * Within what is left to whoever of them has most: it would be asked for him alone, and nobody fails because another one has little left.
 * All of them pay for it, as each would have.
 */
async function withBudgetsOf<T>(
  asking: readonly { readonly budget: StatementBudget | undefined }[],
  ask: () => Promise<T>,
): Promise<T> {
  const budgets = asking.flatMap(({ budget }) => budget ?? [])
  const [first] = budgets
  if (first === undefined) return ask()
  const most = budgets.reduce((one, other) => (other.leftMs > one.leftMs ? other : one), first)
  const began = performance.now()
  try {
    return await withStatementBudget(most.leftMs, ask)
  } finally {
    const tookMs = performance.now() - began
    for (const budget of budgets) budget.leftMs -= tookMs
  }
}
