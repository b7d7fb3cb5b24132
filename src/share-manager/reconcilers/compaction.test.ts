/** Shares that hold more than they were given, with storage that says what the test wants. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { poolNotes } from '../../db/store/pools.ts'
import { DriverError, type Compacted, type Exceeding } from '../../storage/contract/driver.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { compactionOf } from './compaction.ts'
import { reportPools } from './pool-stats.ts'

const gib = 1024 ** 3
let bench: Bench
let found: Exceeding[]
/** What is answered for each share, and who was worked on. */
let ends: Record<string, Compacted['end'] | 'throws'>
let worked: string[]
let during: () => void
let extra: Record<string, number | string>
let nowMs: number
beforeEach(async () => {
  ;[found, ends, worked, extra, nowMs] = [[], {}, [], {}, 0]
  during = () => undefined
  bench = await openBench({
    wrapDriver: (driver) => ({
      ...driver,
      async pools(call) {
        const reports = await driver.pools(call)
        return reports.map((report) => ({ ...report, extra: { ...report.extra, ...extra } }))
      },
      compacts: {
        exceeding: async () => found,
        async compact(call, id) {
          worked.push(id)
          during()
          call.signal.throwIfAborted()
          const end = ends[id] ?? 'done'
          if (end === 'throws') throw new DriverError('the disk does not answer', 'maybe-happened')
          if (end === 'done') found = found.filter((one) => one.id !== id)
          return { movedBytes: 0, heldBytes: 0, longestWaitMs: 0, end }
        },
      },
    }),
  })
})
afterEach(() => bench.close())

const holds = (id: string, moreGib: number, tooMuch = true): Exceeding => ({
  id,
  heldBytes: (1 + moreGib) * gib,
  givenBytes: gib,
  tooMuch,
})
const compaction = () => compactionOf(bench, () => nowMs)

describe('shares that hold more than they were given', () => {
  test('are compacted one after another, the worst first, and those that may hold as much are let be', async () => {
    found = [holds('a', 0.2), holds('little', 0.05, false), holds('b', 3), holds('c', 1)]
    const all = compaction()
    for (let run = 0; run < 3; run++) expect(await all.run()).toBe(true)
    expect(await all.run()).toBe(false)
    expect(worked).toEqual(['b', 'c', 'a'])
  })

  test('are worked on again as long as only the time was over; one that is busy waits for the next run', async () => {
    found = [holds('a', 1)]
    ends = { a: 'time' }
    const all = compaction()
    expect([await all.run(), await all.run()]).toEqual([true, true])
    ends = { a: 'busy' }
    expect(await all.run()).toBe(false)
    ends = {}
    expect([await all.run(), await all.run()]).toEqual([true, false])
    expect(worked).toEqual(['a', 'a', 'a', 'a'])
  })

  test.each(['room', 'nothing', 'throws'] as const)(
    'rest a minute when it ends with %s, and others have their turn',
    async (end) => {
      found = [holds('a', 3), holds('b', 1)]
      ends = { a: end }
      const all = compaction()
      if (end === 'throws') await expect(all.run()).rejects.toThrow('does not answer')
      else expect(await all.run()).toBe(true)
      expect(await all.run()).toBe(true)
      expect(await all.run()).toBe(false)
      expect(worked).toEqual(['a', 'b'])
      nowMs = 60_000
      ends = {}
      expect(await all.run()).toBe(true)
      expect(worked).toEqual(['a', 'b', 'a'])
    },
  )

  test('are left where they are when the process stops, which is no failure', async () => {
    found = [holds('a', 1)]
    const stop = new AbortController()
    during = () => stop.abort()
    expect(await compaction().run(stop.signal)).toBe(false)
  })

  test('and can not be compacted: the backend says why, whichever process is asked', async () => {
    await reportPools(bench)
    expect(await poolNotes(bench.store.db, bench.backend.id)).toEqual([])
    extra = { exceeding_bytes: gib, exceeding_note: 'a share holds more' }
    await reportPools(bench)
    expect(await poolNotes(bench.store.db, bench.backend.id)).toEqual(['pool sim: a share holds more'])
  })
})
