/**
 * Follows what changes. The stream is opened again whenever it is cut, behind the last event that came, so that none is missed; where
 * the server can't say what was, it says `reset`, and whoever keeps a copy reads it again. While there is no stream, `cut` says so:
 * a reader that must be up to date polls until the next `hello`.
 */
import { EventSourceParserStream } from 'eventsource-parser/stream'
import type { Static } from 'typebox'
import type { Event } from '../wire/events/schema.ts'
import { followEvents } from '../wire/events/schema.ts'
import { ApiError } from './api-error.ts'
import type { Client, QueryInput } from './client.ts'

export type ChangeView = Static<typeof Event>

export type Happening =
  /** The stream is there, for the first time or again. */
  | { readonly kind: 'hello'; readonly types: readonly string[] }
  /** `id`: where one goes on behind it. */
  | { readonly kind: 'change'; readonly id: string; readonly change: ChangeView }
  /** What happened meanwhile is not known: read everything again. Stands for `hello`. */
  | { readonly kind: 'reset' }
  /** The stream is gone and is asked for again; null = it ended without a word. */
  | { readonly kind: 'cut'; readonly why: string | null }

export interface FollowInput {
  readonly query?: QueryInput<typeof followEvents>
  /** Ends it: the generator returns. */
  readonly signal: AbortSignal
  /** Behind this event; default from now on. */
  readonly lastEventId?: string
  /** Told of each place in the order of events that the stream is known to have passed: who asks again goes on behind it. */
  readonly passed?: (id: string) => void
}

/** Milliseconds of silence after which a stream is taken for dead: the server speaks every 15 s. */
const silenceMs = 40_000
const [firstPauseMs, longestPauseMs] = [250, 10_000]

/** Throws {@link ApiError} only for what waiting doesn't mend: no rights, no such path, a wrong question. */
export async function* follow(client: Client, input: FollowInput): AsyncGenerator<Happening> {
  const { signal } = input
  let last = input.lastEventId ?? null
  let pauseMs = firstPauseMs
  while (!signal.aborted) {
    let why: string | null = null
    let askedPauseMs: number | null = null
    try {
      for await (const message of messagesOf(client, input, last)) {
        if (message.id !== undefined) {
          last = message.id
          input.passed?.(last)
        }
        if (message.event === 'end') {
          const { reason } = JSON.parse(message.data) as { readonly reason: string }
          if (reason === 'forbidden') throw forbidden()
          why = reason
          continue
        }
        const happening = meaningOf(message)
        if (happening === null) continue
        pauseMs = firstPauseMs
        yield happening
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiError && [400, 401, 403, 404, 406].includes(error.status)) throw error
      why = error instanceof Error ? error.message : String(error)
      askedPauseMs = error instanceof ApiError && error.retryAfter !== null ? error.retryAfter * 1000 : null
    }
    if (signal.aborted) return
    yield { kind: 'cut', why }
    await pause(askedPauseMs ?? pauseMs * (0.5 + Math.random()), signal)
    pauseMs = Math.min(longestPauseMs, pauseMs * 2)
  }
}

const forbidden = (): ApiError =>
  new ApiError({
    status: 403,
    code: 'forbidden',
    request: 'GET /events',
    message: 'Your rights to follow events are gone.',
  })

interface Message {
  readonly id?: string | undefined
  readonly event?: string | undefined
  readonly data: string
}

/** One stream, to its end. Throws when it falls silent. */
async function* messagesOf(
  client: Client,
  { query, signal }: FollowInput,
  lastEventId: string | null,
): AsyncGenerator<Message> {
  const dead = new AbortController()
  let timer = setTimeout(() => {}, 0)
  const alive = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => dead.abort(new Error('the stream fell silent')), silenceMs)
  }
  const bytes = await client.open(followEvents, {
    ...(query === undefined ? {} : { query }),
    lastEventId,
    signal: AbortSignal.any([signal, dead.signal]),
  })
  alive()
  const heard = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      alive()
      controller.enqueue(chunk)
    },
  })
  try {
    yield* bytes
      .pipeThrough(heard)
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream())
  } finally {
    clearTimeout(timer)
  }
}

/** Null for what a newer server says and this client does not know. */
function meaningOf({ event, id = '', data }: Message): Happening | null {
  const body = JSON.parse(data) as object
  if (event === 'hello') return { kind: 'hello', types: (body as { types: string[] }).types }
  if (event === 'reset') return { kind: 'reset' }
  return event === 'change' ? { kind: 'change', id, change: body as ChangeView } : null
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
