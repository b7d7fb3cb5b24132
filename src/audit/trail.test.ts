import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { listAuditEvents } from '../db/store/audit-events.ts'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { blankAudit, type AuditEvent } from '../model/audit.ts'
import { AuditStream } from './stream.ts'
import { AuditTrail, type NewEvent } from './trail.ts'

const start = 1_790_000_000_000_000
let now = start
const clock = { now: () => ++now }
const mute = { info: () => {}, warn: () => {} }
let store: Store
const trails: AuditTrail[] = []
beforeEach(async () => {
  now = start
  store = await openTestStore()
})
afterEach(async () => {
  for (const trail of trails.splice(0)) await trail.close()
  await store.close()
})

function trailOf(
  more: { keptUs?: number; queue?: number; stream?: AuditStream; store?: Store } = {},
): AuditTrail {
  const trail = new AuditTrail({ store, clock, log: mute, stream: null, queue: 100, keptUs: 0, ...more })
  trails.push(trail)
  return trail
}
const event = (more: Partial<AuditEvent> = {}): NewEvent => ({
  ...blankAudit,
  action: 'authenticate',
  outcome: 'success',
  operation: 'POST /identity/v3/auth/tokens',
  userId: 'u',
  address: '192.0.2.7',
  ...more,
})
const all = (): Promise<AuditEvent[]> =>
  listAuditEvents(store.db, {}, { limit: 10_000, marker: null, descending: false, back: false })

test('several processes count in one row, whoever makes it', async () => {
  const processes = [trailOf(), trailOf(), trailOf(), trailOf()]
  for (let round = 0; round < 5; round++) {
    for (const trail of processes)
      for (let times = 0; times < 3; times++) trail.count(event({ outcome: 'failure' }))
    await Promise.all(processes.map((trail) => trail.flush()))
  }
  const rows = await all()
  expect(rows.map(({ count }) => count)).toEqual([60])
  expect(rows[0]?.at).toBeLessThan(start + 10)
  expect(rows[0]?.lastAt).toBeGreaterThan(start + 50)
})

test('the event of a change is in its transaction: with it or not at all', async () => {
  const trail = trailOf()
  const work = store.transaction(async (tx) => {
    await trail.write(tx, event({ action: 'create' }))
    throw new Error('refused after all')
  })
  await expect(work).rejects.toThrow('refused after all')
  expect(await all()).toEqual([])
  await store.transaction((tx) => trail.write(tx, event({ action: 'create' })))
  expect(await all()).toHaveLength(1)
})

test('a database that is away holds nobody up: as many as fit wait, the others are counted as lost', async () => {
  let isAway = true
  const gone: Store = {
    ...store,
    transaction: (body) => (isAway ? Promise.reject(new Error('away')) : store.transaction(body)),
  }
  const trail = trailOf({ store: gone, queue: 10 })
  for (let index = 0; index < 25; index++) trail.note(event({ userId: `u${index}` }))
  for (let index = 0; index < 25; index++) trail.count(event({ outcome: 'failure' }))
  await trail.flush()
  expect(trail.state.rows).toMatchObject({ state: 'failing', waiting: 11, dropped: 15, reason: 'away' })
  isAway = false
  await trail.flush()
  expect(trail.state.rows).toMatchObject({ state: 'ok', waiting: 0, dropped: 15 })
  expect((await all()).map(({ count }) => count).toSorted((a, b) => a - b)).toEqual([
    ...Array<number>(10).fill(1),
    25,
  ])
})

test('what was written although the answer was lost is not written twice', async () => {
  let answers = false
  const forgetful: Store = {
    ...store,
    transaction: async (body) => {
      const answer = await store.transaction(body)
      if (!answers) throw new Error('the connection was lost')
      return answer
    },
  }
  const trail = trailOf({ store: forgetful })
  trail.note(event())
  trail.count(event({ outcome: 'failure' }))
  await trail.flush()
  answers = true
  trail.note(event({ userId: 'later' }))
  await trail.flush()
  expect((await all()).map(({ userId }) => userId).toSorted()).toEqual(['later', 'u', 'u'])
  expect(trail.state.rows.waiting).toBe(0)
})

test('an answer that was lost takes nothing of what is counted since, and counts nothing twice', async () => {
  let answers = false
  const forgetful: Store = {
    ...store,
    transaction: async (body) => {
      const answer = await store.transaction(body)
      if (!answers) throw new Error('the connection was lost')
      return answer
    },
  }
  const trail = trailOf({ store: forgetful })
  trail.note(event())
  trail.count(event({ outcome: 'failure' }))
  await trail.flush()
  trail.count(event({ outcome: 'failure' }))
  trail.count(event({ outcome: 'failure', userId: 'later' }))
  trail.note(event({ userId: 'later' }))
  expect(trail.state.rows.waiting).toBe(5)
  answers = true
  await trail.flush()
  expect(trail.state.rows).toMatchObject({ state: 'ok', waiting: 0 })
  expect(
    (await all()).map(({ userId, outcome, count }) => `${userId} ${outcome} ${count}`).toSorted(),
  ).toEqual(['later failure 1', 'later success 1', 'u failure 2', 'u success 1'])
})

test('a sink that takes nothing holds neither rows nor requests up', async () => {
  const stream = new AuditStream('/dev/full', () => clock.now())
  const trail = trailOf({ stream })
  const began = performance.now()
  for (let index = 0; index < 90; index++) trail.note(event({ userId: `u${index}` }))
  expect(performance.now() - began).toBeLessThan(500)
  await trail.flush()
  expect(await all()).toHaveLength(90)
  await vi.waitFor(() => expect(trail.state.stream.state).toBe('failing'))
})

test('what is old is taken away, piece by piece, and nothing else', async () => {
  const trail = trailOf({ keptUs: 1_000_000 })
  await store.transaction(async (tx) => {
    for (let index = 0; index < 1200; index++) await trail.write(tx, event({ userId: `old${index}` }))
  })
  now += 2_000_000
  await store.transaction((tx) => trail.write(tx, event({ userId: 'young' })))
  await trail.purge()
  expect((await all()).map(({ userId }) => userId)).toEqual(['young'])
})

test('events of any length and any letters find their place', async () => {
  const trail = trailOf()
  const text = fc
    .string({ unit: 'grapheme', maxLength: 700 })
    .map((one) => one.replaceAll('\0', '').toWellFormed())
  await fc.assert(
    fc.asyncProperty(
      fc.record({ userName: text, targetId: text, agent: text, operation: text }),
      async (odd) => {
        await store.transaction((tx) => trail.write(tx, event(odd)))
      },
    ),
    { numRuns: 50 },
  )
  expect(await all()).toHaveLength(50)
})
