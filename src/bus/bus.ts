/**
 * Messages between the services. They carry ids; the database carries truth. A message may be lost, late, doubled or out of
 * order and nothing goes wrong: every receiver looks at the rows, and the sweep finds what nobody was told about.
 */
import type { Answers, CallName, MessageName, Messages, Requests } from './messages.ts'

export type { Answers, CallName, MessageName, Messages, Requests } from './messages.ts'

/** What travels beside a message: for logs and traces, never for decisions. */
export interface Envelope {
  readonly messageId: string
  /** Of the request that caused it. */
  readonly requestId: string | null
  /** W3C trace context. */
  readonly traceparent: string | null
}

/** What a sender may say about a message; the rest of the {@link Envelope} is filled in. */
export type Stamped = Partial<Pick<Envelope, 'requestId' | 'traceparent'>>

export interface BusState {
  /** `memory` can't be down. */
  readonly kind: 'memory' | 'amqp'
  readonly state: 'connected' | 'down'
  /** Microseconds since the epoch. */
  readonly since: number
  /** Why it is down, as far as the client library says. */
  readonly reason: string | null
}

export interface Bus {
  /**
   * Tells whoever serves `topic` (one process or all, see `messages.ts`), without waiting. Never throws: a lost message costs
   * a sweep interval, nothing more.
   */
  cast<Name extends MessageName>(topic: string, name: Name, message: Messages[Name], stamped?: Stamped): void
  /** Calls `handler` for each message to `topic`; returns a function that stops it. Errors in handlers are logged. */
  serve<Name extends MessageName>(
    topic: string,
    name: Name,
    handler: (message: Messages[Name], envelope: Envelope) => void,
  ): () => void
  /** Asks one of those who {@link answer} on `topic` and waits for it. Rejects with {@link CallFailed}. */
  call<Name extends CallName>(
    topic: string,
    name: Name,
    request: Requests[Name],
    options: { readonly deadlineMs: number } & Stamped,
  ): Promise<Answers[Name]>
  /** Answers calls to `topic`; returns a function that stops it. What the handler throws reaches the caller as a sentence. */
  answer<Name extends CallName>(
    topic: string,
    name: Name,
    handler: (request: Requests[Name], envelope: Envelope) => Promise<Answers[Name]>,
  ): () => void
  /** Calls `look` when messages may have been missed, as after an outage of the broker; returns a function that stops it. */
  onGap(look: () => void): () => void
  state(): BusState
  close(): Promise<void>
}

export type CallFailure =
  /** Nobody answered in time; it may have been done. */
  | 'deadline'
  /** Nothing was sent: there is no broker, or too many calls are waiting. */
  | 'down'
  /** Who was asked could not do it. */
  | 'refused'

export class CallFailed extends Error {
  override readonly name = 'CallFailed'
  readonly kind: CallFailure
  constructor(kind: CallFailure, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** What a bus counts; `name` is a name of the catalogue, or `unknown`. */
export type BusEvent =
  /** Given to {@link Bus.cast} or {@link Bus.call}. */
  | 'published'
  /** The broker has it. */
  | 'confirmed'
  /** Given up: no room while the broker was down, or the broker refused it. */
  | 'dropped'
  /** Handed to a handler. */
  | 'delivered'
  /** Not understood, and put aside. */
  | 'dead-lettered'

/** What a bus tells the process around it. */
export interface BusParts {
  readonly log: {
    info(fields: object, message: string): void
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  readonly now: () => number
  readonly observe?: (event: { readonly event: BusEvent; readonly name: string }) => void
  /** The trace context of what happens now. */
  readonly traceparent?: () => string | null
}
