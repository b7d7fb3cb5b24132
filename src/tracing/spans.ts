/**
 * Traces: one tree of spans from a request through the operation and its steps down to each command, across processes. Without
 * `[traces]` in the configuration every function here costs next to nothing, because the API of OpenTelemetry does
 * nothing until an SDK is registered (`export.ts`).
 *
 * Between processes the place in the tree travels as `traceparent` (W3C Trace Context): in HTTP headers, in messages, and in
 * the row of an operation, which may be taken up by whichever process lives.
 */
import {
  context,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Span,
} from '@opentelemetry/api'

export interface SpanOptions {
  readonly attributes?: Attributes
  /** Where the span belongs when it isn't below the present one: a `traceparent`, `null` for a new trace. */
  readonly parent?: string | null
  readonly kind?: 'server' | 'consumer' | 'internal'
}

const kinds = { server: SpanKind.SERVER, consumer: SpanKind.CONSUMER, internal: SpanKind.INTERNAL }
const form = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

/** The present span as others may name it; null when nothing is traced. */
export function traceparent(): string | null {
  const at = trace.getActiveSpan()?.spanContext()
  if (at === undefined || /^0+$/.test(at.traceId)) return null
  return `00-${at.traceId}-${at.spanId}-${at.traceFlags.toString(16).padStart(2, '0')}`
}

/** Runs `body` inside a span of that name, which ends with it and takes note of what it throws. */
export function inSpan<T>(
  name: string,
  { attributes = {}, parent, kind = 'internal' }: SpanOptions,
  body: (span: Span) => Promise<T>,
): Promise<T> {
  const above = parent === undefined ? context.active() : contextOf(parent)
  const options = { attributes, kind: kinds[kind] }
  return trace.getTracer('manila').startActiveSpan(name, options, above, async (span) => {
    try {
      return await body(span)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : '' })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Something that isn't a `traceparent` starts a new trace: it comes from outside. */
function contextOf(parent: string | null): Context {
  const [, traceId, spanId, flags] = form.exec(parent ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT
  const traceFlags = Number.parseInt(flags ?? '0', 16)
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
