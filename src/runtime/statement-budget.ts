/**
 * How long the statements of one request may keep the database busy, all together. The budget travels with the request
 * through whatever it calls (`AsyncLocalStorage`), so that no store function has to pass it on; `db/dialects` spends it.
 * Whoever wakes other work from a request does so outside of it: the work of a service has its own limits.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { uncounted } from './database-use.ts'

/** The database needed more time for a request than one request gets. Nothing of its transaction is kept. */
export class BudgetSpent extends Error {
  readonly limitMs: number
  constructor(limitMs: number, options?: ErrorOptions) {
    super(`the statements of the request took longer than ${limitMs} ms`, options)
    this.name = 'BudgetSpent'
    this.limitMs = limitMs
  }
}

/** What is left of the time, milliseconds; spent in place. */
export interface StatementBudget {
  readonly limitMs: number
  leftMs: number
}

const current = new AsyncLocalStorage<StatementBudget | undefined>()

/** Runs `body` with `limitMs` of the database's time; a new budget even inside another one. */
export const withStatementBudget = <T>(limitMs: number, body: () => T): T =>
  current.run({ limitMs, leftMs: limitMs }, body)

/** Runs `body`, and all that it starts, without a limit; what it asks is not the request's. */
export const withoutStatementBudget = <T>(body: () => T): T => uncounted(() => current.run(undefined, body))

/** The budget of the request that is being served; undefined outside of one. Throws {@link BudgetSpent} when it is used up. */
export function budgetForStatement(): StatementBudget | undefined {
  const budget = current.getStore()
  if (budget !== undefined && budget.leftMs <= 0) throw new BudgetSpent(budget.limitMs)
  return budget
}
