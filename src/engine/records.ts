/**
 * The rows behind a running operation. Every write here names the fence the worker was given; when no row matches,
 * somebody else owns the work now and {@link LostLane} ends this worker's part without a trace.
 */
import type { Store } from '../db/open.ts'
import type { OperationsTable, OperationState, Tx } from '../db/schema.ts'
import type { OperationPlan } from '../model/operations/plan.ts'
import { causeColumns } from './causes.ts'
import { releaseLeases, takeLease, type Lease } from './lanes.ts'
import type { Cause, Json, Refusal } from './operation.ts'
import { serviceOf } from './topics.ts'

export type OperationRow = OperationsTable

/** The work belongs to somebody else now. */
export class LostLane extends Error {
  constructor(id: string) {
    super(`operation ${id} is no longer this worker's`)
    this.name = 'LostLane'
  }
}

export interface Claimed {
  readonly row: OperationRow
  readonly lanes: readonly string[]
  /** By lane. */
  readonly fences: Readonly<Record<string, number>>
  /** By step name. */
  readonly outputs: Record<string, Json>
  /** Steps that started, and on which backend; null: nobody said, the row's. Only these are undone. */
  readonly begun: Map<string, string | null>
}

const open: readonly OperationState[] = ['queued', 'running', 'undoing']

export interface Wanted {
  readonly id: string
  readonly topic: string
  readonly holder: string
  /** Whose `share` steps are run here; undefined: anybody's. */
  readonly backendId?: string | null | undefined
  /** Microseconds since the epoch. */
  readonly now: number
  /** Whether this worker has the code for it: during an upgrade others have newer or older work. */
  knows(row: Pick<OperationRow, 'kind' | 'version'>): boolean
}

/**
 * Makes the operation this worker's, if it is due, on this topic, first in each of its lanes, and the lanes are free.
 * Answers null otherwise.
 */
export async function claim(tx: Tx, store: Store, wanted: Wanted): Promise<Claimed | null> {
  const places = await tx
    .selectFrom('operation_lanes as mine')
    .select(['mine.lane', 'mine.lane_seq'])
    .select((eb) =>
      eb
        .selectFrom('operation_lanes as before')
        .select((inner) => inner.fn.countAll<number>().as('count'))
        .whereRef('before.lane', '=', 'mine.lane')
        .where('before.finished', '=', 0)
        .whereRef('before.lane_seq', '<', 'mine.lane_seq')
        .as('ahead'),
    )
    .where('mine.operation_id', '=', wanted.id)
    .where('mine.finished', '=', 0)
    .orderBy('mine.lane')
    .execute()
  if (places.length === 0 || places.some(({ ahead }) => Number(ahead) > 0)) return null
  const leases = await takeAll(tx, store, places, wanted)
  if (leases === null) return null
  const taken = leases.map(({ lane }) => lane)
  // Read behind the leases: whoever held them before may have gone on, handed over or finished until then.
  const row = await tx.selectFrom('operations').selectAll().where('id', '=', wanted.id).executeTakeFirst()
  if (row === undefined || !isDue(row, wanted)) {
    await releaseLeases(tx, taken, wanted.holder)
    return null
  }
  const fence = leases.find(({ lane }) => lane === row.lane)?.fence ?? row.fence
  const state = row.state === 'queued' ? 'running' : row.state
  await tx
    .updateTable('operations')
    .set({ state, fence, updated_at: wanted.now, started_at: row.started_at ?? wanted.now })
    .where('id', '=', row.id)
    .execute()
  for (const lease of leases) {
    await tx
      .updateTable('operation_lanes')
      .set({ fence: lease.fence })
      .where('operation_id', '=', row.id)
      .where('lane', '=', lease.lane)
      .execute()
  }
  const steps = await tx
    .selectFrom('operation_steps')
    .select(['name', 'output', 'state', 'backend_id'])
    .where('operation_id', '=', row.id)
    .execute()
  return {
    row: { ...row, state, fence, started_at: row.started_at ?? wanted.now },
    lanes: taken,
    fences: Object.fromEntries(leases.map((lease) => [lease.lane, lease.fence])),
    outputs: Object.fromEntries(steps.map((step) => [step.name, JSON.parse(step.output) as Json])),
    begun: new Map(
      steps.filter((step) => step.state !== 'undone').map((step) => [step.name, step.backend_id ?? null]),
    ),
  }
}

