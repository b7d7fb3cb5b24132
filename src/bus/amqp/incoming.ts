/** What came over the wire, made into something a handler may see, or a sentence why not. */
import type { AsyncMessage } from 'rabbitmq-client'
import { Value } from 'typebox/value'
import type { Envelope } from '../bus.ts'
import { known } from '../messages.ts'

export type Incoming =
  | {
      readonly ok: true
      readonly topic: string
      readonly name: string
      readonly body: object
      readonly envelope: Envelope
    }
  | { readonly ok: false; readonly why: string }

/** Longest header that is believed. */
const maxHeader = 256

export function understand(message: AsyncMessage): Incoming {
  const name = message.type
  if (name === undefined || name === '') return { ok: false, why: 'it has no type' }
  const kind = known(name)
  if (kind === undefined)
    return { ok: false, why: `nothing is called ${JSON.stringify(name.slice(0, 80))} here` }
  const headers = message.headers ?? {}
  if (headers.version !== kind.version) {
    return {
      ok: false,
      why: `${name} has version ${String(headers.version)}, this release reads ${kind.version}`,
    }
  }
  const body: unknown = message.body
  if (typeof body !== 'object' || body === null || Buffer.isBuffer(body)) {
    return { ok: false, why: `${name} is not a JSON object` }
  }
  const [problem] = Value.Errors(kind.schema, body)
  if (problem !== undefined) {
    return { ok: false, why: `${name}: ${problem.instancePath || 'the object'} ${problem.message}` }
  }
  const topic = header(headers.topic)
  if (topic === null) return { ok: false, why: `${name} names no topic` }
  return {
    ok: true,
    topic,
    name,
    body,
    envelope: {
      messageId: message.messageId?.slice(0, maxHeader) ?? '',
      requestId: header(headers.request_id),
      traceparent: header(headers.traceparent),
    },
  }
}

const header = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= maxHeader ? value : null
