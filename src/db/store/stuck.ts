/** What looks as if work were under way although nobody is at it: nobody will ever end it. There should be none. */
import { groupLane, instanceLane } from '../../model/lanes.ts'
import {
  operatedShareGroupStatuses,
  operatedShareStatuses,
  operatedSnapshotStatuses,
} from '../../model/states.ts'
import type { DbOrTx } from '../schema.ts'

export interface Stuck {
  readonly kind: 'share-instance' | 'snapshot-instance' | 'share-group' | 'share-group-snapshot' | 'operation'
  readonly id: string
  /** The share, the snapshot, the group, or what the operation is about. */
  readonly of: string
  readonly projectId: string
  readonly status: string
  /** Why it counts as stuck. */
  readonly why: string
}

/** `now` in microseconds. Reads only; seven statements, whatever the size of the deployment. */
export async function stuckThings(db: DbOrTx, now: number): Promise<Stuck[]> {
  const shares = await db
    .selectFrom('share_instances as one')
    .innerJoin('shares', 'shares.id', 'one.share_id')
    .select(['one.id', 'one.id as lane_of', 'one.share_id as of', 'one.status', 'shares.project_id'])
    .where('one.status', 'in', operatedShareStatuses)
    .execute()
  const snapshots = await db
    .selectFrom('snapshot_instances as one')
    .innerJoin('snapshots', 'snapshots.id', 'one.snapshot_id')
    .select(['one.id', 'one.share_instance_id as lane_of', 'one.snapshot_id as of', 'one.status'])
    .select('snapshots.project_id')
    .where('one.status', 'in', operatedSnapshotStatuses)
    .execute()
  const groups = await db
    .selectFrom('share_groups')
    .select(['id', 'id as lane_of', 'id as of', 'status', 'project_id'])
    .where('status', 'in', operatedShareGroupStatuses)
    .execute()
  const groupSnapshots = await db
    .selectFrom('share_group_snapshots')
    .select(['id', 'share_group_id as lane_of', 'share_group_id as of', 'status', 'project_id'])
    .where('status', 'in', operatedShareGroupStatuses)
    .execute()
  const attended = await attendedLanes(db, now)
  const unattended = (kind: Stuck['kind'], rows: typeof shares, laneOf = instanceLane): Stuck[] =>
    rows
      .filter(({ lane_of }) => !attended.has(laneOf(lane_of)))
      .map(({ id, of, status, project_id }) => ({
        kind,
        id,
        of,
        projectId: project_id,
        status,
        why: 'no operation is under way for it',
      }))
  return [
    ...unattended('share-instance', shares),
    ...unattended('snapshot-instance', snapshots),
    ...unattended('share-group', groups, groupLane),
    ...unattended('share-group-snapshot', groupSnapshots, groupLane),
    ...(await forgotten(db, now)),
  ]
}

/** Lanes with work that is not over, and those that somebody holds without an operation, as ensuring does. */
async function attendedLanes(db: DbOrTx, now: number): Promise<Set<string>> {
  const waiting = await db.selectFrom('operation_lanes').select('lane').where('finished', '=', 0).execute()
  const held = await db
    .selectFrom('lanes')
    .select('lane')
    .where('holder', 'is not', null)
    .where('expires_at', '>', now)
    .execute()
  return new Set([...waiting, ...held].map(({ lane }) => lane))
}

/** An operation ends itself once its deadline has passed; one that has not for an hour is in nobody's hands. */
async function forgotten(db: DbOrTx, now: number): Promise<Stuck[]> {
  const late = await db
    .selectFrom('operations')
    .select(['id', 'resource_id', 'project_id', 'kind', 'state'])
    .where('state', 'in', ['queued', 'running', 'undoing'])
    .where('deadline_at', '<', now - 3_600_000_000)
    .execute()
  return late.map((row) => ({
    kind: 'operation',
    id: row.id,
    of: row.resource_id,
    projectId: row.project_id,
    status: `${row.kind} ${row.state}`,
    why: 'its deadline passed more than an hour ago',
  }))
}
