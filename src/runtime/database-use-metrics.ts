/** What is counted of the database's use, for Prometheus. Registered only where it is counted. */
import { Counter, type Registry } from 'prom-client'
import { keptUse, type DatabaseUse } from './database-use.ts'

const counters: readonly [name: string, help: string, read: (use: Readonly<DatabaseUse>) => number][] = [
  ['statements', 'Statements, without those that begin and end transactions', (use) => use.statements],
  ['transactions', 'Transactions begun', (use) => use.transactions],
  ['round_trips', 'Messages to a database server that were waited for', (use) => use.roundTrips],
  ['sent_bytes', 'Bytes sent to a database server', (use) => use.sentBytes],
  ['received_bytes', 'Bytes received from a database server', (use) => use.receivedBytes],
]

/** `of` is a route, the kind of an operation, or empty for what the process does by itself; a kind without a step is all of it. */
export function meterDatabaseUse(registry: Registry): void {
  for (const [name, help, read] of counters) {
    const counter = new Counter({
      name: `manila_database_${name}_total`,
      help: `${help}, of what ended.`,
      labelNames: ['of', 'step'],
      registers: [],
      collect() {
        this.reset()
        for (const { of, step, use } of keptUse()) this.inc({ of, step }, read(use))
      },
    })
    registry.registerMetric(counter)
  }
}
