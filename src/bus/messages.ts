/**
 * Every message there is, with its version, its shape and who gets it. They carry ids; the database carries truth.
 *
 * A receiver ignores fields it does not know, so a new optional field needs no new version. A change that an older process
 * would misread gets the next version number: processes of the older release then set the message aside, and the rows tell
 * them what to do.
 */
import Type, { type Static, type TProperties, type TSchema } from 'typebox'

/**
 * `one`: one of the processes that serve the topic gets it, later if none does now. `all`: every process that serves it at
 * this moment gets it.
 */
export type Delivery = 'one' | 'all'

const message = <Fields extends TProperties>(version: number, delivery: Delivery, fields: Fields) => ({
  version,
  delivery,
  schema: Type.Object(fields),
})

const nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()])

const id = () => Type.String({ minLength: 1, maxLength: 64 })

export const messages = {
  /** An operation is due on a topic (`scheduler`, `data`, or `share.<backend id>`): go and look. */
  'operation.due': message(1, 'one', { operationId: id() }),
  /**
   * An operation is over: whoever waits for it may look. To `operations`. `backendId`: whose worker ended it; absent: nobody says.
   * `lanes`: those that it had, if it was this release's.
   */
  'operation.finished': message(1, 'all', {
    operationId: id(),
    backendId: Type.Optional(nullable(id())),
    lanes: Type.Optional(Type.Array(Type.String({ maxLength: 128 }))),
  }),
  /**
   * The access rules of an instance (or snapshot instance) changed; with `all` perhaps those of every one on the backend. To
   * `share.<backend id>`.
   */
  'access.changed': message(1, 'all', { instanceId: id(), all: Type.Optional(Type.Boolean()) }),
  /** Pool statistics were written: schedulers drop their cache. To `scheduler`. */
  'pools.changed': message(1, 'all', {}),
  /**
   * Somebody waits for how full things on the backend are, measured at `atLeast` (microseconds) or later. To
   * `share.<backend id>`; one measurement of the whole backend serves everybody who asked before it began.
   */
  'usage.wanted': message(1, 'one', { backendId: id(), atLeast: Type.Integer() }),
  /** Somebody waits for a measurement of the pools on the backend. To `share.<backend id>`: whoever leads there measures. */
  'room.wanted': message(1, 'all', { backendId: id() }),
  /** Events were written: who follows them may look. To `events`. */
  'events.written': message(1, 'all', {}),
  /** A measurement of the whole backend was written: who waits may look. To `usages`. */
  'usage.measured': message(1, 'all', { backendId: id() }),
} as const

const call = <Request extends TProperties, Answer extends TProperties>(
  version: number,
  request: Request,
  answer: Answer,
) => ({ version, request: Type.Object(request), answer: Type.Object(answer) })

/** What has an answer; one of the processes that serve the topic gives it. */
export const calls = {
  /** Is anybody there? To `share.<backend id>` or `scheduler`. */
  ping: call(1, {}, { service: Type.String(), host: Type.String() }),
  /**
   * Where would a share like this go now? To `scheduler`. Nothing is claimed. Labels of pools are in the answer where they were asked
   * for.
   */
  'placement.try': call(
    1,
    {
      sizeGib: Type.Integer(),
      protocol: Type.String(),
      projectId: Type.String(),
      name: nullable(Type.String()),
      shareTypeId: nullable(Type.String()),
      /** Label of the pool of the snapshot that it is made from. */
      snapshotPool: nullable(Type.String()),
      availabilityZoneId: nullable(Type.String()),
      onlyHost: nullable(Type.String()),
      sameHost: Type.Array(Type.String()),
      differentHost: Type.Array(Type.String()),
      query: nullable(Type.String()),
      withPools: Type.Boolean(),
    },
    {
      fitting: Type.Integer(),
      refused: Type.Array(Type.Object({ filter: Type.String(), count: Type.Integer() })),
      /** As a failed operation's cause has them; null where some fit. */
      detailId: nullable(Type.String()),
      unmet: nullable(Type.String()),
      pools: nullable(
        Type.Array(
          Type.Object({
            pool: Type.String(),
            fits: Type.Boolean(),
            filter: nullable(Type.String()),
            why: nullable(Type.String()),
            weight: nullable(Type.Number()),
          }),
        ),
      ),
    },
  ),
} as const

export type MessageName = keyof typeof messages
export type Messages = { readonly [Name in MessageName]: Static<(typeof messages)[Name]['schema']> }
export type CallName = keyof typeof calls
export type Requests = { readonly [Name in CallName]: Static<(typeof calls)[Name]['request']> }
export type Answers = { readonly [Name in CallName]: Static<(typeof calls)[Name]['answer']> }

/** What is known of a name that came from outside; undefined when nothing is. */
export function known(name: string): { readonly version: number; readonly schema: TSchema } | undefined {
  if (Object.hasOwn(messages, name)) return messages[name as MessageName]
  if (!Object.hasOwn(calls, name)) return undefined
  const { version, request } = calls[name as CallName]
  return { version, schema: request }
}
