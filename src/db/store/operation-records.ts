/**
 * The rows behind a running operation. Every write here names the fence the worker was given; when no row matches,
 * somebody else owns the work now and {@link LostLane} ends this worker's part without a trace.
 */
import type { Store } from '../open.ts'
import { insertRow, ofShape, said, under, updateRows } from '../shapes.ts'
import type { OperationsTable, OperationState, Tx } from '../schema.ts'
import { isFree, type SeenLane } from './leases.ts'
import { lockOperation } from './operation-families.ts'

export type OperationRow = OperationsTable

export type CauseColumns = Pick<
  OperationRow,
  'cause_code' | 'cause_message' | 'cause_retryable' | 'cause_detail_id' | 'cause_unmet'
>

/** The work belongs to somebody else now. */
export class LostLane extends Error {
  constructor(id: string) {
    super(`operation ${id} is no longer this worker's`)
    this.name = 'LostLane'
  }
}

/** An operation that this worker has, and how far it is. */
export interface Claimed {
  readonly row: OperationRow
  readonly lanes: readonly string[]
  /** By lane. */
  readonly fences: Readonly<Record<string, number>>
  /** What the steps that are done answered, by name. */
  readonly outputs: Record<string, unknown>
  /** Steps that started, and on which backend; null: nobody said, the row's. Only these are undone. */
  readonly begun: Map<string, string | null>
  /** Numbers of the steps that have a row. */
  readonly recorded: Set<number>
}

const open: readonly OperationState[] = ['queued', 'running', 'undoing']

export interface Wanted {
  readonly id: string
  /** What the row's topic may be. */
  readonly topics: readonly string[]
  readonly holder: string
  /** Whose steps are run here; undefined: anybody's. */
  readonly backendId: string | null | undefined
  /** Microseconds since the epoch. */
  readonly now: number
  /** Whether this worker has the code for it: during an upgrade others have newer or older work. */
  knows(row: Pick<OperationRow, 'kind' | 'version'>): boolean
}

/** Some of the lanes are not free any more: the transaction must not last. */
export class NotAllFree extends Error {}

/** What the operation's row gets with its claim. */
export type ClaimChanges = Pick<OperationRow, 'state' | 'fence' | 'started_at'>

/** An operation that nobody else has, held until the transaction ends: the claim is yet to be written, with `changes`. */
export interface Claimable {
  readonly claimed: Claimed
  readonly changes: ClaimChanges
  /** Its lanes, as {@link takeLeases} and {@link passLeases} want them. */
  readonly seen: readonly SeenLane[]
}

/** The operation, if it is due, on this topic, first in each of its lanes, and the lanes are free; else null. */
export async function claimable(tx: Tx, store: Store, wanted: Wanted): Promise<Claimable | null> {
  // Held from here on: whoever had it before may have gone on, handed over or finished until now, and does not any more.
  const row = await lockOperation(tx, wanted.id)
  if (row === undefined || !isDue(row, wanted)) return null
  const { places, steps } = await placesOf(tx, store, row, wanted.holder)
  if (places.length === 0 || places.some(({ ahead, free }) => ahead !== null || free === 0)) return null
  const fences = Object.fromEntries(places.map(({ lane, fence }) => [lane, fence + 1]))
  const changes: ClaimChanges = {
    state: row.state === 'queued' ? 'running' : row.state,
    fence: fences[row.lane] ?? row.fence,
    started_at: row.started_at ?? wanted.now,
  }
  const claimed = {
    row: { ...row, ...changes },
    lanes: places.map(({ lane }) => lane),
    fences,
    outputs: Object.fromEntries(steps.map((step) => [step.name, JSON.parse(step.output) as unknown])),
    begun: new Map(
      steps.filter((step) => step.state !== 'undone').map((step) => [step.name, step.backend_id ?? null]),
    ),
    recorded: new Set(steps.map(({ step }) => step)),
  }
  return { claimed, changes, seen: places.map(({ lane, fence }) => ({ lane, fence })) }
}

/**
 * Its unfinished places, in the order in which lanes are taken; `ahead`: who comes before it there. The records of its steps, which
 * are few, come along with the place in its first lane.
 */
async function placesOf(tx: Tx, store: Store, row: OperationRow, holder: string) {
  const { rows } = await ofShape(tx, 'places', [row.id, row.lane, holder], (id, lane, taker) =>
    placesQuery(tx, store, { id: id as string, lane: lane as string, holder: taker as string }),
  )
  const places = [...Map.groupBy(rows, ({ lane }) => lane).values()].flatMap(([place]) => place ?? [])
  const steps = rows.flatMap(({ step, name, output, state, backend_id }) =>
    step === null || name === null || output === null ? [] : [{ step, name, output, state, backend_id }],
  )
  const isComplete = row.started_at === null || places.some(({ lane }) => lane === row.lane)
  return { places, steps: isComplete ? steps : await stepsOf(tx, row.id) }
}

const stepColumns = ['s.step', 's.name', 's.output', 's.state', 's.backend_id'] as const

