/** Which transactions wrote events, so that whoever follows them is told when they are committed. */
import type { Tx } from './schema.ts'

const eventful = new WeakSet<Tx>()

/** Said by whoever writes an event in `tx`. */
export const noteEvent = (tx: Tx): void => void eventful.add(tx)

export const hasEvents = (tx: Tx): boolean => eventful.has(tx)
