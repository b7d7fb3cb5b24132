/** A client of `GET /v2/events` for tests: reads over a real connection and keeps what came. */
import { createParser, type EventSourceMessage } from 'eventsource-parser'

export interface Followed {
  readonly status: number
  readonly headers: Headers
  /** Everything that came, in order; `data` is parsed. */
  readonly got: readonly { readonly name: string; readonly id: string | undefined; readonly data: never }[]
  /** The text as it came. */
  readonly text: () => string
  /** Resolves when `enough` says so; rejects after `ms`. */
  until(enough: (got: Followed['got']) => boolean, ms?: number): Promise<void>
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>
  stop(): void
}

export async function followAt(url: string, headers: Readonly<Record<string, string>>): Promise<Followed> {
  const stopping = new AbortController()
  const response = await fetch(url, { headers, signal: stopping.signal })
  const got: { name: string; id: string | undefined; data: never }[] = []
  let text = ''
  let told = Promise.withResolvers<void>()
  const parser = createParser({
    onEvent: ({ event, id, data }: EventSourceMessage) =>
      got.push({ name: event ?? '', id, data: JSON.parse(data) as never }),
  })
  const read = async (): Promise<void> => {
    if (!(response.headers.get('content-type') ?? '').startsWith('text/event-stream')) return
    for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      text += piece
      parser.feed(piece)
      told.resolve()
      told = Promise.withResolvers()
    }
  }
  const ended = read().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error
  })
  return {
    status: response.status,
    headers: response.headers,
    got,
    text: () => text,
    async until(enough, ms = 5000) {
      const end = Date.now() + ms
      while (!enough(got)) {
        const left = end - Date.now()
        if (left <= 0) throw new Error(`not within ${ms} ms; came: ${text.slice(-600)}`)
        await Promise.race([told.promise, new Promise((resolve) => setTimeout(resolve, left))])
      }
    },
    ended,
    stop: () => stopping.abort(),
  }
}
