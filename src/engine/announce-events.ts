/** Tells those who follow events that there are new ones. */
import type { Bus } from '../bus/bus.ts'
import { withoutStatementBudget } from '../runtime/statement-budget.ts'

/** Milliseconds: what is written within them is announced once. */
const gatherMs = 50

/** What to call after each commit of events; it never throws. Followers look by themselves every second: a lost word costs that. */
export function announceEvents(bus: Bus): () => void {
  let timer: NodeJS.Timeout | null = null
  const announce = (): void => {
    timer = null
    bus.cast('events', 'events.written', {})
  }
  return () => {
    timer ??= withoutStatementBudget(() => setTimeout(announce, gatherMs).unref())
  }
}
