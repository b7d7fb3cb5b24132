import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CallFailed, type Bus } from './bus.ts'
import { memoryBus } from './memory.ts'

let bus: Bus
let errors: unknown[]
beforeEach(() => {
  errors = []
  bus = memoryBus((error) => errors.push(error))
})
afterEach(() => bus.close())

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

describe('a message', () => {
  it('for one reaches one of those who serve the topic, in turn', async () => {
    const got: string[] = []
    for (const who of ['a', 'b']) {
      bus.serve('scheduler', 'operation.due', ({ operationId }) => got.push(`${who} ${operationId}`))
    }
    for (const operationId of ['1', '2', '3']) bus.cast('scheduler', 'operation.due', { operationId })
    await turn()
    expect(got).toEqual(['a 1', 'b 2', 'a 3'])
  })

  it('for all reaches everybody, and nobody who stopped', async () => {
    const got: string[] = []
    bus.serve('usages', 'usage.measured', () => got.push('a'))
    const stop = bus.serve('usages', 'usage.measured', () => got.push('b'))
    bus.cast('usages', 'usage.measured', { backendId: 'x' })
    await turn()
    stop()
    bus.cast('usages', 'usage.measured', { backendId: 'x' })
    await turn()
    expect(got).toEqual(['a', 'b', 'a'])
  })

  it('carries its envelope, and a handler that throws hurts nobody', async () => {
    const got: unknown[] = []
    bus.serve('operations', 'operation.finished', () => {
      throw new Error('broken')
    })
    bus.serve('operations', 'operation.finished', (_, envelope) => got.push(envelope.requestId))
    bus.cast('operations', 'operation.finished', { operationId: 'x' }, { requestId: 'req-1' })
    await turn()
    expect(got).toEqual(['req-1'])
    expect(errors).toHaveLength(1)
  })
})

describe('a call', () => {
  it('is answered', async () => {
    bus.answer('scheduler', 'ping', async () => ({ service: 'manila-scheduler', host: 'node' }))
    expect(await bus.call('scheduler', 'ping', {}, { deadlineMs: 1000 })).toEqual({
      service: 'manila-scheduler',
      host: 'node',
    })
  })

  it('fails after its deadline when nobody answers, and says what was thrown when somebody could not', async () => {
    const failure = async (): Promise<CallFailed> => {
      try {
        await bus.call('scheduler', 'ping', {}, { deadlineMs: 10 })
        throw new Error('answered')
      } catch (error) {
        return error as CallFailed
      }
    }
    expect(await failure()).toMatchObject({ name: 'CallFailed', kind: 'deadline' })
    const stop = bus.answer('scheduler', 'ping', async () => {
      throw new Error('not today')
    })
    expect(await failure()).toMatchObject({ kind: 'refused', message: 'not today' })
    stop()
    expect(await failure()).toMatchObject({ kind: 'deadline' })
  })
})
