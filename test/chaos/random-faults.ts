/** Clients that never stop asking while something is killed or paused every few seconds; then the books are read. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { takesBack } from '../../src/db/store/operation-families.ts'
import { seeded, startLoad } from '../faults/load.ts'
import { until, type CheckReport } from '../faults/world.ts'
import { chaos, type Chaos, type Fault } from './faults.ts'
import type { Field } from './field.ts'

export interface Outcome {
  readonly faults: readonly Fault[]
  readonly report: CheckReport
  readonly refusedFor503: number
  readonly unanswered: number
  /** Seconds, sorted: from a fault to the end of the first operation asked for after it. */
  readonly firstAfterS: readonly number[]
  /** Seconds, sorted: from a fault to the end of each operation that was under way. */
  readonly underWayS: readonly number[]
  /** Seconds, sorted: of every operation, from request to end. */
  readonly allS: readonly number[]
  readonly quietS: number
  readonly children: Children
  readonly journal: string
}

/** Operations that were started by others: how many, and how many of them took something back. */
export interface Children {
  readonly all: number
  readonly takingBack: number
}

export interface FaultsPlan {
  readonly faults: number
  readonly clients: number
  readonly seed: number
  /** As of the load. */
  readonly restMs?: number
  /** Accepted requests before the load ends; waited for when the faults are over. */
  readonly atLeast: number
  readonly say: (line: string) => void
}

/** Seconds between two faults. */
const [soonestS, latestS] = [2, 5]
/** Milliseconds after the last fault within which everything must be over. */
const quietWithinMs = 180_000
const catchUpMs = 300_000

/**
 * Members are stopped afterwards; Ganesha, mounts, database and broker still run. What it throws says what had been done: a seed
 * alone does not repeat the moments.
 */
export async function randomFaults(field: Field, plan: FaultsPlan): Promise<Outcome> {
  const random = seeded(plan.seed)
  const trouble = chaos(field, random)
  try {
    return await strikeAndJudge(field, plan, trouble, random)
  } catch (error) {
    throw new Error(`${String(error)}\n${history(plan.seed, trouble.faults)}`, { cause: error })
  }
}

/** What was done until now, and when, for whoever reads of a failure. */
export const history = (seed: number, faults: readonly Fault[]): string =>
  [`seed ${seed}, struck until ${time(Date.now())}:`, ...faults.map(said)].join('\n')

const time = (ms: number): string => new Date(ms).toISOString().slice(11, 23)

const said = ({ on, kind, at, forMs }: Fault): string =>
  `${time(at)} ${on} ${kind}${forMs > 0 ? ` for ${(forMs / 1000).toFixed(1)} s` : ''}`

async function strikeAndJudge(
  field: Field,
  plan: FaultsPlan,
  trouble: Chaos,
  random: () => number,
): Promise<Outcome> {
  const journal = join(field.dir, 'journal.jsonl')
  let refusedFor503 = 0
  let unanswered = 0
  const load = startLoad(field, journal, {
    clients: plan.clients,
    seed: plan.seed,
    restMs: plan.restMs,
    groups: true,
    shareTypes: ['a', 'b'],
    answered(status) {
      if (status === 503) refusedFor503 += 1
      if (status === 0) unanswered += 1
    },
  })
  const accepted = (): number => Object.values(load.accepted()).reduce((sum, count) => sum + count, 0)
  try {
    for (let count = 0; count < plan.faults; count++) {
      await sleep(1000 * (soonestS + random() * (latestS - soonestS)))
      await trouble.strike()
      if ((count + 1) % 20 === 0) plan.say(`  ${count + 1} faults, ${accepted()} requests accepted`)
    }
    await trouble.heal()
    await until(`${plan.atLeast} accepted requests`, catchUpMs, async () => accepted() >= plan.atLeast)
  } catch (error) {
    // Clients that nobody stops would go on asking whoever is there.
    void load.stop().catch(() => {})
    throw error
  }
  await load.stop()
  const began = performance.now()
  await field.quiet(quietWithinMs)
  await until(
    'NFS-Ganesha to run',
    60_000,
    async () => field.cluster.nfsPort === null || field.ganesha() !== null,
  )
  const quietS = (performance.now() - began) / 1000
  const ends = await operationEnds(field)
  const children = await childrenIn(field)
  await field.cluster.stopMembers()
  return {
    faults: trouble.faults,
    report: await field.check(journal),
    refusedFor503,
    unanswered,
    ...recoveries(trouble.faults, ends),
    quietS,
    children,
    journal,
  }
}

interface End {
  /** Milliseconds since the epoch. */
  readonly created: number
  readonly finished: number
}

async function operationEnds({ cluster }: Field): Promise<End[]> {
  const rows = await cluster.store.db
    .selectFrom('operations')
    .select(['created_at', 'finished_at'])
    .where('finished_at', 'is not', null)
    .execute()
  return rows.map((row) => ({ created: row.created_at / 1000, finished: (row.finished_at ?? 0) / 1000 }))
}

async function childrenIn({ cluster }: Field): Promise<Children> {
  const rows = await cluster.store.db
    .selectFrom('operations')
    .select('parent_step')
    .where('parent_id', 'is not', null)
    .execute()
  return { all: rows.length, takingBack: rows.filter((row) => takesBack(row.parent_step ?? null)).length }
}

function recoveries(faults: readonly Fault[], ends: readonly End[]) {
  const inOrder = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
  const firstAfter = faults.map(({ at }) =>
    Math.min(...ends.filter(({ created }) => created >= at).map(({ finished }) => (finished - at) / 1000)),
  )
  const underWay = faults.flatMap(({ at }) =>
    ends
      .filter(({ created, finished }) => created < at && finished > at)
      .map(({ finished }) => (finished - at) / 1000),
  )
  const all = ends.map(({ created, finished }) => (finished - created) / 1000)
  return {
    allS: inOrder(all),
    firstAfterS: inOrder(firstAfter.filter(Number.isFinite)),
    underWayS: inOrder(underWay),
  }
}
