/**
 * The service is killed at random moments while clients keep asking. Whatever a client was told had been accepted must be
 * finished, or have failed with a cause; nothing may be stuck, lost, left over or counted wrong.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { long } from '../helpers/long.ts'
import { obstacleOf, pools } from '../system/nfs-bench.ts'
import { quiet } from './every-step.ts'
import { seeded, startLoad } from './load.ts'
import { leftOnHost, openWorld, until, type StorageKind } from './world.ts'

const bench = scratch()
afterAll(() => bench.clean())

const allKills = Number(process.env.MANILA_FAULTS_KILLS ?? 100)
const seed = Number(process.env.MANILA_FAULTS_SEED ?? Date.now() % 1_000_000)
/** Unhurried ones: a client that asks again and again for what is refused only keeps the machine busy. */
const clientCount = 4
const restMs = 200
/** Milliseconds between "it serves" and the kill, at random. */
const [soonest, latest] = [20, 900]
/** Requests that a process has to accept before it is killed, unless it takes longer than that many milliseconds. */
const [load, patience] = [2, 3000]
/** Everything must be over this long after the last start. */
const quietWithinMs = 120_000

interface Life {
  readonly startedAt: number
  readonly killedAt: number
}

/** A quarter of the kills on real parts, the rest where a process gets through more between two of them. */
const real = pools.filter((pool) => obstacleOf(pool) === null)
const onReal = Math.ceil(allKills / 4 / Math.max(1, real.length))
const runs: readonly (readonly [StorageKind, number])[] = [
  // Where tenants' file systems are made, grown and swapped there is most to interrupt.
  ...real.map((pool) => [pool, long && pool === 'image' ? allKills : onReal] as const),
  ['sim', allKills - onReal * real.length],
]
const lacking = pools.flatMap((pool) => obstacleOf(pool) ?? [])
let acceptedByAll = 0
let checkedOfAll = 0

describe(`killed at random moments${lacking.length === 0 ? '' : ` (${lacking.join('; ')})`}`, () => {
  test.each(runs)('under load on %s, %d times', { timeout: 1_200_000 }, async (kind, kills) => {
    const began = performance.now()
    const dir = join(bench.dir, kind)
    mkdirSync(dir)
    const journal = join(dir, 'journal.jsonl')
    const world = await openWorld(kind, dir)
    const random = seeded(seed)
    console.log(
      `seed ${seed} (MANILA_FAULTS_SEED repeats its choices), ${kills} kills on ${kind} (MANILA_FAULTS_KILLS: on all)`,
    )
    const lives: Life[] = []
    let running = await world.start()
    const clients = startLoad(world, journal, {
      clients: clientCount,
      seed,
      restMs,
      // It takes many requests until a group is worth a kill: more than real pools get through here.
      groups: kind === 'sim',
    })
    let startedAt = Date.now() * 1000
    // Work to interrupt first: a world where nothing is there yet has little to lose.
    await until('the first requests', 60_000, async () => {
      const { create, extend, snapshot, allow } = clients.accepted()
      return create >= 2 * clientCount && extend > 0 && snapshot > 0 && allow > clientCount
    })
    const accepted = () => Object.values(clients.accepted()).reduce((sum, count) => sum + count, 0)
    for (let kill = 0; kill < kills; kill++) {
      const served = performance.now()
      const before = accepted()
      await new Promise((resolve) => setTimeout(resolve, soonest + random() * (latest - soonest)))
      while (accepted() < before + load && performance.now() < served + patience) await pause(random() * 60)
      await running.kill()
      lives.push({ startedAt, killedAt: Date.now() * 1000 })
      startedAt = Date.now() * 1000
      running = await world.start()
    }
    acceptedByAll += accepted()
    if (kind === 'sim') {
      // A slow machine gets through fewer requests between two kills: the rest is asked for before the end.
      const missing = allKills * 5 - acceptedByAll
      const enough = accepted() + missing
      await until(`${missing} more accepted requests`, 600_000, async () => accepted() >= enough)
    }
    await clients.stop()
    const quietBegan = performance.now()
    await quiet(world, quietWithinMs)
    const quietMs = performance.now() - quietBegan
    await running.kill()
    lives.push({ startedAt, killedAt: Date.now() * 1000 })

    const report = await world.check(journal)
    const recoveries = recoverySeconds(
      await world.query('select created_at, finished_at from operations'),
      lives,
    )
    running = await world.start({ detach: true })
    await running.stop()

    const { counts } = report
    const at = (per: number) => (recoveries[Math.floor((recoveries.length * per) / 100)] ?? 0).toFixed(1)
    const orphans = Object.entries(counts).reduce(
      (sum, [name, n]) => sum + (name.startsWith('orphan') ? n : 0),
      0,
    )
    const stuck = Object.entries(counts).reduce(
      (sum, [name, n]) => sum + (name.startsWith('stuck') ? n : 0),
      0,
    )
    console.log(
      `${kind}: ${kills} kills: ${report.accepted} requests accepted (${JSON.stringify(clients.accepted())}), ` +
        `${report.finished} finished, ${report.failedWithCause} failed with a cause, ${counts.lost_requests} lost; ` +
        `${(counts.unfinished_operations ?? 0) + stuck} stuck, ` +
        `${(counts.quota_drift ?? 0) + (counts.capacity_drift ?? 0)} drifted, ${orphans} orphans; ` +
        `${recoveries.length} operations outlived a process, over p50 ${at(50)} s, p99 ${at(99)} s after the next start; ` +
        `quiet after ${(quietMs / 1000).toFixed(1)} s; ${((performance.now() - began) / 1000).toFixed(0)} s in all`,
    )
    expect(report.examples).toEqual({})
    expect(report.wrong).toBe(0)
    checkedOfAll += report.accepted
    if (kind === 'sim') expect(checkedOfAll).toBeGreaterThanOrEqual(allKills * 5)
    for (const [verb, count] of Object.entries(clients.accepted()))
      expect([verb, count > 0]).toEqual([verb, true])
    expect(leftOnHost(dir)).toEqual([])
  })
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Of every operation that outlived a process: seconds from the start of the process that finished it to its end, sorted. */
function recoverySeconds(
  operations: readonly { readonly created_at: number; readonly finished_at: number }[],
  lives: readonly Life[],
): number[] {
  return operations
    .flatMap(({ created_at, finished_at }) => {
      const last = lives.find(
        ({ startedAt, killedAt }) => startedAt <= finished_at && finished_at <= killedAt,
      )
      return last === undefined || created_at >= last.startedAt
        ? []
        : [(finished_at - last.startedAt) / 1_000_000]
    })
    .sort((a, b) => a - b)
}
