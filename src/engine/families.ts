/**
 * Child operations: a step of a parent starts them in its own commit, the next one runs when all of them are over. While they run
 * the parent waits without lease or slot, but keeps its place in every lane of the family: whatever its children do, strangers
 * come after the whole. A child that takes lanes of its own, of what it makes, has its parent take a place in them too.
 *
 * So nothing waits in a ring: a family waits only for what came before its parent, and within it children wait for each other's
 * leases, which whoever has them gives back at his next pause.
 */
import { hash } from 'node:crypto'
import type { OperationsTable, Tx } from '../db/schema.ts'
import {
  ancestorsOf,
  askToStop,
  childrenOf,
  lockOperation,
  takesBack,
  wake,
  type ChildRow,
  type Due,
} from '../db/store/operation-families.ts'
import { insertChild } from '../db/store/operation-queue.ts'
import { planOf, type OperationKind, type Plans } from '../model/operations.ts'
import { startedBy, type OperationPlan } from '../model/operations/plan.ts'
import { ownPlans, versionToBegin, type Agreement } from './agreement.ts'
import { causeOf } from './causes.ts'
import { maxChildren, type AnyChild, type ChildEnd } from './operation.ts'
import { newRow, type NewOperation } from './queue.ts'

/** Microseconds: until somebody wakes it. */
export const whenWoken = 9_000_000_000_000_000

type Parent = OperationsTable

export interface FamilyTerms {
  readonly plans: Plans
  readonly agreement: Agreement | undefined
  /** Microseconds since the epoch. */
  readonly now: number
}

/** What the children of a step are known by: one that is run again in another place has others. */
export const stepKey = (step: string, { placements }: Pick<Parent, 'placements'>): string =>
  placements === 0 ? step : `${step}#${placements}`

/** The same for the same parent, step and number, so that a repeated step starts nothing twice. */
export function childId(parentId: string, key: string, number: number): string {
  const hex = hash('sha256', `${parentId}/${key}/${number}`, 'hex')
  // The form of a UUID of version 8: made by rules of one's own.
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

/** Writes the children that are not there yet; answers whom to wake. Throws when one wants a lane that is somebody else's. */
export async function startChildren(
  tx: Tx,
  parent: Parent,
  key: string,
  children: readonly AnyChild[],
  terms: FamilyTerms,
): Promise<Due[]> {
  if (children.length > maxChildren)
    throw new Error(`a step starts ${children.length} children: at most ${maxChildren}`)
  const there = new Set((await childrenOf(tx, parent.id, key)).map(({ id }) => id))
  const above = [parent.id, ...(await ancestorsOf(tx, parent.parent_id ?? null))]
  const due: Due[] = []
  for (const [at, child] of children.entries()) {
    const id = childId(parent.id, key, at + 1)
    if (there.has(id)) continue
    due.push(await startChild(tx, parent, { id, key, number: at + 1, child, above }, terms))
  }
  return due
}

async function startChild(
  tx: Tx,
  parent: Parent,
  {
    id,
    key,
    number,
    child,
    above,
  }: {
    readonly id: string
    readonly key: string
    readonly number: number
    readonly child: AnyChild
    readonly above: readonly string[]
  },
  { plans, agreement = ownPlans, now }: FamilyTerms,
): Promise<Due> {
  const version = versionToBegin(child.kind, agreement, plans)
  const plan = version === null ? null : planOf(child.kind, version, plans)
  if (version === null || plan === null)
    throw new Error(`${child.kind} can't be a child before all processes know it`)
  const work = {
    ...child,
    projectId: parent.project_id,
    userId: parent.user_id,
    begunAs: parent.begun_as ?? 'user',
    requestId: parent.request_id,
    now,
  } as NewOperation
  const family = {
    parent_id: parent.id,
    family_id: parent.family_id ?? parent.id,
    parent_step: key,
    child_number: number,
  }
  const row = newRow(work, { id, version, plan }, family)
  // What takes something back is not cut short: the time of its parent may be over by then.
  const endsAt = takesBack(key) ? Infinity : parent.deadline_at
  await insertChild(tx, { ...row, deadline_at: Math.min(row.deadline_at, endsAt) }, child.lanes, above)
  return { id, topic: row.topic, backend_id: row.backend_id }
}

/** Holds the parent, before the child's own row is written. */
export async function holdParent(tx: Tx, child: Parent): Promise<Parent | null> {
  if ((child.parent_id ?? null) === null) return null
  return (await lockOperation(tx, child.parent_id ?? '')) ?? null
}

/**
 * What follows from the end of a child, in its transaction: the last one wakes the parent; the first that fails asks the others to
 * stop, where they are for nothing without it.
 */
export async function childEnded(
  tx: Tx,
  child: Parent,
  parent: Parent,
  state: 'done' | 'failed' | 'cancelled',
  { plans, now }: Pick<FamilyTerms, 'plans' | 'now'>,
): Promise<Due[]> {
  const key = child.parent_step ?? ''
  const siblings = (await childrenOf(tx, parent.id, key)).filter(isOpen)
  const others = siblings.filter(({ id }) => id !== child.id)
  if (others.length === 0) return wake(tx, [parent.id], now)
  if (state === 'done' || !allOrNothing(parent, key, plans)) return []
  return askToStop(
    tx,
    others.map(({ id }) => id),
    now,
  )
}

/** Children that take something back are never stopped for one that could not. */
function allOrNothing(parent: Parent, key: string, plans: Plans): boolean {
  const plan = planOf(parent.kind, parent.version, plans)
  const step = plan?.steps.find(([name]) => stepKey(name, parent) === key)
  return step !== undefined && startedBy(step)?.eachByItself !== true
}

export const isOpen = ({ state }: Pick<Parent, 'state'>): boolean =>
  state === 'queued' || state === 'running' || state === 'undoing'

/** What the joining step is told. All of them are over. */
export const endOf = (row: ChildRow): ChildEnd => ({
  id: row.id,
  kind: row.kind,
  number: row.child_number ?? 0,
  resourceId: row.resource_id,
  payload: JSON.parse(row.payload) as unknown,
  state: row.state as ChildEnd['state'],
  cause: row.state === 'done' ? null : causeOf(row),
})

/** The child whose end began the others': why a parent unwinds. Null when all are done. */
export function firstFailure(children: readonly ChildRow[]): ChildRow | null {
  const bad = children.filter(({ state }) => state !== 'done')
  // Those that were asked to stop ended because of another one.
  const own = bad.filter(({ state }) => state === 'failed')
  const [first] = (own.length > 0 ? own : bad).toSorted(
    (a, b) => (a.finished_at ?? Infinity) - (b.finished_at ?? Infinity),
  )
  return first ?? null
}

/** What takes back the finished ones, as their plans say; those whose plan says nothing stay. */
export function compensations(
  children: readonly ChildRow[],
  lanesOf: ReadonlyMap<string, readonly string[]>,
  plans: Plans,
): { readonly child: AnyChild; readonly finished: ChildRow }[] {
  return children.flatMap((finished) => {
    const plan: OperationPlan | null = planOf(finished.kind, finished.version, plans)
    if (finished.state !== 'done' || plan?.undoneBy === undefined) return []
    const { kind, payload } = plan.undoneBy
    const others = (lanesOf.get(finished.id) ?? []).filter((lane) => lane !== finished.lane)
    const child = {
      kind: kind as OperationKind,
      payload: payload(JSON.parse(finished.payload) as never),
      resourceId: finished.resource_id,
      lanes: [finished.lane, ...others],
      backendId: finished.backend_id,
    } as unknown as AnyChild
    return [{ child, finished }]
  })
}
