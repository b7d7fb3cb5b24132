/**
 * A process killed at every step of every operation, before the effect and after it but before its record; and at every undo.
 * The steps come from the registry. After each kill the next process must finish the work; at the end the independent
 * checker must find nothing.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cannotRun, scratch } from '../../src/drivers/btrfs/test-bench.ts'
import { allSteps, operationPlans } from '../../src/model/operations.ts'
import { stepPoints, undoPoints, walk, type KillPoint } from './every-step.ts'
import { scenarios } from './scenarios.ts'
import { leftOnHost, openWorld, type StorageKind } from './world.ts'

const bench = scratch()
afterAll(() => bench.clean())

/** 100th percentiles are the slowest. */
const percentile = (values: readonly number[], per: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor((values.length * per) / 100))] ?? 0

async function survive(kind: StorageKind, name: string, points: readonly KillPoint[]): Promise<void> {
  const dir = join(bench.dir, name)
  mkdirSync(dir)
  const world = await openWorld(kind, dir)
  const began = performance.now()
  const { survived, wrong, recoveryMs } = await walk(world, points)
  const report = await world.check()
  const last = await world.start({ detach: true })
  await last.stop()
  console.log(
    `${name}: ${points.length} kills of ${new Set(points.map(({ kind }) => kind)).size} kinds of operations, ` +
      `${survived.length} survived; recovery p50 ${percentile(recoveryMs, 50).toFixed(0)} ms, ` +
      `slowest ${percentile(recoveryMs, 100).toFixed(0)} ms; ${report.shares} shares, ${report.snapshots} snapshots ` +
      `checked, ${report.wrong} wrong; ${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
  expect(wrong).toEqual([])
  expect(report.examples).toEqual({})
  expect(report.wrong).toBe(0)
  expect(survived).toHaveLength(points.length)
  expect(leftOnHost(dir)).toEqual([])
}

describe('killed at every step', () => {
  test('the registry names the steps', () => {
    const steps = allSteps().length
    const undos = undoPoints()
    console.log(
      `${steps} steps of ${Object.keys(operationPlans).length} operations: ${stepPoints().length} kill points, and ${undos.length} in undos`,
    )
    // A kind whose steps can be undone has a scenario that makes it unwind.
    expect(undos.filter(({ kind }) => scenarios[kind].fault === null)).toEqual([])
    const planned: readonly (readonly unknown[])[] = Object.values(operationPlans).map((plan) => plan.steps)
    expect(steps).toBe(planned.flat().length)
  })

  test('sim: every step and every undo', { timeout: 420_000 }, () =>
    survive('sim', 'sim', [...stepPoints(), ...undoPoints()]),
  )

  test.skipIf(cannotRun !== null)(
    `btrfs and NFS-Ganesha: every step${cannotRun === null ? '' : ` (${cannotRun})`}`,
    { timeout: 420_000 },
    () => survive('btrfs', 'btrfs', stepPoints()),
  )
})
