import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { requestCancel } from '../db/store/operation-cancel.ts'
import { systemClock } from '../runtime/clock.ts'
import { operationPlans, type Plans } from '../model/operations.ts'
import { breakAllLeases, bumpFence } from '../db/store/leases.ts'
import {
  operation,
  registry,
  StepFailure,
  type AnyOperationCode,
  type Job,
  type StepRecord,
} from './operation.ts'
import type { Tx } from '../db/schema.ts'
import { enqueue } from './queue.ts'
import { asEffect } from './steps.fixture.ts'
import { run, type RunnerParts } from './runner.ts'

let store: Store
const clock = systemClock()
const quiet = { info() {}, warn() {}, error() {} }
/** Each of its steps can be taken back. */
const plans: Plans = {
  'delete-share': {
    1: {
      ...operationPlans['delete-share'][1],
      steps: operationPlans['delete-share'][1].steps.map(([name, on]) => [name, on]),
    },
  },
}

beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

function parts(code: AnyOperationCode, holder = 'one'): RunnerParts {
  return {
    store,
    clock,
    plans,
    registry: registry('share', plans, [code]),
    topic: 'share',
    holder,
    stepDeadlineMs: 1000,
    failpoint: () => {},
    log: quiet,
  }
}

function queued(instanceId = randomUUID()): Promise<string> {
  return store.transaction(async (tx) => {
    const { id } = await enqueue(
      tx,
      {
        kind: 'delete-share',
        payload: { shareId: instanceId, instanceId, force: false, deferred: false },
        resourceId: instanceId,
        lanes: [`instance:${instanceId}`],
        backendId: null,
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

const row = (id: string) =>
  store.db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
/** Pauses are for production. */
const dueNow = () => store.db.updateTable('operations').set({ not_before: 0 }).execute()
const backendStep = (id: string) =>
  store.db
    .selectFrom('operation_steps')
    .selectAll()
    .where('operation_id', '=', id)
    .where('name', '=', 'backend')
    .executeTakeFirstOrThrow()
const go = (p: RunnerParts, id: string) => run(p, id, new AbortController().signal)

/** Records what was called, in order. */
function scripted(script: Partial<Record<string, () => void>> = {}) {
  const calls: string[] = []
  const step = (name: string) => ({
    run: async () => {
      calls.push(name)
      script[name]?.()
    },
    undo: async () => {
      calls.push(`undo ${name}`)
      script[`undo ${name}`]?.()
    },
  })
  const code = operation('delete-share', 'share', {
    steps: { withdraw: step('withdraw'), backend: step('backend'), forget: step('forget') },
    failed: async (_tx, _job, cause, undone) => {
      calls.push(`failed ${cause.code} ${undone}`)
    },
  })
  return { calls, code }
}

describe('an operation', () => {
  it('runs its steps in order, once, and ends', async () => {
    const { calls, code } = scripted()
    const id = await queued()
    expect((await go(parts(code), id)).end).toBe('finished')
    expect(calls).toEqual(['withdraw', 'backend', 'forget'])
    expect(await row(id)).toMatchObject({ state: 'done', progress: 100 })
    expect((await go(parts(code), id)).end).toBe('not-mine')
  })

  it('undoes what began, in reverse, when a step says so', async () => {
    const { calls, code } = scripted({
      backend: () => {
        throw new StepFailure('unwind', { code: 'no', message: 'no', retryable: false })
      },
    })
    const id = await queued()
    await go(parts(code), id)
    expect(calls).toEqual(['withdraw', 'backend', 'undo backend', 'undo withdraw', 'failed no true'])
    expect(await row(id)).toMatchObject({ state: 'failed', cause_code: 'no' })
  })

  it('repeats a step that may have happened, and goes on from there', async () => {
    let first = true
    const { calls, code } = scripted({
      backend: () => {
        if (!first) return
        first = false
        throw new Error('connection lost')
      },
    })
    const id = await queued()
    expect((await go(parts(code), id)).end).toBe('waiting')
    expect(await row(id)).toMatchObject({ state: 'running', cause_message: 'connection lost' })
    await dueNow()
    await go(parts(code), id)
    expect(calls).toEqual(['withdraw', 'backend', 'backend', 'forget'])
    expect(await row(id)).toMatchObject({ state: 'done', cause_code: null })
  })

  it('keeps the time at which a step began while it is repeated, and begins anew after an undo', async () => {
    const failures = [
      () => {
        throw new Error('connection lost')
      },
      () => {
        throw new StepFailure('place-again', { code: 'full', message: 'full', retryable: true })
      },
      () => {},
    ]
    const { code } = scripted({ backend: () => failures.shift()?.() })
    const id = await queued()
    const times: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      await go(parts(code), id)
      await dueNow()
      times.push((await backendStep(id)).started_at)
    }
    expect(times[1]).toBe(times[0])
    expect(times[2]).toBeGreaterThan(times[1]!)
    expect(await row(id)).toMatchObject({ state: 'done' })
  })

  it('undoes nothing of a step whose only try had no effect, and all of one that may have had', async () => {
    const cause = { code: 'away', message: 'away', retryable: true }
    const untouched = () => {
      throw new StepFailure('unwind', cause, { untouched: true })
    }
    const waits = () => {
      throw new StepFailure('wait', cause, { untouched: true })
    }
    const lost = () => {
      throw new Error('connection lost')
    }
    let leaving = new AbortController()
    // A process that ends in the middle says nothing of the try, which may have had its effect.
    const killed = () => {
      leaving.abort()
      throw new Error('never recorded')
    }
    const nothing = ['undo withdraw', 'failed away true']
    const everything = ['undo backend', ...nothing]
    for (const [tries, undone] of [
      [[waits, waits, untouched], nothing],
      [[lost, untouched], everything],
      [[killed, untouched], everything],
      [[killed, waits, untouched], everything],
      [[waits, killed, untouched], everything],
    ] as const) {
      const left = [...tries]
      const { calls, code } = scripted({ backend: () => left.shift()?.() })
      const id = await queued()
      for (let turn = 0; turn < 4; turn++) {
        leaving = new AbortController()
        await run(parts(code), id, leaving.signal)
        await dueNow()
      }
      expect(calls.filter((call) => !['withdraw', 'backend'].includes(call))).toEqual(undone)
      expect((await backendStep(id)).state).toBe('undone')
    }
  })

  it('undoes what it did when its owner no longer wants it, without another step', async () => {
    const { calls, code } = scripted({
      backend: () => {
        throw new Error('connection lost')
      },
    })
    const id = await queued()
    expect((await go(parts(code), id)).end).toBe('waiting')
    expect(await store.transaction((tx) => requestCancel(tx, id, clock.now()))).toHaveLength(1)
    expect((await go(parts(code), id)).end).toBe('finished')
    expect(calls).toEqual(['withdraw', 'backend', 'undo backend', 'undo withdraw', 'failed cancelled true'])
    expect(await row(id)).toMatchObject({ state: 'cancelled', cause_code: 'cancelled' })
    expect(await store.transaction((tx) => requestCancel(tx, id, clock.now()))).toEqual([])
  })

  it('undoes nothing of a step that only waited when its owner no longer wants it', async () => {
    const cause = { code: 'away', message: 'away', retryable: true }
    const { calls, code } = scripted({
      backend: () => {
        throw new StepFailure('wait', cause, { untouched: true })
      },
    })
    const id = await queued()
    expect((await go(parts(code), id)).end).toBe('waiting')
    await store.transaction((tx) => requestCancel(tx, id, clock.now()))
    expect((await go(parts(code), id)).end).toBe('finished')
    expect(calls).toEqual(['withdraw', 'backend', 'undo withdraw', 'failed cancelled true'])
  })

  it('does nothing at all when it was cancelled before it began', async () => {
    const { calls, code } = scripted()
    const id = await queued()
    await store.transaction((tx) => requestCancel(tx, id, clock.now()))
    expect((await go(parts(code), id)).end).toBe('finished')
    expect(calls).toEqual(['failed cancelled true'])
    expect(await row(id)).toMatchObject({ state: 'cancelled' })
  })

  it('waits for what is on its way as often as it takes', async () => {
    let looks = 0
    const { code } = scripted({
      backend: () => {
        if (looks++ < 30) throw new StepFailure('wait', { code: 'soon', message: 'soon', retryable: true })
      },
    })
    const id = await queued()
    for (let turn = 0; turn < 30; turn++) {
      const end = await go(parts(code), id)
      expect(end.end === 'waiting' && end.forMs <= 1000).toBe(true)
      await dueNow()
    }
    expect((await go(parts(code), id)).end).toBe('finished')
    expect(await row(id)).toMatchObject({ state: 'done', cause_code: null })
  })

  it('is resumed at its step by another worker after a crash', async () => {
    const id = await queued()
    const dead = scripted({
      backend: () => {
        throw new Error('never recorded')
      },
    })
    const crashing = { ...parts(dead.code), failpoint: () => {} }
    await go(crashing, id)
    await dueNow()
    await breakAllLeases(store)
    const { calls, code } = scripted()
    await go(parts(code, 'two'), id)
    expect(calls).toEqual(['backend', 'forget'])
  })

  it('writes nothing once its fence is stale', async () => {
    const instance = randomUUID()
    const id = await queued(instance)
    const { code } = scripted()
    const stolen = operation('delete-share', 'share', {
      ...code,
      steps: {
        ...code.steps,
        backend: {
          run: async () => {
            await store.transaction((tx) => bumpFence(tx, `instance:${instance}`))
          },
        },
      },
    })
    expect((await go(parts(stolen), id)).end).toBe('not-mine')
    expect(await row(id)).toMatchObject({ state: 'running', step: 1 })
  })

  it('takes each step back on the backend where it ran', async () => {
    const { calls, code } = scripted({
      backend: () => {
        throw new StepFailure('unwind', { code: 'no', message: 'no', retryable: false })
      },
    })
    const withdraw = asEffect(code.steps['withdraw']!)
    const leaving = {
      ...code,
      steps: {
        ...code.steps,
        withdraw: {
          ...withdraw,
          run: async (job: Job<'delete-share'>) => {
            await withdraw.run(job)
            return { commit: async (_tx: Tx, record: StepRecord) => record.route('there') }
          },
        },
      },
    }
    const id = await queued()
    await store.db.updateTable('operations').set({ backend_id: 'here' }).execute()
    const on = (backendId: string) => go({ ...parts(leaving), backendId }, id)
    expect((await on('there')).end).toBe('not-mine')
    expect(await on('here')).toEqual({ end: 'handed-over', topic: 'share', backendId: 'there' })
    expect((await on('here')).end).toBe('not-mine')
    expect(await on('there')).toEqual({ end: 'handed-over', topic: 'share', backendId: 'here' })
    expect(calls).toEqual(['withdraw', 'backend', 'undo backend'])
    expect((await on('here')).end).toBe('finished')
    expect(calls.slice(3)).toEqual(['undo withdraw', 'failed no true'])
    const ran = await store.db
      .selectFrom('operation_steps')
      .select(['name', 'backend_id'])
      .orderBy('step')
      .execute()
    expect(ran).toEqual([
      { name: 'withdraw', backend_id: 'here' },
      { name: 'backend', backend_id: 'there' },
    ])
  })

  it('waits for what came before it in its lane', async () => {
    const instance = randomUUID()
    const first = await queued(instance)
    const second = await queued(instance)
    const { code } = scripted()
    expect((await go(parts(code), second)).end).toBe('not-mine')
    await go(parts(code), first)
    expect((await go(parts(code), second)).end).toBe('finished')
  })

  it('gives up a step that ignores its deadline, and asks again', async () => {
    const { code } = scripted()
    const deaf = operation('delete-share', 'share', {
      ...code,
      steps: {
        ...code.steps,
        backend: {
          run: (job) =>
            new Promise((_, no) => job.signal.addEventListener('abort', () => no(new Error('cut')))),
        },
      },
    })
    const id = await queued()
    const end = await run({ ...parts(deaf), stepDeadlineMs: 20 }, id, new AbortController().signal)
    expect(end.end).toBe('waiting')
  })

  it('refuses a registry that does not fit the plan', () => {
    const { code } = scripted()
    expect(() => registry('share', plans, [{ ...code, steps: {} }])).toThrow(/no code for step "withdraw"/)
  })
})
