/** What one transaction need not read twice. */
import type { DbOrTx, Tx } from './schema.ts'

const known = new WeakMap<DbOrTx, Map<string, Promise<unknown>>>()

/**
 * Answers what `read` answered the first time in this transaction; outside of one it reads each time. Whoever writes what
 * others read so calls {@link readAgain}.
 */
export function oncePerTransaction<T>(db: DbOrTx, key: string, read: () => Promise<T>): Promise<T> {
  if (!db.isTransaction) return read()
  const answers = answersIn(db)
  const answer = answers.get(key) ?? read()
  answers.set(key, answer)
  return answer as Promise<T>
}

function answersIn(db: DbOrTx): Map<string, Promise<unknown>> {
  const answers = known.get(db) ?? new Map<string, Promise<unknown>>()
  known.set(db, answers)
  return answers
}

/** What a statement of this transaction has answered beside something else: it is not read for {@link oncePerTransaction}. */
export const readAlready = (tx: Tx, key: string, answer: unknown): void =>
  void answersIn(tx).set(key, Promise.resolve(answer))

/** Everything is read anew in this transaction from here on. */
export const readAgain = (tx: Tx): void => void known.delete(tx)
