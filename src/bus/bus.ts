/**
 * Messages between the services. They carry ids; the database carries truth. A message may be lost, late or doubled and
 * nothing goes wrong: every receiver looks at the rows, and the sweep finds what nobody was told about.
 */

/** Every message there is. */
export interface Messages {
  /** An operation is due on a topic (`scheduler`, or `share.<backend id>`): go and look. */
  'operation.due': { readonly operationId: string }
  /** An operation is over: whoever waits for it may look. */
  'operation.finished': { readonly operationId: string }
  /** The access rules of an instance (or snapshot instance) changed. */
  'access.changed': { readonly instanceId: string }
  /** Pool statistics were written: schedulers drop their cache. */
  'pools.changed': Record<string, never>
  /**
   * Somebody waits for how full things on the backend are, measured at `atLeast` (microseconds) or later. To
   * `share.<backend id>`; one measurement of the whole backend serves everybody who asked before it began.
   */
  'usage.wanted': { readonly backendId: string; readonly atLeast: number }
  /** A measurement of the whole backend was written: who waits may look. To `usages`. */
  'usage.measured': { readonly backendId: string }
}

export type MessageName = keyof Messages

export interface Bus {
  /** Tells whoever serves `topic`, without waiting. Never throws: a lost message costs a sweep interval, nothing more. */
  cast<Name extends MessageName>(topic: string, name: Name, message: Messages[Name]): void
  /** Calls `handler` for each message to `topic`; returns a function that stops it. Errors in handlers are logged. */
  serve<Name extends MessageName>(
    topic: string,
    name: Name,
    handler: (message: Messages[Name]) => void,
  ): () => void
  close(): Promise<void>
}
