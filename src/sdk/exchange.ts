/**
 * One HTTP request and its answer: deadline, size limit, JSON, and the error a bad answer stands for. Works in Node and in
 * browsers; knows nothing of tokens, versions or retries.
 */
import { ApiError, localError } from './api-error.ts'
import { hideSecrets } from './hide-secrets.ts'

/** The part of `fetch` that is used: what a caller may replace. */
export type Fetch = (url: string, init: Ask) => Promise<Reply>

export interface Ask {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Always: a token must not follow a redirect to another host. */
  readonly redirect: 'manual'
  readonly signal: AbortSignal
}

/** The part of a `Response` that is used. */
export interface Reply {
  readonly url: string
  readonly status: number
  readonly statusText: string
  /** 2xx. */
  readonly ok: boolean
  readonly headers: ReplyHeaders
  /** Not every browser goes through a stream by itself. */
  readonly body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null
}

export interface ReplyHeaders {
  /** `name` is in lower case. */
  get(name: string): string | null
}

export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  readonly timeoutMs: number
  /** Statuses that are an answer although they are no 2xx. */
  readonly accept?: readonly number[]
}

export interface Answer {
  readonly status: number
  readonly headers: ReplyHeaders
  /** null when the body is empty. */
  readonly body: unknown
}

/** What a debugging caller is shown of each exchange; secrets are already hidden. */
export interface Trace {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** 0 when no answer came. */
  readonly status: number
  readonly requestId: string | null
  readonly answer: unknown
  readonly milliseconds: number
}

export interface Wire {
  readonly fetch: Fetch
  readonly onTrace?: (trace: Trace) => void
}

/** An answer may not be larger; a page of a thousand shares is below 2 MiB. */
export const maxAnswerBytes = 64 * 1024 * 1024

/** Sends and reads; throws {@link ApiError} for every status that is neither 2xx nor accepted. */
export async function exchange(wire: Wire, request: Request): Promise<Answer> {
  const name = `${request.method} ${new URL(request.url).pathname}`
  const startedAt = performance.now()
  const trace = (status: number, requestId: string | null, answer: unknown) =>
    wire.onTrace?.({
      method: request.method,
      url: request.url,
      headers: hideSecrets(request.headers) as Record<string, string>,
      body: hideSecrets(request.body),
      status,
      requestId,
      answer: hideSecrets(answer),
      milliseconds: Math.round(performance.now() - startedAt),
    })

  let response: Reply
  let text: string
  try {
    response = await wire.fetch(request.url, {
      method: request.method,
      headers: {
        accept: 'application/json',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      redirect: 'manual',
      signal: AbortSignal.timeout(request.timeoutMs),
    })
    text = await readText(response, name)
  } catch (error) {
    trace(0, null, error instanceof Error ? error.message : String(error))
    throw failureOf(error, name, request)
  }
  const requestId = requestIdOf(response)
  const body = parse(text)
  trace(response.status, requestId, body ?? text.slice(0, 500))
  if (response.ok || request.accept?.includes(response.status) === true) {
    if (body === undefined) throw notJson(name, response, requestId)
    return { status: response.status, headers: response.headers, body }
  }
  throw refusal(name, response, requestId, body)
}

/** What a stream is asked with besides its address. */
export interface StreamRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Until the answer begins; the stream itself lasts as long as it likes. */
  readonly timeoutMs: number
  /** Ends the stream. */
  readonly signal: AbortSignal
}

/** GETs a stream of events: answers its bytes. Throws {@link ApiError} for whatever is none. */
export async function openStream(wire: Wire, request: StreamRequest): Promise<ReadableStream<Uint8Array>> {
  const { url, headers, timeoutMs, signal } = request
  const name = `GET ${new URL(url).pathname}`
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(new DOMException('no answer', 'TimeoutError')), timeoutMs)
  let response: Reply
  try {
    response = await wire.fetch(url, {
      method: 'GET',
      headers: { accept: 'text/event-stream', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([signal, late.signal]),
    })
  } catch (error) {
    throw failureOf(error, name, { method: 'GET', url, headers, timeoutMs })
  } finally {
    clearTimeout(timer)
  }
  const type = response.headers.get('content-type') ?? ''
  if (response.ok && response.body !== null && type.startsWith('text/event-stream')) {
    return streamOf(response.body)
  }
  const text = await readText(response, name)
  if (response.ok) throw notJson(name, response, requestIdOf(response))
  throw refusal(name, response, requestIdOf(response), parse(text))
}

