import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setInfoHash } from '../../db/store/backends.ts'
import { DriverError } from '../../storage/contract/driver.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { availableShare, scenarios } from '../scenarios.fixture.ts'
import { ensureAll, ensureIfChanged, itemsPerNote } from './ensure.ts'

/** What the driver was asked to ensure, by instance; and what it does about it. */
let asked: Map<string, number>
let whenAsked: (id: string) => void | Promise<void>
let bench: Bench

const total = (): number => [...asked.values()].reduce((sum, count) => sum + count, 0)
const shares = 2 * itemsPerNote + 10
const stopAt = itemsPerNote + 10

/** Of which a slice of the operation takes half: a busy machine must not make the rest of it too short for one share. */
const stepDeadlineMs = 10_000

const open = () =>
  openBench({
    stepDeadlineMs,
    wrapDriver: (driver) => ({
      ...driver,
      async ensure(call, share) {
        asked.set(share.id, (asked.get(share.id) ?? 0) + 1)
        await whenAsked(share.id)
        return driver.ensure(call, share)
      },
    }),
  })

async function fill(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await availableShare(bench)
  asked.clear()
}

beforeEach(async () => {
  asked = new Map()
  whenAsked = () => {}
  bench = await open()
})
afterEach(() => bench.close())

const key = () => ({ id: bench.backend.id, backendId: bench.backend.id, madeFor: 'now' })

describe('a check of all shares', () => {
  it('goes on where it was stopped, and looks at each share once but for the last few', async () => {
    await fill(shares)
    const stop = new AbortController()
    whenAsked = () => {
      if (total() === stopAt) stop.abort()
    }
    const cut = ensureAll(bench, key(), { show: false, signal: stop.signal })
    await expect(cut).rejects.toThrow()
    expect(total()).toBeLessThan(stopAt + 10)
    const { ensured, complete } = await ensureAll(bench, key(), { show: false })
    expect({ ensured, complete }).toEqual({
      ensured: { checked: shares, busy: 0, failed: 0 },
      complete: true,
    })
    expect(asked.size).toBe(shares)
    expect(total()).toBeLessThanOrEqual(shares + itemsPerNote)
  })

  it('begins anew when it is made for something else, and after all was unmounted', async () => {
    await fill(3)
    for (const madeFor of ['a', 'b']) await ensureAll(bench, { ...key(), madeFor }, { show: false })
    expect(total()).toBe(6)
    await setInfoHash(bench.store.db, bench.backend.id, null)
    await ensureAll(bench, { ...key(), madeFor: 'b' }, { show: false })
    expect(total()).toBe(9)
  })

  it('looks only at what failed when it is made again', async () => {
    await fill(5)
    const [bad = ''] = (await bench.store.db.selectFrom('share_instances').select('id').execute()).map(
      ({ id }) => id,
    )
    whenAsked = (id) => {
      if (id === bad) throw new DriverError('a disk is away', 'nothing-happened', {})
    }
    expect(await ensureIfChanged(bench)).toEqual({ checked: 4, busy: 0, failed: 1 })
    asked.clear()
    expect(await ensureIfChanged(bench)).toEqual({ checked: 4, busy: 0, failed: 1 })
    expect([...asked.keys()]).toEqual([bad])
    whenAsked = () => {}
    expect(await ensureIfChanged(bench)).toEqual({ checked: 5, busy: 0, failed: 0 })
    expect(await ensureIfChanged(bench)).toBeNull()
    expect(await bench.store.db.selectFrom('ensure_runs').selectAll().execute()).toEqual([])
  })
})

describe('the operation', () => {
  const operationOf = () =>
    bench.store.db
      .selectFrom('operations')
      .select(['state', 'attempts', 'progress', 'cause_code'])
      .where('kind', '=', 'ensure-shares')
      .executeTakeFirstOrThrow()

  // Four shares at a time, this takes more than a slice.
  const slow = async () => {
    const count = 3 * itemsPerNote
    await fill(count)
    const restMs = ((stepDeadlineMs / 2) * 4 * 1.3) / count
    whenAsked = () => new Promise((resolve) => setTimeout(resolve, restMs))
  }

  it('takes longer than a step may: it is called again, and no try is counted', async () => {
    await slow()
    const id = await scenarios['ensure-shares'](bench)
    asked.clear()
    const first = await bench.runOnce(id)
    expect(first).toMatchObject({ end: 'waiting', forMs: 0 })
    expect(await operationOf()).toMatchObject({ state: 'running', attempts: 0, cause_code: 'under-way' })
    await bench.drain()
    expect(await operationOf()).toMatchObject({ state: 'done', cause_code: null })
    expect(asked.size).toBe(3 * itemsPerNote + 1)
    expect(total()).toBe(asked.size)
    expect(await bench.store.db.selectFrom('ensure_runs').selectAll().execute()).toEqual([])
  })

  it('is cancelled between two slices, and leaves no share behind as `ensuring`', async () => {
    await slow()
    const id = await scenarios['ensure-shares'](bench)
    await bench.runOnce(id)
    await bench.store.db.updateTable('operations').set({ cancel_requested: 1 }).where('id', '=', id).execute()
    await bench.drain()
    expect(await operationOf()).toMatchObject({ state: 'cancelled' })
    const statuses = await bench.store.db.selectFrom('share_instances').select('status').distinct().execute()
    expect(statuses).toEqual([{ status: 'available' }])
    expect(await bench.store.db.selectFrom('ensure_runs').selectAll().execute()).toEqual([])
  })
})
