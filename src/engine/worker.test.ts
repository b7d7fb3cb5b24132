import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryBus } from '../bus/memory.ts'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { operationPlans } from '../model/operations.ts'
import { systemClock } from '../runtime/clock.ts'
import { operation, registry, StepFailure } from './operation.ts'
import { enqueue } from './queue.ts'
import { worker, type Worker } from './worker.ts'

let store: Store
let running: Worker | null = null
const clock = systemClock()
const plans = { 'delete-share': { 1: operationPlans['delete-share'][1] } }

beforeEach(async () => {
  store = await openTestStore()
})
afterEach(async () => {
  await running?.stop(500)
  running = null
  await store.close()
})

function queued(instanceId: string, backendId: string | null = null): Promise<string> {
  return store.transaction(async (tx) => {
    const { id } = await enqueue(
      tx,
      {
        kind: 'delete-share',
        payload: { shareId: instanceId, instanceId, force: false, deferred: false },
        resourceId: instanceId,
        lanes: [`instance:${instanceId}`],
        backendId,
        projectId: 'p',
        userId: 'u',
        begunAs: 'user',
        requestId: 'req-1',
        now: clock.now(),
      },
      { plans },
    )
    return id
  })
}

/** Two slots; the share `slow` never gets anywhere. */
function start(slow: string): Worker {
  const done = { run: async () => {} }
  const code = operation('delete-share', 'share', {
    steps: {
      withdraw: {
        run: async ({ payload }) => {
          const cause = { code: 'busy', message: 'not yet', retryable: true }
          if (payload.instanceId === slow) throw new StepFailure('retry', cause, { retryAfterS: 60 })
        },
      },
      backend: done,
      forget: done,
    },
    failed: async () => {},
  })
  running = worker({
    store,
    clock,
    plans,
    registry: registry('share', plans, [code]),
    topic: 'share',
    holder: 'me',
    stepDeadlineMs: 1000,
    failpoint: () => {},
    log: { info() {}, warn() {}, error() {} },
    bus: memoryBus(() => {}),
    backendId: null,
    slots: 2,
    pollMs: 20,
  })
  running.start()
  return running
}

const state = async (id: string) =>
  (await store.db.selectFrom('operations').select('state').where('id', '=', id).executeTakeFirst())?.state

async function until(id: string, wanted: string): Promise<void> {
  for (let turn = 0; turn < 200 && (await state(id)) !== wanted; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(await state(id)).toBe(wanted)
}

describe('a worker', () => {
  it('lets no crowd behind a slow share starve another one', async () => {
    const slow = randomUUID()
    for (let n = 0; n < 6; n++) await queued(slow)
    const other = await queued(randomUUID())
    start(slow)
    await until(other, 'done')
  })

  it('without a backend takes only what has none', async () => {
    const theirs = await queued(randomUUID(), 'backend-1')
    const mine = await queued(randomUUID())
    start('')
    await until(mine, 'done')
    expect(await state(theirs)).toBe('queued')
  })

  it('is not filled by work whose plan it does not know, however much of it there is', async () => {
    const newer: string[] = []
    for (let n = 0; n < 6; n++) newer.push(await queued(randomUUID()))
    await store.db.updateTable('operations').set({ version: 99 }).execute()
    const mine = await queued(randomUUID())
    start('')
    await until(mine, 'done')
    const left = await store.db
      .selectFrom('operations')
      .select(['state', 'fence'])
      .where('id', 'in', newer)
      .execute()
    expect(left).toEqual(newer.map(() => ({ state: 'queued', fence: 0 })))
  })
})
