import fc from 'fast-check'
import type { AsyncMessage } from 'rabbitmq-client'
import { describe, expect, it } from 'vitest'
import { understand } from './incoming.ts'

const good = {
  type: 'operation.due',
  messageId: 'm',
  headers: { version: 1, topic: 'scheduler', request_id: 'req-1', traceparent: '00-a-b-01' },
  body: { operationId: 'o' },
}
const seen = (message: object) => understand(message as AsyncMessage)

describe('a message from the wire', () => {
  it('is understood with its envelope, also with fields that a newer release added', () => {
    expect(seen({ ...good, body: { operationId: 'o', colour: 'blue' } })).toEqual({
      ok: true,
      topic: 'scheduler',
      name: 'operation.due',
      body: { operationId: 'o', colour: 'blue' },
      envelope: { messageId: 'm', requestId: 'req-1', traceparent: '00-a-b-01' },
    })
  })

  it.each([
    ['no type', { ...good, type: undefined }, 'it has no type'],
    ['an unknown type', { ...good, type: 'share.explode' }, 'nothing is called "share.explode" here'],
    ['a name every object has', { ...good, type: 'constructor' }, 'nothing is called "constructor" here'],
    [
      'a newer version',
      { ...good, headers: { ...good.headers, version: 2 } },
      'operation.due has version 2, this release reads 1',
    ],
    ['no version', { ...good, headers: {} }, 'operation.due has version undefined, this release reads 1'],
    ['bytes', { ...good, body: Buffer.from('{"operationId":') }, 'operation.due is not a JSON object'],
    ['null', { ...good, body: null }, 'operation.due is not a JSON object'],
    [
      'a field of the wrong type',
      { ...good, body: { operationId: 7 } },
      'operation.due: /operationId must be string',
    ],
    ['no topic', { ...good, headers: { version: 1 } }, 'operation.due names no topic'],
  ])('with %s is not', (_, message, why) => {
    expect(seen(message)).toEqual({ ok: false, why })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            type: fc.oneof(fc.constant('operation.due'), fc.constant('ping'), fc.string()),
            headers: fc.oneof(
              fc.constant({ version: 1, topic: 'x' }),
              fc.dictionary(fc.string(), fc.anything()),
            ),
            body: fc.oneof(fc.anything(), fc.constant(Buffer.from('x'))),
          },
          { requiredKeys: [] },
        ),
        (message) => typeof seen(message).ok === 'boolean',
      ),
    )
  })
})
