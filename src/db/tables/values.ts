/** What columns hold. */
export type Flag = 0 | 1
/** Microseconds since the epoch, UTC. */
export type Stamp = number
/** JSON text. */
export type Json = string
