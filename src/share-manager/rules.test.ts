import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { twinOf } from '../model/access-twins.ts'
import { DriverError, type ExportRule, type RuleOutcome } from '../storage/contract/driver.ts'
import { applyRules, respelled, type RulesFor } from './rules.ts'
import type { MappedRule } from '../db/store/access-mappings.ts'

const about: RulesFor = { protocol: 'NFS', publisher: { accessTypes: [['NFS', 'ip']] }, readOnly: false }
const rule = (id: string, to: string, more: Partial<MappedRule> = {}): MappedRule => ({
  id,
  type: 'ip',
  to,
  stored: to,
  level: 'rw',
  state: 'active',
  ...more,
})

/** Takes no set in which one of these clients is; remembers the last that it took, and how often it was asked. */
function picky(refuses: readonly string[]) {
  const seen = { on: [] as readonly string[], calls: 0 }
  const send = async (rules: readonly ExportRule[]) => {
    seen.calls += 1
    const bad = rules.find(({ to }) => refuses.includes(to))
    if (bad !== undefined) throw new DriverError(`no word for ${bad.to}`, 'maybe-happened')
    seen.on = rules.map(({ to }) => to)
    return rules.map(({ id }) => ({ id, state: 'active' as const, accessKey: null, why: null, reason: null }))
  }
  return { seen, send }
}

const summary = (outcomes: readonly { readonly id: string; readonly state: string }[]) =>
  Object.fromEntries(outcomes.map(({ id, state }) => [id, state]))

describe('rules for an export', () => {
  test('made under earlier laws are in error by themselves, each with its reason', async () => {
    const { seen, send } = picky([])
    const rules = [
      rule('a', '10.0.0.1'),
      rule('nobody', '0.0.0.0'),
      rule('badge', 'x', { type: 'badge' }),
      rule('gone', '10.0.0.2', { state: 'denying' }),
    ]
    const outcomes = await applyRules(rules, about, send, { apart: false })
    expect(summary(outcomes)).toEqual({ a: 'active', nobody: 'error', badge: 'error' })
    expect(outcomes.find(({ id }) => id === 'nobody')).toMatchObject({
      reason: 'client-forbidden',
      why: expect.stringContaining('the address of no client'),
    })
    expect(seen.on).toEqual(['10.0.0.1'])
  })

  test('of those that became the same the oldest stays, as it is; twins always were', async () => {
    const { seen, send } = picky([])
    const rules = [
      rule('older', '127.0.0.1', { stored: '::ffff:127.0.0.1', level: 'ro' }),
      rule('newer', '127.0.0.1'),
      rule('hidden', '127.0.0.1', { stored: twinOf('127.0.0.1', ['127.0.0.1']) }),
      rule('alone', '10.0.0.0/24', { stored: '::ffff:10.0.0.0/120' }),
    ]
    const outcomes = await applyRules(rules, about, send, { apart: false })
    expect(summary(outcomes)).toEqual({ older: 'active', newer: 'error', hidden: 'active', alone: 'active' })
    expect(outcomes.find(({ id }) => id === 'newer')?.why).toBe(
      'The older rule older lets the same client in: 127.0.0.1.',
    )
    expect(seen.on).toEqual(['127.0.0.1', '10.0.0.0/24'])
    expect(respelled(rules).map(({ id }) => id)).toEqual(['alone'])
    expect(respelled(rules.filter(({ id }) => id !== 'newer')).map(({ id }) => id)).toEqual([
      'older',
      'alone',
    ])
    expect(respelled([rules[0]!]).map(({ id }) => id)).toEqual(['older'])
    expect(respelled([rule('a', '10.0.0.1')])).toEqual([])
  })

  test('a set that is not taken: what can be applied is, what can not is named, whatever the order', async () => {
    const client = fc.integer({ min: 1, max: 60 }).map((n) => `10.0.0.${n}`)
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(client, { maxLength: 40 }),
        fc.uniqueArray(client, { maxLength: 3 }),
        fc.func(fc.boolean()),
        async (clients, refuses, isNew) => {
          const state = (to: string) => (isNew(to) || refuses.includes(to) ? 'applying' : 'active')
          const rules = clients.map((to) => rule(`r ${to}`, to, { state: state(to) }))
          const { seen, send } = picky(refuses)
          const outcomes = await applyRules(rules, about, send, { apart: true })
          expect(summary(outcomes)).toEqual(
            Object.fromEntries(clients.map((to) => [`r ${to}`, refuses.includes(to) ? 'error' : 'active'])),
          )
          const taken = clients.filter((to) => !refuses.includes(to))
          expect(seen.on.toSorted()).toEqual(taken.toSorted())
          // One of many is found by halving.
          expect(seen.calls).toBeLessThanOrEqual(2 + refuses.length * 2 * (1 + Math.ceil(Math.log2(41))))
        },
      ),
    )
  })

  test('a denial that the exporter can not carry out has failed, and it alone', async () => {
    const [stuck, gone, kept] = [
      rule('stuck', '10.0.0.1', { state: 'denying' }),
      rule('gone', '10.0.0.2', { state: 'denying' }),
      rule('kept', '10.0.0.3'),
    ] as const
    const send = async (told: readonly ExportRule[]): Promise<readonly RuleOutcome[]> => [
      ...told.map(({ id }): RuleOutcome => ({
        id,
        state: 'active',
        accessKey: null,
        why: null,
        reason: null,
      })),
      {
        id: '',
        state: 'error',
        accessKey: null,
        why: 'its key stays',
        reason: 'unsupported',
        stays: { type: 'ip', to: '10.0.0.1' },
      },
    ]
    const outcomes = await applyRules([stuck, gone, kept], about, send, { apart: false })
    expect(outcomes.map(({ id, state, why }) => [id, state, why])).toEqual([
      [kept.id, 'active', null],
      [stuck.id, 'error', 'its key stays'],
    ])
  })

  test('nothing is called applied when the exporter takes not even what it has', async () => {
    const { send } = picky(['10.0.0.1'])
    const rules = [rule('a', '10.0.0.1'), rule('b', '10.0.0.2', { state: 'applying' })]
    await expect(applyRules(rules, about, send, { apart: true })).rejects.toThrow('no word for 10.0.0.1')
  })

  test('thousands cost no more than their number', async () => {
    const { send } = picky([])
    const rules = Array.from({ length: 20_000 }, (_, n) => rule(`r${n}`, `10.${n >> 8}.${n & 255}.1`))
    expect(await applyRules(rules, about, send, { apart: false })).toHaveLength(20_000)
  })
})
