/**
 * What requests and steps ask of the database: a debugging aid that `[database] count_use` turns on. A count travels with the work
 * through whatever it calls, as its budget does (`statement-budget.ts`); `db/dialects` adds to it where every statement passes.
 * While it is off nobody has a count, and a statement asks one variable.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

/** All are numbers of the work and of what it called, and of what it repeated. */
export interface DatabaseUse {
  /** Those of the work itself; what begins and ends a transaction is not among them. */
  statements: number
  /** Begun with a statement of their own; one that stands alone is none. */
  transactions: number
  /** Messages to a server that were answered before the next one; 0 on a file. */
  roundTrips: number
  /** Bytes on the wire of a server, after the greeting of its connection; 0 on a file. */
  sentBytes: number
  receivedBytes: number
}

interface Count {
  readonly use: DatabaseUse
  readonly outer: Count | undefined
}

const current = new AsyncLocalStorage<Count | undefined>()
const nothing = (): DatabaseUse => ({
  statements: 0,
  transactions: 0,
  roundTrips: 0,
  sentBytes: 0,
  receivedBytes: 0,
})
/** What ended, by what it was; bounded by the routes, kinds and steps there are. */
const totals = new Map<string, { readonly of: string; readonly step: string; readonly use: DatabaseUse }>()
let counting = false

/** For the whole process, from now on. */
export function countDatabaseUse(on: boolean): void {
  counting = on
}

export const countsDatabaseUse = (): boolean => counting

/** A count that is still empty; null while nothing is counted. */
export const freshUse = (): DatabaseUse | null => (counting ? nothing() : null)

/** Runs `body` and adds what it asks to `use`, and to the counts around it. */
export function countedIn<T>(use: DatabaseUse | null, body: () => T): T {
  return use === null ? body() : current.run({ use, outer: current.getStore() }, body)
}

/** Runs `body`, which is work of somebody else or of nobody. */
export const uncounted = <T>(body: () => T): T => (counting ? current.run(undefined, body) : body())

/** Adds to the count of whoever works now; what nobody asked for is the process's own. */
export function addUse(more: Partial<DatabaseUse>): void {
  if (!counting) return
  const count = current.getStore()
  if (count === undefined) return add(totalOf('', ''), more)
  for (let one: Count | undefined = count; one !== undefined; one = one.outer) add(one.use, more)
}

/** What ended goes into the totals: of a route or of a kind of operation, and of which of its steps. */
export function keepUse(of: string, step: string, use: DatabaseUse | null): void {
  if (use !== null) add(totalOf(of, step), use)
}

/** Since the start of the process; `of` is '' for what it does by itself. */
export const keptUse = (): Iterable<{
  readonly of: string
  readonly step: string
  readonly use: Readonly<DatabaseUse>
}> => totals.values()

/** As a line of the log says it. */
export const toldUse = (use: DatabaseUse | null): object =>
  use === null
    ? {}
    : {
        statements: use.statements,
        transactions: use.transactions,
        round_trips: use.roundTrips,
        sent_bytes: use.sentBytes,
        received_bytes: use.receivedBytes,
      }

function totalOf(of: string, step: string): DatabaseUse {
  const key = `${of}\n${step}`
  const known = totals.get(key) ?? { of, step, use: nothing() }
  totals.set(key, known)
  return known.use
}

function add(to: DatabaseUse, more: Partial<DatabaseUse>): void {
  to.statements += more.statements ?? 0
  to.transactions += more.transactions ?? 0
  to.roundTrips += more.roundTrips ?? 0
  to.sentBytes += more.sentBytes ?? 0
  to.receivedBytes += more.receivedBytes ?? 0
}
