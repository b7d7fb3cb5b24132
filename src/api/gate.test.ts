import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Gate, Places } from './gate.ts'

const gone = (): { promise: Promise<void>; resolve: () => void } => Promise.withResolvers<void>()

describe('the gate', () => {
  test('never works on more of one project than it may, lets others pass, and does everything in the order of asking', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.constantFrom('a', 'b'), { maxLength: 60 }),
        async (limit, keys) => {
          const gate = new Gate(limit)
          const running = { a: 0, b: 0 }
          const begun: Record<'a' | 'b', number[]> = { a: [], b: [] }
          await Promise.all(
            keys.map((key, index) =>
              gate
                .run(key, async () => {
                  begun[key].push(index)
                  expect(++running[key]).toBeLessThanOrEqual(limit)
                  await new Promise((resolve) => setImmediate(resolve))
                  running[key]--
                  if (index % 5 === 0) throw new Error('one fails')
                })
                .catch((error: Error) => expect(error.message).toBe('one fails')),
            ),
          )
          for (const key of ['a', 'b'] as const) {
            expect(begun[key]).toEqual(keys.flatMap((name, index) => (name === key ? [index] : [])))
          }
        },
      ),
    )
  })

  test('refuses when the line is too long, and only that project', async () => {
    const gate = new Gate(1)
    const { promise, resolve } = gone()
    const under = Array.from({ length: 33 }, () => gate.run('a', () => promise))
    await expect(gate.run('a', () => promise)).rejects.toMatchObject({ status: 429 })
    await expect(gate.run('b', () => Promise.resolve('b'))).resolves.toBe('b')
    resolve()
    await Promise.all(under)
    await expect(gate.run('a', () => Promise.resolve('a'))).resolves.toBe('a')
  })
})

describe('places of long lists', () => {
  test('one project has its own, all have a number, and what is given back is free once', () => {
    const places = new Places({ each: 2, all: 3 })
    const first = places.take('a')
    places.take('a')
    expect(() => places.take('a')).toThrow(expect.objectContaining({ status: 429 }))
    const other = places.take('b')
    expect(() => places.take('c')).toThrow(expect.objectContaining({ status: 503 }))
    other()
    other()
    expect(places.taken).toBe(2)
    first()
    places.take('a')
    expect(() => places.take('a')).toThrow(/2 long lists/)
  })
})
