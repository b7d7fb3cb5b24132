/**
 * Puts work where the workers find it. `enqueue` is called in the transaction that changes the resource: either both are
 * there or neither. Afterwards the caller nudges with {@link nudge}; nothing depends on the nudge arriving.
 */
import { randomUUID } from 'node:crypto'
import type { Bus } from '../bus/bus.ts'
import type { OperationsTable, Tx } from '../db/schema.ts'
import { insertOperation } from '../db/store/operation-queue.ts'
import type { Standing } from '../model/identity.ts'
import { traceparent } from '../tracing/spans.ts'
import { fault } from '../model/errors.ts'
import { planOf, type OperationKind, type OperationPayloads, type Plans } from '../model/operations.ts'
import type { OperationPlan } from '../model/operations/plan.ts'
import { ownPlans, versionToBegin, type Agreement } from './agreement.ts'
import { busTopic, rowTopic } from './topics.ts'

export interface NewOperation<Kind extends OperationKind = OperationKind> {
  readonly kind: Kind
  readonly payload: OperationPayloads[Kind]
  readonly resourceId: string
  /** The first is the one whose fence guards the effects: see {@link instanceLane}. */
  readonly lanes: readonly [string, ...string[]]
  /** Whose manila-share runs the `share` steps, when known already. */
  readonly backendId: string | null
  readonly projectId: string
  readonly userId: string
  /** What the user was to the service when he asked, or `service` for work that nobody asked for. */
  readonly begunAs: Standing
  readonly requestId: string
  /** Microseconds since the epoch. */
  readonly now: number
}

export interface Enqueued {
  readonly id: string
  readonly topic: string
  /** Of the request that asked for it. */
  readonly requestId: string
}

export interface EnqueueHow {
  /** What all live processes know; this one's plans without it. */
  readonly agreement?: Agreement | undefined
  /** Tests bring their own. */
  readonly plans?: Plans
}

/**
 * Writes the operation, as the newest version that all live processes know, and its place in each lane. Throws 503 for a kind
 * that has to wait until every process knows it.
 */
export async function enqueue<Kind extends OperationKind>(
  tx: Tx,
  work: NewOperation<Kind>,
  { agreement = ownPlans, plans }: EnqueueHow = {},
): Promise<Enqueued> {
  const version = versionToBegin(work.kind, agreement, plans)
  if (version === null) {
    const message = `Not every process of the service can do this yet (${work.kind}): ask again when its upgrade is over.`
    throw fault('Unavailable', { message })
  }
  const plan = planOf(work.kind, version, plans) as OperationPlan
  const id = randomUUID()
  const row = newRow(work, { id, version, plan })
  await insertOperation(tx, row, work.lanes)
  return { id, topic: busTopic(row.topic, work.backendId), requestId: work.requestId }
}

/** The row of work that nobody has begun. */
export function newRow(
  work: NewOperation,
  { id, version, plan }: { readonly id: string; readonly version: number; readonly plan: OperationPlan },
  child: Pick<OperationsTable, 'parent_id' | 'family_id' | 'parent_step' | 'child_number'> = {},
): OperationsTable {
  const topic = plan.steps[0]?.[1] ?? 'share'
  return {
    id,
    kind: work.kind,
    version,
    state: 'queued',
    topic: rowTopic(topic, { version, ...child }),
    backend_id: work.backendId,
    ...child,
    resource_type: plan.resource,
    resource_id: work.resourceId,
    project_id: work.projectId,
    user_id: work.userId,
    begun_as: work.begunAs,
    request_id: work.requestId,
    traceparent: traceparent(),
    payload: JSON.stringify(work.payload),
    lane: work.lanes[0],
    step: 0,
    progress: 0,
    attempts: 0,
    placements: 0,
    not_before: 0,
    deadline_at: work.now + plan.deadlineS * 1_000_000,
    cancel_requested: 0,
    undo_then: null,
    cause_code: null,
    cause_message: null,
    cause_retryable: null,
    cause_detail_id: null,
    cause_unmet: null,
    refusals: null,
    fence: 0,
    created_at: work.now,
    updated_at: work.now,
    started_at: null,
    finished_at: null,
  }
}

/** Wakes whoever runs the operation. Call it after the commit. */
export function nudge(bus: Bus, { id, topic, requestId }: Enqueued): void {
  bus.cast(topic, 'operation.due', { operationId: id }, { requestId })
}
