import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fault } from '../model/errors.ts'
import { Gate, type GateLimits, type Payer } from './gate.ts'

const roomy: GateLimits = {
  slots: 2,
  slotsPerAccount: 2,
  queue: 100,
  queuePerAddress: 100,
  queuePerAccount: 100,
}

/** Bodies that end when they are told to. */
function stage(limits: Partial<GateLimits>) {
  const gate = new Gate({ ...roomy, ...limits })
  const running: { name: string; end: () => void }[] = []
  const refused: string[] = []
  const done: string[] = []
  const enter = (name: string, payer: Payer): void => {
    void gate
      .run(payer, () => new Promise<void>((end) => running.push({ name, end })))
      .then(
        () => done.push(name),
        (error: Fault) => refused.push(`${name} ${error.code} ${error.detail.retryAfterS}`),
      )
  }
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return {
    enter,
    running: () => running.map(({ name }) => name),
    refused,
    done,
    settle,
    /** Ends the one that began first, again and again; answers the order in which they ended. */
    async drain(): Promise<string[]> {
      for (await settle(); running.length > 0; await settle()) running.shift()?.end()
      return done
    },
  }
}

const of = (account: string, address: string): Payer => ({ account, address })

test('runs no more than its slots, in order for one payer, and frees them after a failure', async () => {
  const gate = new Gate({ ...roomy, queue: 3 })
  let running = 0
  let most = 0
  const order: number[] = []
  const enter = (i: number): Promise<void> =>
    gate.run(of('a', 'x'), async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 2))
      running--
      order.push(i)
      if (i === 1) throw new Error('one fails')
    })
  const all = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6].map(enter))
  expect(most).toBe(2)
  expect(order).toEqual([0, 1, 2, 3, 4])
  expect(all.map(({ status }) => status).filter((status) => status === 'rejected')).toHaveLength(3)
  await gate.run(of('a', 'x'), async () => {})
})

test('a hundred of one account leave a slot to others, who are next', async () => {
  const { enter, running, settle, drain } = stage({ slotsPerAccount: 1 })
  for (let i = 0; i < 90; i++) enter(`many${i}`, of('many', 'x'))
  enter('one', of('one', 'x'))
  await settle()
  expect(running()).toEqual(['many0', 'one'])
  expect((await drain()).indexOf('one')).toBeLessThan(3)
})

test('addresses take turns, and accounts at each address', async () => {
  const { enter, drain } = stage({ slots: 1 })
  enter('first', of('z', 'z'))
  for (let i = 0; i < 3; i++) enter(`a${i}`, of('a', 'x'))
  for (let i = 0; i < 2; i++) enter(`b${i}`, of('b', 'x'))
  enter('c0', of('c', 'y'))
  enter('c1', of('c', 'y'))
  expect(await drain()).toEqual(['first', 'a0', 'c0', 'b0', 'c1', 'a1', 'b1', 'a2'])
})

test('however long a flood lasts, a newcomer is served within one round of those who wait', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      async (others, floods, isSameAddress) => {
        const gate = new Gate({ ...roomy, slotsPerAccount: 1 })
        let begun = 0
        const over = new AbortController()
        const served = new Map<string, number>()
        const one = (name: string, address: string): Promise<void> =>
          gate.run(of(name, address), async () => {
            begun++
            served.set(name, begun)
            await new Promise((resolve) => setImmediate(resolve))
          })
        const flood = async (i: number): Promise<void> => {
          while (!over.signal.aborted) await one(`flood${i}`, `far${i}`).catch(() => {})
        }
        const all = Array.from({ length: floods * 8 }, (_, i) => flood(i % floods))
        await new Promise((resolve) => setTimeout(resolve, 3))
        for (let round = 0; round < 5; round++) {
          const before = begun
          await Promise.all(
            Array.from({ length: others }, (_, i) => one(`o${i}`, isSameAddress ? 'far0' : `near${i}`)),
          )
          for (let i = 0; i < others; i++) {
            const rounds = isSameAddress ? (others + 1) * (floods + 1) : others + floods
            expect((served.get(`o${i}`) ?? Infinity) - before).toBeLessThanOrEqual(rounds + 3)
          }
        }
        over.abort()
        await Promise.all(all)
      },
    ),
    { numRuns: 30 },
  )
})

test('who has more than may wait is refused; the others are not', async () => {
  const { enter, refused, settle } = stage({ slots: 1, queuePerAccount: 2, queuePerAddress: 3, queue: 5 })
  enter('runs', of('z', 'z'))
  for (let i = 0; i < 3; i++) enter(`a${i}`, of('a', 'x'))
  for (let i = 0; i < 2; i++) enter(`b${i}`, of('b', 'x'))
  // The account's other address does not help it.
  enter('a3', of('a', 'y'))
  await settle()
  expect(refused).toEqual(['a2 Unavailable 2', 'b1 Unavailable 2', 'a3 Unavailable 2'])
  enter('c0', of('c', 'v'))
  enter('d0', of('d', 'w'))
  await settle()
  expect(refused).toHaveLength(3)
  // Full: the newcomer takes the place of the last one of the longest lane.
  enter('e0', of('e', 'u'))
  await settle()
  expect(refused.slice(3)).toEqual(['a1 Unavailable 2'])
  // Nobody has more than one could spare now.
  enter('x2', of('f', 'x'))
  await settle()
  expect(refused.slice(4)).toEqual(['x2 Unavailable 2'])
})

test('whatever comes: nobody is lost, nothing is exceeded, and it ends empty', async () => {
  const limits = { slots: 2, slotsPerAccount: 1, queue: 6, queuePerAddress: 4, queuePerAccount: 3 }
  const payer = fc.record({
    account: fc.constantFrom('a', 'b', 'c'),
    address: fc.constantFrom('x', 'y', 'z'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(payer, { maxLength: 30 }), async (payers) => {
      const gate = new Gate(limits)
      const now = new Map<string, number>()
      let ran = 0
      const all = payers.map((one) =>
        gate.run(one, async () => {
          ran++
          now.set(one.account, (now.get(one.account) ?? 0) + 1)
          expect(now.get(one.account)).toBe(1)
          expect([...now.values()].reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(2)
          await new Promise((resolve) => setImmediate(resolve))
          now.set(one.account, 0)
        }),
      )
      const ends = await Promise.allSettled(all)
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(ran)
      const refused = ends.filter((end) => end.status === 'rejected')
      for (const { reason } of refused) expect((reason as Fault).code).toBe('Unavailable')
      if (payers.length <= 2) expect(refused).toHaveLength(0)
      // Empty again: everybody fits.
      await Promise.all(['a', 'b'].map((account) => gate.run(of(account, account), async () => {})))
    }),
  )
})
