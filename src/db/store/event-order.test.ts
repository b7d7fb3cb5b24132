/** Numbers of events, with several who write and several who number at once. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore } from '../store.fixture.ts'
import type { Store } from '../open.ts'
import {
  eventsBetween,
  newestNumber,
  oldestNumber,
  orderEvents,
  passes,
  type EventFilter,
} from './event-order.ts'
import { recordEvent } from './records.ts'

let store: Store
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const event = (
  resourceId: string,
  now: number,
  projectId = 'p',
  resourceType: 'share' | 'snapshot' = 'share',
) => ({
  projectId,
  resourceType,
  resourceId,
  event: `${resourceType}.status`,
  now,
})

test('a reader with a cursor sees every event once, those of a resource in order, however writers and numberers overlap', async () => {
  const [writers, each] = [8, 25]
  const read: { id: string; resource: string; at: number }[] = []
  const writing = { goesOn: true }
  const write = async (writer: number): Promise<void> => {
    for (let n = 0; n < each; n++) {
      await store.transaction(async (tx) => {
        // Stamps say nothing about who ends first: some transactions stay open for longer.
        await recordEvent(tx, event(`r${(writer + n) % 5}-${writer}`, 1_000_000 - n * 7 + writer))
        if (!store.dialect.singleProcess && n % 3 === 0)
          await new Promise((resolve) => setTimeout(resolve, Math.random() * 12))
      })
    }
  }
  const number = async (): Promise<void> => {
    while (writing.goesOn) {
      await orderEvents(store)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const follow = async (): Promise<void> => {
    let after = 0
    for (let last = false; ;) {
      const some = await eventsBetween(store.db, { after, upTo: Number.MAX_SAFE_INTEGER }, null, 7)
      for (const one of some) read.push({ id: one.id, resource: one.resource_id, at: one.created_at })
      after = some.at(-1)?.seq ?? after
      if (last && some.length === 0) return
      last = !writing.goesOn && some.length === 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const others = [number(), number(), number()]
  const reading = follow()
  await Promise.all(Array.from({ length: writers }, (_, n) => write(n)))
  while ((await orderEvents(store)) > 0);
  writing.goesOn = false
  await Promise.all([...others, reading])
  const written = await store.db.selectFrom('events').select(['id', 'seq']).execute()
  expect(read.length).toBe(writers * each)
  expect(new Set(read.map(({ id }) => id))).toEqual(new Set(written.map(({ id }) => id)))
  expect(written.map(({ seq }) => seq).sort((a, b) => Number(a) - Number(b))).toEqual(
    Array.from({ length: writers * each }, (_, n) => n + 1),
  )
  for (const [, same] of Map.groupBy(read, ({ resource }) => resource)) {
    expect(same.map(({ at }) => at)).toEqual(same.map(({ at }) => at).sort((a, b) => a - b))
  }
})

test('what the release before wrote is numbered in batches, oldest first', async () => {
  const rows = Array.from({ length: 1203 }, (_, n) => ({
    id: randomUUID(),
    created_at: 10_000 - n,
    project_id: 'p',
    resource_type: 'share',
    resource_id: `r${n}`,
    event: 'share.status',
    request_id: null,
    operation_id: null,
    detail: '{}',
  }))
  for (let start = 0; start < rows.length; start += 100) {
    await store.db
      .insertInto('events')
      .values(rows.slice(start, start + 100) as never)
      .execute()
  }
  expect([await newestNumber(store.db), await oldestNumber(store.db)]).toEqual([0, null])
  const batches = []
  for (let numbered = 1; numbered > 0;) batches.push((numbered = await orderEvents(store)))
  expect(batches).toEqual([500, 500, 203, 0])
  expect([await newestNumber(store.db), await oldestNumber(store.db)]).toEqual([1203, 1])
  const first = await eventsBetween(store.db, { after: 0, upTo: 3 }, null, 10)
  expect(first.map(({ resource_id: id }) => id)).toEqual(['r1202', 'r1201', 'r1200'])
})

test('the database and the memory decide alike which events a filter lets through', async () => {
  await store.transaction(async (tx) => {
    let now = 1
    for (const project of ['p', 'q']) {
      for (const type of ['share', 'snapshot'] as const) {
        for (const id of ['a', 'b', 'A'])
          await recordEvent(tx, event(`${project}${type}${id}`, now++, project, type))
      }
    }
  })
  while ((await orderEvents(store)) > 0);
  const range = { after: 0, upTo: Number.MAX_SAFE_INTEGER }
  const all = await eventsBetween(store.db, range, null, 100)
  for (const projectId of [null, 'p', 'P', 'z']) {
    for (const types of [['share'], ['share', 'snapshot']]) {
      for (const resourceIds of [null, ['psharea', 'qshareb'], ['pshareA']]) {
        const filter: EventFilter = { projectId, types, resourceIds }
        const found = await eventsBetween(store.db, range, filter, 100)
        expect(found).toEqual(all.filter((one) => passes(filter, one)))
      }
    }
  }
})

test('listeners hear of a commit with events, once, and of no other', async () => {
  let heard = 0
  const stop = store.onEvents(() => void heard++)
  await store.transaction((tx) => recordEvent(tx, event('r', 1)))
  expect(heard).toBe(1)
  await store.transaction(async (tx) => {
    await tx.selectFrom('events').select('id').execute()
  })
  await store
    .transaction(async (tx) => {
      await recordEvent(tx, event('r', 2))
      throw new Error('given up')
    })
    .catch(() => {})
  expect(heard).toBe(1)
  stop()
  await store.transaction((tx) => recordEvent(tx, event('r', 3)))
  expect(heard).toBe(1)
})
