/**
 * Every operation that may be cancelled, at every step, while a slow backend is at it: it is undone or, where nothing was left to do,
 * done; and in the end the backend holds what the rows say. Prints operations, steps and outcomes.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { requestCancel } from '../../db/store/operation-cancel.ts'
import { verbs, type Faults } from '../../storage/sim/faults.ts'
import { StepFailure, type Job } from '../../engine/operation.ts'
import { allPlans, type KnownPlan } from '../../model/operations.ts'
import { openBench } from '../bench.fixture.ts'
import { ask, brokenLaws, shareSteps, wrapped } from '../laws.fixture.ts'

/** A deletion can't be cancelled: the API refuses it. */
const plans = allPlans().filter(({ kind }) => !kind.startsWith('delete-'))
/** Milliseconds that each call of the backend takes longer. */
const slowMs = 12
const slow: Faults = Object.fromEntries(verbs.map((verb) => [verb, { kind: 'slow', ms: slowMs }]))

const moments = ['queued', 'under way', 'before a repeat'] as const
type Moment = (typeof moments)[number]
type Planned = Pick<KnownPlan, 'kind' | 'version'>

const table: string[] = []
afterAll(() => {
  process.stdout.write(
    `cancelled on a slow backend: ${table.length} walks\n${table.map((line) => `  ${line}\n`).join('')}`,
  )
})

async function cancelled({ kind, version }: Planned, step: string, moment: Moment) {
  const bench = await openBench()
  try {
    const id = await ask(bench, kind, version)
    await bench.setFaults(slow)
    const { store, clock } = bench
    const cancel = async () =>
      (await store.transaction((tx) => requestCancel(tx, id, clock.now()))).length > 0
    let asked: boolean | null = moment === 'queued' ? await cancel() : null
    let endedFirst = false
    const code = wrapped(bench.operations, kind, version, (real, name) =>
      name !== step || moment === 'queued'
        ? {}
        : {
            run: async (job: Job) => {
              if (asked !== null) return real.run(job)
              const running = real.run(job).then((done) => {
                endedFirst = asked === null
                return done
              })
              if (moment === 'under way') {
                asked = await cancel()
                return running
              }
              await running
              asked = await cancel()
              // As a backend that did it and lost its answer.
              throw new StepFailure('retry', { code: 'test', message: 'no answer', retryable: true })
            },
          },
    )
    await bench.drain({ code })
    const row = await store.db
      .selectFrom('operations')
      .select(['state', 'cause_code'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await bench.setFaults({})
    return { ...row, asked, endedFirst, laws: await brokenLaws(bench) }
  } finally {
    await bench.close()
  }
}

describe.each(plans)('$kind $version, cancelled', ({ kind, version }) => {
  const steps = shareSteps(kind, version)
  const walks = [
    [steps[0] ?? '', 'queued'] as const,
    ...steps.flatMap((step) => [[step, 'under way'] as const, [step, 'before a repeat'] as const]),
  ]
  it.each(walks)('at "%s", %s', async (step, moment) => {
    const { state, cause_code, asked, laws } = await cancelled({ kind, version }, step, moment)
    table.push(`${`${kind} ${version}`.padEnd(20)} ${step.padEnd(14)} ${moment.padEnd(16)} ${state}`)
    expect(asked).toBe(true)
    expect(laws).toEqual([])
    // The step under way ends first: behind the last one there is nothing left to be cancelled.
    const last = step === steps.at(-1) && moment === 'under way'
    expect([state, cause_code]).toEqual(last ? ['done', null] : ['cancelled', 'cancelled'])
  })
})

it('the backend was still at it when the wish came', async () => {
  expect(await cancelled({ kind: 'create-share', version: 1 }, 'backend', 'under way')).toMatchObject({
    endedFirst: false,
    state: 'cancelled',
  })
})