const placesQuery = (
  tx: Tx,
  store: Store,
  { id, lane, holder }: { readonly id: string; readonly lane: string; readonly holder: string },
) =>
  tx
    .selectFrom('operation_lanes as mine')
    .innerJoin('lanes', 'lanes.lane', 'mine.lane')
    .leftJoin('operation_steps as s', (join) =>
      join.onRef('s.operation_id', '=', 'mine.operation_id').on('mine.lane', '=', lane),
    )
    .select(['mine.lane', 'lanes.fence', ...stepColumns])
    .select((eb) =>
      eb
        .case()
        .when(isFree(store, holder, id)(eb))
        .then(1)
        .else(0)
        .end()
        .as('free'),
    )
    .select((eb) =>
      eb
        .selectFrom('operation_lanes as before')
        .select('before.operation_id')
        .whereRef('before.lane', '=', 'mine.lane')
        .where('before.finished', '=', 0)
        .whereRef('before.lane_seq', '<', 'mine.lane_seq')
        .limit(1)
        .as('ahead'),
    )
    .where('mine.operation_id', '=', id)
    .where('mine.finished', '=', 0)
    .orderBy('mine.lane')

const stepsOf = (tx: Tx, id: string) =>
  tx.selectFrom('operation_steps as s').select(stepColumns).where('operation_id', '=', id).execute()

function isDue(row: OperationRow, { topics, backendId, now, knows }: Wanted): boolean {
  return (
    topics.includes(row.topic) &&
    (backendId === undefined || backendId === row.backend_id) &&
    open.includes(row.state) &&
    row.not_before <= now &&
    knows(row)
  )
}

type Changes = Partial<Omit<OperationRow, 'id'>> & { readonly updated_at: number }

/** Updates an operation whose row this transaction holds since it was found to be nobody else's. */
export async function updateHeld(tx: Tx, row: OperationRow, changes: Changes): Promise<void> {
  await updateRows(tx, 'operations', changes, { id: row.id })
}

/** Updates the operation under its fence. */
export async function update(tx: Tx, row: OperationRow, changes: Changes): Promise<void> {
  if (!(await changed(tx, row, changes))) throw new LostLane(row.id)
}

/** The same, unless somebody wants it ended: false then, and nothing is written. Also false where {@link update} throws. */
export const updateUnlessCancelled = (tx: Tx, row: OperationRow, changes: Changes): Promise<boolean> =>
  changed(tx, row, changes, { unlessCancelled: true })

async function changed(
  tx: Tx,
  row: OperationRow,
  changes: Changes,
  { unlessCancelled = false } = {},
): Promise<boolean> {
  const { names, values } = said(changes)
  const shape = `change operation ${names.join()}${unlessCancelled ? ' unless cancelled' : ''}`
  const { numAffectedRows = 0n } = await ofShape(
    tx,
    shape,
    [row.id, row.fence, ...values],
    (id, fence, ...all) => {
      const query = tx
        .updateTable('operations')
        .set(under(names, all))
        .where('id', '=', id as string)
        .where('fence', '=', fence as number)
        .where('state', 'in', ['running', 'undoing'])
      return unlessCancelled ? query.where('cancel_requested', '=', 0) : query
    },
  )
  return numAffectedRows > 0n
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

/** A step of the operation as its record names it. */
export interface StepPlace {
  readonly index: number
  readonly name: string
  /** Whether it has a row: it began before, here or elsewhere. */
  readonly isRecorded: boolean
}

/** Says that a step is about to have its effect, or is tried again, and where. */
export async function stepStarted(
  tx: Tx,
  row: OperationRow,
  { index, name, isRecorded }: StepPlace,
  now: number,
): Promise<void> {
  if (!isRecorded) {
    const fresh = { state: 'started', output: 'null', started_at: now, finished_at: null } as const
    return insertStep(tx, row, { step: index, name, ...fresh })
  }
  await tx
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
    .execute()
}

/** A step that is begun and over in one transaction. */
export async function stepWritten(tx: Tx, row: OperationRow, place: StepPlace, now: number): Promise<void> {
  if (!place.isRecorded) {
    const done = { state: 'done', output: 'null', started_at: now, finished_at: now } as const
    return insertStep(tx, row, { step: place.index, name: place.name, ...done })
  }
  await stepStarted(tx, row, place, now)
  await stepEnded(tx, row, place.index, 'done', 'null', now)
}

async function insertStep(
  tx: Tx,
  row: OperationRow,
  step: {
    readonly step: number
    readonly name: string
    readonly state: 'started' | 'done'
    readonly output: string
    readonly started_at: number
    readonly finished_at: number | null
  },
): Promise<void> {
  const where = { operation_id: row.id, backend_id: row.backend_id }
  await insertRow(tx, 'operation_steps', { ...where, attempts: 1, ...step })
}

const maxOutputBytes = 64 * 1024

/** `output` is JSON. Throws when it has more than 64 KiB. */
export async function stepEnded(
  tx: Tx,
  row: OperationRow,
  index: number,
  state: 'done' | 'undone',
  output: string,
  now: number,
): Promise<void> {
  const ended = { state, output: bounded(output), finished_at: now }
  await updateRows(tx, 'operation_steps', ended, { operation_id: row.id, step: index })
}

/** The step that is due is on record as never begun, as it was before a try that had no effect. */
export async function stepForgotten(tx: Tx, row: OperationRow): Promise<void> {
  await tx
    .deleteFrom('operation_steps')
    .where('operation_id', '=', row.id)
    .where('step', '=', row.step)
    .execute()
}

function bounded(output: string): string {
  if (output.length > maxOutputBytes)
    throw new Error(`a step's output has ${output.length} bytes: at most ${maxOutputBytes}`)
  return output
}

/** Lets the next in its lanes go. Its own row says how it ended. */
export async function leaveLanes(tx: Tx, id: string): Promise<void> {
  await updateRows(tx, 'operation_lanes', { finished: 1 }, { operation_id: id })
}
