/**
 * A process killed at every step of every operation, before the effect and after it but before its record; at every undo; and
 * where operations with children are in another state. The steps come from the registry. After each kill the next process must finish the work; at the end the independent
 * checker must find nothing.
 */
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { allPlans, allSteps, type OperationKind } from '../../src/model/operations.ts'
import { obstacleOf, pools } from '../system/nfs-bench.ts'
import { stepPoints, undoPoints, walk, type KillPoint } from './every-step.ts'
import { memberPoints, realMemberPoints } from './member-points.ts'
import { scenarios } from './scenarios.ts'
import { leftOnHost, openWorld, type StorageKind } from './world.ts'

const bench = scratch()
/** Steps that write rows and touch no storage: what a kill there does, sim has shown. */
const rowsOnly = new Set(['publish', 'forget', 'serve'])
/** What tenants do all day. `MANILA_FAULTS_EVERYTHING=1`: the rest of the kinds on real parts too; `0`: a few kinds, on sim. */
const mainKinds: readonly OperationKind[] = [
  'create-share',
  'delete-share',
  'extend-share',
  'shrink-share',
  'create-snapshot',
  'delete-snapshot',
  'revert-share',
]
const everything = process.env.MANILA_FAULTS_EVERYTHING === '1'
const few = process.env.MANILA_FAULTS_EVERYTHING === '0'
/** Enough to see that a database and a broker keep what the engine stands on. */
const fewKinds: readonly OperationKind[] = ['create-share']
afterAll(() => bench.clean())

/** 100th percentiles are the slowest. */
const percentile = (values: readonly number[], per: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * per) / 100))] ?? 0

/** The points shared out among worlds that are served at once: a kill is mostly waiting for the next process to start. */
async function survive(kind: StorageKind, points: readonly KillPoint[]): Promise<void> {
  const began = performance.now()
  // On a server a lease must run out before another process goes on: there is more waiting.
  const worlds = process.env.MANILA_TEST_DATABASE === undefined || few ? 2 : 4
  const slices = Array.from({ length: worlds }, (_, part) =>
    points.filter((_, index) => (index >> 1) % worlds === part),
  )
  const ends = await Promise.all(
    slices.map(async (part, number) => {
      const dir = mkdtempSync(join(bench.dir, `${kind}${number}-`))
      const world = await openWorld(kind, dir)
      const walked = await walk(world, part)
      const report = await world.check()
      // What is mounted there.
      if (kind !== 'sim') await (await world.start({ detach: true })).stop()
      return { ...walked, report, left: leftOnHost(dir) }
    }),
  )
  const recoveryMs = ends.flatMap((end) => end.recoveryMs)
  const sum = (count: (end: (typeof ends)[number]) => number) =>
    ends.reduce((all, end) => all + count(end), 0)
  console.log(
    `${kind}: ${points.length} kills of ${new Set(points.map((point) => point.kind)).size} kinds of operations, ` +
      `${sum(({ survived }) => survived.length)} survived; recovery p50 ${percentile(recoveryMs, 50).toFixed(0)} ms, ` +
      `slowest ${percentile(recoveryMs, 100).toFixed(0)} ms; ${sum(({ report }) => report.shares)} shares and ` +
      `${sum(({ report }) => report.snapshots)} snapshots checked, ${sum(({ report }) => report.wrong)} wrong; ` +
      `${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
  expect(ends.flatMap((end) => end.wrong)).toEqual([])
  expect(ends.map(({ report }) => report.examples)).toEqual(slices.map(() => ({})))
  expect(sum(({ survived }) => survived.length)).toBe(points.length)
  expect(ends.flatMap(({ left }) => left)).toEqual([])
}

describe('killed at every step', () => {
  test('the registry names the steps', () => {
    const steps = allSteps().length
    const undos = undoPoints()
    console.log(
      `${steps} steps of ${allPlans().length} plans: ${stepPoints().length} kill points, and ${undos.length} in undos`,
    )
    // A kind whose steps can be undone has a scenario that makes it unwind.
    expect(undos.filter(({ kind }) => scenarios[kind].fault === null)).toEqual([])
    const planned = allPlans().map(({ plan }) => plan.steps)
    expect(steps).toBe(planned.flat().length)
  })

  test(`sim: every step and every undo${few ? ` of ${fewKinds.join(', ')}` : ''}`, { timeout: 900_000 }, () =>
    survive(
      'sim',
      [...stepPoints(), ...undoPoints()].filter(({ kind }) => !few || fewKinds.includes(kind)),
    ),
  )

  if (!few)
    test('sim: groups with members, and the children that make and end those', { timeout: 900_000 }, () =>
      survive('sim', memberPoints()),
    )

  const which = everything ? 'of everything' : `that touches it of ${mainKinds.join(', ')}`
  for (const pool of few ? [] : pools) {
    const cannot = obstacleOf(pool)
    test.skipIf(cannot !== null)(
      `${pool} and NFS-Ganesha: every step ${which}${cannot === null ? '' : ` (${cannot})`}`,
      { timeout: 900_000 },
      () =>
        survive(
          pool,
          stepPoints().filter(
            ({ kind, step, on }) =>
              everything || (mainKinds.includes(kind) && on === 'share' && !rowsOnly.has(step)),
          ),
        ),
    )

    test.skipIf(cannot !== null)(
      `${pool} and NFS-Ganesha: making groups from snapshots and group snapshots${cannot === null ? '' : ` (${cannot})`}`,
      { timeout: 900_000 },
      () => survive(pool, realMemberPoints()),
    )
  }
})
