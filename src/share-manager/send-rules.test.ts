import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DriverError, type ExportRule, type RuleOutcome } from '../storage/contract/driver.ts'
import { sendRules, type RuleSender } from './send-rules.ts'

const rule = (n: number): ExportRule => ({ id: `r${n}`, type: 'ip', to: `10.0.0.${n}`, level: 'rw' })
const all = (count: number) => Array.from({ length: count }, (_, n) => rule(n))

/** An exporter that refuses a whole set for one bad rule, and remembers what it has. */
function clumsy(bad: ReadonlySet<string>, error: () => Error, before: readonly string[] = []) {
  const world = { has: before, calls: 0, withoutSettled: 0 }
  const send = async (rules: readonly ExportRule[]): Promise<readonly RuleOutcome[]> => {
    world.calls++
    if (rules.some(({ id }) => bad.has(id))) throw error()
    world.has = rules.map(({ id }) => id)
    if (!before.every((id) => bad.has(id) || world.has.includes(id))) world.withoutSettled++
    return rules.map(({ id }) => ({ id, state: 'active', accessKey: null, why: null, reason: null }))
  }
  return { world, send }
}

const refusal = () => new DriverError('this set is refused', 'nothing-happened', { reason: 'unsupported' })
const unclear = () => new DriverError('no answer', 'maybe-happened')
const states = (outcomes: readonly RuleOutcome[], state: string) =>
  outcomes.filter((one) => one.state === state).map(({ id }) => id)

describe('a set that an exporter refuses as a whole', () => {
  test('is applied without its bad rules, which are named, and nobody who was let in is cut off meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.uniqueArray(fc.nat(39), { maxLength: 3 }),
        fc.uniqueArray(fc.nat(39)),
        async (count, bad, settled) => {
          const rules = all(count)
          const isBad = new Set(bad.map((n) => `r${n}`))
          const before = settled.filter((n) => n < count).map((n) => `r${n}`)
          const settledGood = before.filter((id) => !isBad.has(id))
          const { world, send } = clumsy(isBad, refusal, before)
          const isSettled = ({ id }: ExportRule) => before.includes(id)
          const outcomes = await sendRules(rules, { lastTry: false, isSettled, send })
          const good = rules.map(({ id }) => id).filter((id) => !isBad.has(id))
          expect(world.has.toSorted()).toEqual(good.toSorted())
          expect(states(outcomes, 'active').toSorted()).toEqual(good.toSorted())
          expect(states(outcomes, 'error').toSorted()).toEqual(
            rules.flatMap(({ id }) => (isBad.has(id) ? [id] : [])).toSorted(),
          )
          expect(outcomes.filter((one) => one.state === 'error').every(({ why }) => why !== null)).toBe(true)
          if (settledGood.length === before.length) expect(world.withoutSettled).toBe(0)
          expect(world.calls).toBeLessThan(260)
        },
      ),
    )
  })

  test('a denial ends although a rule that stays is bad', async () => {
    const { world, send } = clumsy(new Set(['r0']), refusal, ['r0', 'r1', 'r9'])
    // r9 is denied: it is not in the set.
    const outcomes = await sendRules([rule(0), rule(1)], { lastTry: false, isSettled: () => true, send })
    expect([world.has, states(outcomes, 'error')]).toEqual([['r1'], ['r0']])
  })

  test('thousands of bad rules are given up after a bounded number of calls', async () => {
    const rules = all(4000)
    const { world, send } = clumsy(new Set(rules.slice(1).map(({ id }) => id)), refusal, ['r0'])
    const isSettled = ({ id }: ExportRule) => id === 'r0'
    const outcomes = await sendRules(rules, { lastTry: false, isSettled, send })
    expect(world.calls).toBeLessThan(260)
    expect([world.has, states(outcomes, 'active')]).toEqual([['r0'], ['r0']])
    expect(outcomes.length).toBe(4000)
  })
})

describe('a backend that does not answer for certain', () => {
  const sender = (send: RuleSender['send'], lastTry = true): RuleSender => ({
    lastTry,
    isSettled: ({ id }) => id === 'r0',
    send,
  })

  test('is asked again by the caller, not searched for bad rules, before the last try', async () => {
    const { world, send } = clumsy(new Set(['r1']), unclear, ['r0'])
    await expect(sendRules(all(2), sender(send, false))).rejects.toThrow('no answer')
    expect(world.calls).toBe(1)
  })

  test('is taken at its word in the last try when it takes what it had before', async () => {
    const { world, send } = clumsy(new Set(['r2']), unclear, ['r0'])
    expect(states(await sendRules(all(3), sender(send)), 'error')).toEqual(['r2'])
    expect(world.has).toEqual(['r0', 'r1'])
  })

  test('keeps the rules that were in force when it does not answer at all', async () => {
    const { world, send } = clumsy(new Set(['r0', 'r1']), unclear, ['r0'])
    await expect(sendRules(all(2), sender(send))).rejects.toThrow('no answer')
    expect(world.has).toEqual(['r0'])
    expect(world.calls).toBe(3)
  })

  test.each(['not-found', 'fenced', 'host-lacks', 'busy'] as const)(
    '%s is no rule’s fault',
    async (reason) => {
      const { world, send } = clumsy(
        new Set(['r1']),
        () => new DriverError('x', 'nothing-happened', { reason }),
      )
      await expect(sendRules(all(2), sender(send))).rejects.toMatchObject({ reason })
      expect(world.calls).toBe(1)
    },
  )
})