const requestIdOf = ({ headers }: Reply): string | null =>
  headers.get('x-openstack-request-id') ?? headers.get('x-compute-request-id')

/** undefined = not JSON. */
function parse(text: string): unknown {
  if (text === '') return null
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function streamOf(body: NonNullable<Reply['body']>): ReadableStream<Uint8Array> {
  if ('getReader' in body) return body
  const pieces = body[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(stream) {
      const { done, value } = await pieces.next()
      if (done === true) stream.close()
      else stream.enqueue(value)
    },
    async cancel() {
      await pieces.return?.()
    },
  })
}

/** Piece by piece; whoever stops before the end closes what it comes from. */
async function* piecesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
  } finally {
    await reader.cancel()
  }
}

async function readText({ body }: Reply, name: string): Promise<string> {
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of 'getReader' in body ? piecesOf(body) : body) {
    size += chunk.length
    if (size > maxAnswerBytes) {
      throw localError('badReply', name, `The answer is larger than ${maxAnswerBytes / 1024 / 1024} MiB.`)
    }
    chunks.push(chunk)
  }
  return new TextDecoder().decode(joined(chunks, size))
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

function failureOf(error: unknown, name: string, { url, timeoutMs }: Request): ApiError {
  if (error instanceof ApiError) return error
  const { origin } = new URL(url)
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return localError('timedOut', name, `No answer from ${origin} within ${timeoutMs / 1000} s.`, error)
  }
  return localError('noConnection', name, `Cannot reach ${origin}: ${reasonOf(error)}.`, error)
}

/** `fetch` says only "fetch failed": the cause says why. */
function reasonOf(error: unknown): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    const code = (one as { code?: unknown }).code
    if (code === 'ECONNREFUSED') return 'nothing is listening there'
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name does not resolve'
    if (one.cause === undefined) return one.message.replace(/\.$/, '') || String(code ?? one.name)
  }
  return String(error)
}

function notJson(name: string, response: Reply, requestId: string | null): ApiError {
  const what = response.headers.get('content-type') ?? 'no content type'
  return new ApiError({
    status: response.status,
    code: 'badReply',
    request: name,
    requestId,
    message: `${new URL(response.url || 'http://unknown').origin} answered with ${what} instead of JSON: is the endpoint right?`,
  })
}

/** Manila wraps its errors in one key, Keystone in `error`; others may say nothing. */
function refusal(name: string, response: Reply, requestId: string | null, body: unknown): ApiError {
  const entry = Object.entries((body ?? {}) as Record<string, unknown>)[0]
  const inner = entry?.[1] as { message?: unknown; title?: unknown } | null | undefined
  const said = typeof inner?.message === 'string' && inner.message !== '' ? inner.message : null
  const header = response.headers.get('retry-after')
  const redirected = response.status >= 300 && response.status < 400
  return new ApiError({
    status: response.status,
    code: redirected ? 'badReply' : said === null ? `http${response.status}` : (entry?.[0] ?? 'unknown'),
    request: name,
    requestId,
    retryAfter: header === null ? null : secondsOf(header),
    message:
      said ??
      (redirected
        ? `The server redirects to ${response.headers.get('location') ?? 'another address'}: use that address as the endpoint.`
        : `The server answered ${response.status} ${response.statusText}`.trimEnd() + '.'),
  })
}

/** `Retry-After` is seconds or a date; null when it is neither. */
function secondsOf(header: string): number | null {
  if (/^\d{1,9}$/.test(header.trim())) return Number(header)
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - Date.now()) / 1000))
}