/** All of the lanes in the order given, or none. */
async function takeAll(
  tx: Tx,
  store: Store,
  places: readonly { readonly lane: string }[],
  { holder, id }: Wanted,
): Promise<readonly Lease[] | null> {
  const leases: Lease[] = []
  for (const { lane } of places) {
    const lease = await takeLease(tx, store, lane, holder, id)
    if (lease === null) {
      await releaseLeases(
        tx,
        leases.map((taken) => taken.lane),
        holder,
      )
      return null
    }
    leases.push(lease)
  }
  return leases
}

function isDue(row: OperationRow, wanted: Wanted): boolean {
  return (
    serviceOf(row.topic) === wanted.topic &&
    (wanted.topic !== 'share' || wanted.backendId === undefined || wanted.backendId === row.backend_id) &&
    open.includes(row.state) &&
    row.not_before <= wanted.now &&
    wanted.knows(row)
  )
}

/** Updates the operation under its fence. */
export async function update(
  tx: Tx,
  row: OperationRow,
  changes: Partial<Omit<OperationRow, 'id'>> & { readonly updated_at: number },
): Promise<void> {
  const changed = await tx
    .updateTable('operations')
    .set(changes)
    .where('id', '=', row.id)
    .where('fence', '=', row.fence)
    .where('state', 'in', ['running', 'undoing'])
    .executeTakeFirst()
  if (changed.numUpdatedRows === 0n) throw new LostLane(row.id)
}

/** Asked anew before each step: the wish may have come while the step before ran. */
export async function cancelRequested(tx: Tx, id: string): Promise<boolean> {
  const row = await tx
    .selectFrom('operations')
    .select('cancel_requested')
    .where('id', '=', id)
    .executeTakeFirst()
  return row?.cancel_requested === 1
}

/** Says that a step is about to have its effect, or is tried again, and where. */
export async function stepStarted(
  tx: Tx,
  row: OperationRow,
  index: number,
  name: string,
  now: number,
): Promise<void> {
  const again = await tx
    .updateTable('operation_steps')
    .set((eb) => ({
      // Tried again it goes on; after an undo it begins anew. Before the state: MariaDB reads what was set to the left.
      started_at: eb.case().when('state', '=', 'started').then(eb.ref('started_at')).else(now).end(),
      state: 'started',
      attempts: eb('attempts', '+', 1),
      backend_id: row.backend_id,
      finished_at: null,
    }))
    .where('operation_id', '=', row.id)
    .where('step', '=', index)
    .executeTakeFirst()
  if (again.numUpdatedRows > 0n) return
  await tx
    .insertInto('operation_steps')
    .values({
      operation_id: row.id,
      step: index,
      name,
      state: 'started',
      attempts: 1,
      output: 'null',
      backend_id: row.backend_id,
      started_at: now,
      finished_at: null,
    })
    .execute()
}

const maxOutputBytes = 64 * 1024

export async function stepEnded(
  tx: Tx,
  row: OperationRow,
  index: number,
  state: 'done' | 'undone',
  output: Json,
  now: number,
): Promise<void> {
  const text = JSON.stringify(output ?? null)
  if (text.length > maxOutputBytes)
    throw new Error(`a step's output has ${text.length} bytes: at most ${maxOutputBytes}`)
  await tx
    .updateTable('operation_steps')
    .set({ state, output: text, finished_at: now })
    .where('operation_id', '=', row.id)
    .where('step', '=', index)
    .execute()
}

/** Ends the operation and lets the next in its lanes go. */
export async function finish(
  tx: Tx,
  claimed: Claimed,
  state: 'done' | 'failed' | 'cancelled',
  cause: Cause | null,
  now: number,
): Promise<void> {
  await update(tx, claimed.row, {
    state,
    ...causeColumns(cause),
    progress: state === 'done' ? 100 : claimed.row.progress,
    updated_at: now,
    finished_at: now,
  })
  await tx
    .updateTable('operation_lanes')
    .set({ finished: 1 })
    .where('operation_id', '=', claimed.row.id)
    .execute()
}

export function refusalsOf(row: OperationRow): readonly Refusal[] {
  return row.refusals === null ? [] : (JSON.parse(row.refusals) as Refusal[])
}

/** How far the whole operation is when step `index` is `percent` done. */
export function overallProgress(plan: OperationPlan, index: number, percent: number): number {
  return Math.min(99, Math.floor(((index + percent / 100) / plan.steps.length) * 100))
}
