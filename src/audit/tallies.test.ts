import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { blankAudit, type AuditEvent } from '../model/audit.ts'
import { Tallies, tallyLimits } from './tallies.ts'

const at = 1_790_000_000_000_000
const refusal = (more: Partial<AuditEvent>): AuditEvent => ({
  ...blankAudit,
  id: '',
  at,
  lastAt: at,
  action: 'authenticate',
  outcome: 'failure',
  operation: 'POST /identity/v3/auth/tokens',
  address: '192.0.2.7',
  ...more,
})
const total = (events: readonly AuditEvent[]): number => events.reduce((sum, { count }) => sum + count, 0)

test('many names from one address, and one name from many addresses, are few rows and lose no count', () => {
  const tallies = new Tallies()
  for (let name = 0; name < 5000; name++) tallies.add(refusal({ userId: `unknown:${name}` }))
  const first = tallies.take()
  expect(first.length).toBe(tallyLimits.each + 1)
  expect(total(first)).toBe(5000)
  expect(first.at(-1)).toMatchObject({ operation: 'others', userId: '', address: '192.0.2.7', count: 4950 })
  // An IPv6 network is one guesser.
  for (let host = 0; host < 3000; host++)
    tallies.add(refusal({ userId: `unknown:${host}`, address: `2001:db8::${host.toString(16)}` }))
  expect(tallies.take().length).toBe(tallyLimits.each + 1)
  for (let host = 0; host < 10_000; host++)
    tallies.add(refusal({ userId: 'demo', address: `10.${host % 200}.${Math.floor(host / 200)}.1` }))
  const many = tallies.take()
  expect(many.length).toBeLessThanOrEqual(tallyLimits.all + 1)
  expect(total(many)).toBe(10_000)
  // Strangers from everywhere, each with a name of his own.
  for (let one = 0; one < 10_000; one++)
    tallies.add(
      refusal({
        userId: `unknown:${one}`,
        address: `10.${one % 200}.${Math.floor(one / 200)}.2`,
        at: at + 60_000_000,
      }),
    )
  const strangers = tallies.take()
  expect(strangers.length).toBe(tallyLimits.all + 1)
  expect(total(strangers)).toBe(10_000)
  expect(strangers.at(-1)).toMatchObject({ operation: 'others', address: '', count: 8000 })
  // The next minute begins anew.
  tallies.add(refusal({ userId: 'unknown:x', at: at + 120_000_000 }))
  expect(tallies.take()[0]?.userId).toBe('unknown:x')
})

test('whatever comes in whatever order: no count is lost, and rows are bounded', () => {
  const event = fc.record({
    userId: fc.constantFrom('', 'a', 'b', 'c'),
    address: fc.constantFrom('10.0.0.1', '10.0.0.2', '2001:db8::1', '2001:db8::2', 'odd'),
    action: fc.constantFrom('authenticate' as const, 'update' as const, 'delete' as const),
    targetId: fc.constantFrom('', 's1', 's2', 's3'),
    reason: fc.constantFrom(401, 403, 409),
    at: fc.integer({ min: at, max: at + 180_000_000 }),
    taken: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      const tallies = new Tallies({ each: 3, all: 8 })
      const rows = new Map<string, AuditEvent>()
      const write = (): void => {
        const some = tallies.take()
        expect(new Set(some.map(({ id }) => id)).size).toBe(some.length)
        for (const one of some)
          rows.set(one.id, { ...one, count: one.count + (rows.get(one.id)?.count ?? 0) })
      }
      const inOrder = events.toSorted((a, b) => a.at - b.at)
      for (const { taken, ...one } of inOrder) {
        tallies.add(refusal({ ...one, lastAt: one.at }))
        if (taken) write()
      }
      write()
      expect(total([...rows.values()])).toBe(events.length)
      const minutes = new Set(events.map((one) => Math.floor(one.at / 60_000_000)))
      // The row of everybody, one of each address, beside those that are listed.
      for (const minute of minutes) {
        const own = [...rows.values()].filter((row) => Math.floor(row.at / 60_000_000) === minute)
        expect(own.length).toBeLessThanOrEqual(8 + 4 * 3)
      }
    }),
  )
})
