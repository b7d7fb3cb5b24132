/** Operations as their owners see them. The engine writes them (`operation-records.ts`). */
import type { DbOrTx, OperationStepsTable, OperationsTable } from '../schema.ts'
import { paged, type Page } from './keyset.ts'
import type { Scope } from './scope.ts'

export type OperationRow = OperationsTable

export interface OperationFilters {
  readonly resource_id?: string | undefined
  readonly resource_type?: string | undefined
  readonly kind?: string | undefined
  /** One of these. */
  readonly state?: readonly OperationsTable['state'][] | undefined
  readonly request_id?: string | undefined
}

export async function listOperations(
  db: DbOrTx,
  scope: Scope,
  filters: OperationFilters,
  page: Page,
): Promise<OperationRow[]> {
  const from = {
    table: 'operations',
    resourceType: 'operation',
    projectId: scope.projectId,
    whateverState: () => filtered(db, scope, { ...filters, state: undefined }),
  } as const
  return (await paged(db, filtered(db, scope, filters), from, page)).execute()
}

function filtered(db: DbOrTx, scope: Scope, filters: OperationFilters) {
  let query = db.selectFrom('operations').selectAll('operations')
  if (scope.projectId !== null) query = query.where('operations.project_id', '=', scope.projectId)
  const { state, ...equal } = filters
  if (state !== undefined) query = query.where('operations.state', 'in', state)
  for (const [column, value] of Object.entries(equal) as [keyof typeof equal, string | undefined][]) {
    if (value !== undefined) query = query.where(`operations.${column}`, '=', value as never)
  }
  return query
}

export async function operationById(db: DbOrTx, scope: Scope, id: string): Promise<OperationRow | undefined> {
  let query = db.selectFrom('operations').selectAll().where('id', '=', id)
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  return query.executeTakeFirst()
}

/** What a request began on a resource, the last of it. */
export function lastOperationOf(
  db: DbOrTx,
  resourceId: string,
  requestId: string,
): Promise<OperationRow | undefined> {
  return db
    .selectFrom('operations')
    .selectAll()
    .where('resource_id', '=', resourceId)
    .where('request_id', '=', requestId)
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** How many operations are not over, by the plan that they follow. */
export async function openByPlan(
  db: DbOrTx,
): Promise<{ readonly kind: string; readonly version: number; readonly open: number }[]> {
  const rows = await db
    .selectFrom('operations')
    .select((eb) => ['kind', 'version', eb.fn.countAll<number>().as('open')])
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .groupBy(['kind', 'version'])
    .orderBy('kind')
    .orderBy('version')
    .execute()
  return rows.map((row) => ({ ...row, open: Number(row.open) }))
}

/** By id, the lanes that each of them had, in the order of their names. */
export async function lanesOf(
  db: DbOrTx,
  operations: readonly Pick<OperationRow, 'id'>[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (operations.length === 0) return new Map()
  const ids = operations.map(({ id }) => id)
  const rows = await db
    .selectFrom('operation_lanes')
    .select(['operation_id', 'lane'])
    .where('operation_id', 'in', ids)
    .orderBy('lane')
    .execute()
  const byId = Map.groupBy(rows, (row) => row.operation_id)
  return new Map([...byId].map(([id, places]) => [id, places.map(({ lane }) => lane)]))
}

/** In order; their output stays where it is. */
export async function stepsOf(
  db: DbOrTx,
  operationId: string,
): Promise<Omit<OperationStepsTable, 'output'>[]> {
  return db
    .selectFrom('operation_steps')
    .select(['operation_id', 'step', 'name', 'state', 'attempts', 'started_at', 'finished_at'])
    .where('operation_id', '=', operationId)
    .orderBy('step')
    .execute()
}

/** Deletions on a backend that may run now, oldest first. `now` in microseconds. */
export function dueDeletions(
  db: DbOrTx,
  backendId: string,
  topics: readonly string[],
  now: number,
): Promise<Pick<OperationRow, 'id' | 'payload'>[]> {
  return db
    .selectFrom('operations')
    .select(['id', 'payload'])
    .where('backend_id', '=', backendId)
    .where('topic', 'in', topics)
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .where('kind', 'in', ['delete-share', 'delete-snapshot'])
    .where('not_before', '<=', now)
    .orderBy('created_at')
    .execute()
}
