import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Gate, longLists, Places, restsOfServer, restsOfThread } from './gate.ts'

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

  test('hears others between two of a line, even when each answers at once', async () => {
    const gate = new Gate(1)
    let done = 0
    let heardAfter = 0
    const line = Array.from({ length: 200 }, () =>
      gate.run('a', async () => {
        done++
        await Promise.resolve()
      }),
    )
    setImmediate(() => (heardAfter = done))
    await Promise.all(line)
    expect(heardAfter).toBeGreaterThan(0)
    expect(heardAfter).toBeLessThan(20)
  })

  test('rests after long work for as long as it took, when others might want to', async () => {
    const gate = new Gate(1, { rests: restsOfThread })
    const spans: [from: number, to: number][] = []
    const work = (ms: number) => () => {
      const from = performance.now()
      while (performance.now() - from < ms);
      spans.push([from, performance.now()])
      return Promise.resolve()
    }
    await Promise.all([gate.run('a', work(60)), gate.run('a', work(1)), gate.run('a', work(1))])
    const pauses = spans.slice(1).map(([from], index) => from - (spans[index]?.[1] ?? 0))
    expect(pauses[0]).toBeGreaterThan(55)
    expect(pauses[1]).toBeLessThan(50)
  })

  test.each([
    ['rests on a server when another project asked meanwhile', 'b', 'later'],
    ['does not where nobody else is heard of', 'a', 'at once'],
  ])('%s', async (_, meanwhile, expected) => {
    const gate = new Gate(1, { rests: restsOfServer })
    const work = gate.run('a', () => sleep(120))
    const other = gate.run(meanwhile, () => Promise.resolve())
    await work
    // Timers end in the order in which they are due, however busy the machine is.
    const next = gate.run('a', () => Promise.resolve('at once'))
    expect(await Promise.race([next, sleep(60, 'later')])).toBe(expected)
    await Promise.all([other, next])
  })

  test('refuses when the line is too long, and only that project', async () => {
    const gate = new Gate(1)
    const { promise, resolve } = gone()
    const under = Array.from({ length: 257 }, () => gate.run('a', () => promise))
    await expect(gate.run('a', () => promise)).rejects.toMatchObject({ status: 429 })
    await expect(gate.run('b', () => Promise.resolve('b'))).resolves.toBe('b')
    resolve()
    await Promise.all(under)
    await expect(gate.run('a', () => Promise.resolve('a'))).resolves.toBe('a')
  })
})

describe('places of long lists', () => {
  test('one project has its own, all have a number, and what is given back is free once', () => {
    const places = new Places({ each: 2, all: 3 }, longLists)
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
