/**
 * What backends hold and no row knows (`orphan`), and what rows say is there and isn't (`missing`). It is a finding only when it was seen
 * again {@link confirmUs} later: what is made or deleted while somebody looks is neither.
 */
import { instanceLane } from '../../model/lanes.ts'
import type { Store } from '../open.ts'
import type { DbOrTx, Tx } from '../schema.ts'
import { recordOrphan } from './orphans.ts'

/** `remains`: of a share or snapshot that is not, or no longer, whole. */
export type FindingKind = 'share' | 'snapshot' | 'export' | 'remains'
export type FindingProblem = 'orphan' | 'missing'

export interface Seen {
  readonly kind: FindingKind
  readonly problem: FindingProblem
  /** Of the share instance or snapshot instance. */
  readonly resourceId: string
}

export interface Finding extends Seen {
  readonly backendId: string
  /** `host@backend` */
  readonly backend: string
  /** Microseconds since the epoch. */
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

/** Microseconds between two looks that make a finding of what both saw. */
export const confirmUs = 300_000_000
/** Kept of one backend; one with more has another trouble, which these show as well. */
export const mostFindings = 1000
/** Ids in one statement. */
const batch = 200

/** Share instances and snapshot instances of the backend that must be there: nothing is under way with them. */
export async function mustBeThere(
  db: DbOrTx,
  backendId: string,
): Promise<{ readonly shares: readonly string[]; readonly snapshots: readonly string[] }> {
  const shares = await db
    .selectFrom('share_instances')
    .select('id')
    .where('backend_id', '=', backendId)
    .where('status', '=', 'available')
    .execute()
  const snapshots = await db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .select('snapshot_instances.id')
    .where('share_instances.backend_id', '=', backendId)
    .where('snapshot_instances.status', '=', 'available')
    .execute()
  return { shares: shares.map(({ id }) => id), snapshots: snapshots.map(({ id }) => id) }
}

/**
 * Those of `ids` that no row has, whatever its status and its backend (two backends may share a pool), and that nobody has already
 * asked to be taken away.
 */
export async function unknownIds(db: DbOrTx, ids: readonly string[]): Promise<string[]> {
  const unknown: string[] = []
  for (let at = 0; at < ids.length; at += batch) {
    const some = ids.slice(at, at + batch)
    const known = await db
      .selectFrom('share_instances')
      .select('id')
      .where('id', 'in', some)
      .unionAll(db.selectFrom('snapshot_instances').select('id').where('id', 'in', some))
      .unionAll(db.selectFrom('orphans').select('resource_id as id').where('resource_id', 'in', some))
      .execute()
    const there = new Set(known.map(({ id }) => id))
    unknown.push(...some.filter((id) => !there.has(id)))
  }
  return unknown
}

/** Notes what one look saw, of each thing since when; what it did not see is forgotten. */
export async function noteSeen(
  store: Store,
  backendId: string,
  seen: readonly Seen[],
  now: number,
): Promise<void> {
  await store.transaction(async (tx) => {
    const before = await tx
      .selectFrom('storage_findings')
      .selectAll()
      .where('backend_id', '=', backendId)
      .execute()
    const since = new Map(
      before.map((row) => [keyOf(row.kind, row.problem, row.resource_id), row.first_seen_at]),
    )
    await tx.deleteFrom('storage_findings').where('backend_id', '=', backendId).execute()
    const rows = seen.slice(0, mostFindings).map(({ kind, problem, resourceId }) => ({
      backend_id: backendId,
      kind,
      problem,
      resource_id: resourceId,
      first_seen_at: since.get(keyOf(kind, problem, resourceId)) ?? now,
      last_seen_at: now,
    }))
    for (let at = 0; at < rows.length; at += batch)
      await tx
        .insertInto('storage_findings')
        .values(rows.slice(at, at + batch))
        .execute()
  })
}

const keyOf = (...words: readonly string[]): string => words.join(' ')

/** Confirmed findings, of all backends or of one, longest known first. */
export async function findings(db: DbOrTx, backendId: string | null = null): Promise<Finding[]> {
  let query = db
    .selectFrom('storage_findings as f')
    .innerJoin('backends', 'backends.id', 'f.backend_id')
    .selectAll('f')
    .select('backends.label')
    .where((eb) => eb('f.last_seen_at', '>=', eb('f.first_seen_at', '+', confirmUs)))
  if (backendId !== null) query = query.where('f.backend_id', '=', backendId)
  const rows = await query.orderBy('f.first_seen_at').orderBy('f.resource_id').execute()
  return rows.map((row) => ({
    kind: row.kind as FindingKind,
    problem: row.problem as FindingProblem,
    resourceId: row.resource_id,
    backendId: row.backend_id,
    backend: row.label,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
  }))
}

/** For metrics: how many of each backend and problem. */
export async function countFindings(
  db: DbOrTx,
): Promise<{ readonly backend: string; readonly problem: string; readonly count: number }[]> {
  const all = Map.groupBy(await findings(db), ({ backend, problem }) => keyOf(backend, problem))
  return [...all.values()].map((some) => ({
    backend: some[0]?.backend ?? '',
    problem: some[0]?.problem ?? '',
    count: some.length,
  }))
}

/**
 * Has an orphan taken away by the manila-share that serves its backend, which asks again under the id's lane whether a row has it.
 * Answers why not, in words, or null.
 */
export async function takeAway(tx: Tx, finding: Finding, now: number): Promise<string | null> {
  const { backendId, kind, resourceId } = finding
  if (finding.problem !== 'orphan') return 'it is not there: nothing can be taken away'
  if ((await unknownIds(tx, [resourceId])).length === 0) return 'a row has it by now'
  const busy = await tx
    .selectFrom('operation_lanes')
    .select('operation_id')
    .where('lane', '=', instanceLane(resourceId))
    .where('finished', '=', 0)
    .executeTakeFirst()
  if (busy !== undefined) return `operation ${busy.operation_id} is under way with it`
  await recordOrphan(tx, {
    backendId,
    kind: kind === 'export' ? 'share' : kind,
    resourceId,
    driverState: '{}',
    reason: 'found on the backend, known to no row; an operator had it taken away',
    now,
  })
  await tx
    .deleteFrom('storage_findings')
    .where('backend_id', '=', backendId)
    .where('resource_id', '=', resourceId)
    .execute()
  return null
}
