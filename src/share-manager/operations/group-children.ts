/** The children of operations on share groups: which rows they work on, and what becomes of what they made when the group fails. */
import type { DbOrTx, Tx } from '../../db/schema.ts'
import { membersOf } from '../../db/store/share-group-snapshots.ts'
import { sharesOfGroup } from '../../db/store/share-groups.ts'
import { changeInstance } from '../../lifecycle/shares/change.ts'
import { instanceById, instancesOf, type InstanceRow } from '../../db/store/share-instances.ts'
import { changeSnapshotInstance } from '../../lifecycle/snapshots/change.ts'
import { snapshotInstancesOf } from '../../db/store/snapshots.ts'
import { StepFailure, type Child, type ChildEnd, type Job } from '../../engine/operation.ts'
import { instanceLane } from '../../model/lanes.ts'
import { by } from './calls.ts'

interface Member {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
  readonly shareId: string
  readonly instanceId: string
  readonly backendId: string | null
}

/** Those of a group snapshot, in the order in which they were written. */
async function membersIn(db: DbOrTx, groupSnapshotId: string): Promise<Member[]> {
  const found: Member[] = []
  for (const { id, share_id: shareId } of await membersOf(db, groupSnapshotId))
    for (const one of await snapshotInstancesOf(db, id)) {
      const instance = await instanceById(db, one.share_instance_id)
      found.push({
        snapshotId: id,
        snapshotInstanceId: one.id,
        shareId,
        instanceId: one.share_instance_id,
        backendId: instance?.backend_id ?? null,
      })
    }
  return found
}

const about = ({ snapshotId, instanceId, backendId }: Member) => ({
  resourceId: snapshotId,
  lanes: [instanceLane(instanceId)] as const,
  backendId,
})

export async function membersToMake(
  db: DbOrTx,
  groupSnapshotId: string,
): Promise<Child<'create-snapshot'>[]> {
  return (await membersIn(db, groupSnapshotId)).map((member) => {
    const { backendId: _, ...payload } = member
    return { kind: 'create-snapshot', payload: { ...payload, ofGroup: true }, ...about(member) }
  })
}

export async function membersToDelete(
  db: DbOrTx,
  groupSnapshotId: string,
  force: boolean,
): Promise<Child<'delete-snapshot'>[]> {
  return (await membersIn(db, groupSnapshotId)).map((member) => {
    const { backendId: _, ...payload } = member
    return { kind: 'delete-snapshot', payload: { ...payload, force, deferred: false }, ...about(member) }
  })
}

/** The shares that members of a group snapshot become in a new group. */
export async function sharesToMake(db: DbOrTx, groupId: string): Promise<Child<'create-share'>[]> {
  const children: Child<'create-share'>[] = []
  for (const share of await sharesOfGroup(db, groupId)) {
    const memberId = share.source_share_group_snapshot_member_id
    const source = memberId === null ? undefined : (await snapshotInstancesOf(db, memberId))[0]
    const from = source === undefined ? undefined : await instanceById(db, source.share_instance_id)
    if (source === undefined || from === undefined) {
      const message = `The member that share ${share.id} is made from is gone.`
      throw new StepFailure('unwind', { code: 'gone', message, retryable: false })
    }
    children.push({
      kind: 'create-share',
      payload: {
        shareId: share.id,
        instanceId: share.instance_id,
        sizeGib: share.size,
        snapshotInstanceId: source.id,
        snapshotPool: from.host,
        availabilityZoneId: null,
        onlyHost: null,
        sameHost: [],
        differentHost: [],
        query: null,
        withGroup: true,
      },
      resourceId: share.id,
      lanes: [instanceLane(share.instance_id), instanceLane(from.id)],
      backendId: null,
    })
  }
  return children
}

export async function sharesToDelete(db: DbOrTx, groupId: string): Promise<Child<'delete-share'>[]> {
  const children: Child<'delete-share'>[] = []
  for (const { id: shareId } of await sharesOfGroup(db, groupId))
    for (const instance of await instancesOf(db, shareId)) children.push(toDelete(shareId, instance))
  return children
}

const toDelete = (shareId: string, instance: InstanceRow): Child<'delete-share'> => ({
  kind: 'delete-share',
  payload: { shareId, instanceId: instance.id, force: true, deferred: false },
  resourceId: shareId,
  lanes: [instanceLane(instance.id)],
  backendId: instance.backend_id,
})

/** A finished member is taken back: it stays, in error, with nothing on its backend. */
export async function takeBackMember(tx: Tx, job: Job, { payload }: ChildEnd, now: number): Promise<void> {
  const { snapshotInstanceId } = payload as { readonly snapshotInstanceId: string }
  await changeSnapshotInstance(tx, { snapshotInstanceId, from: null, to: 'deleting', ...by(job, now) })
}

/** The same of a finished share. */
export async function takeBackShare(tx: Tx, job: Job, { payload }: ChildEnd, now: number): Promise<void> {
  const { instanceId } = payload as { readonly instanceId: string }
  await changeInstance(tx, { instanceId, from: null, to: 'deleting', ...by(job, now) })
}

/** Throws when one of them could not be deleted: the group stays for another try. */
export function refuseUnfinished({ children }: Job): void {
  const failed = children.filter(({ state }) => state !== 'done')
  const [first] = failed
  if (first === undefined) return
  const code = first.cause?.code ?? 'cancelled'
  const message = `${failed.length} of ${children.length} could not be deleted: ${first.cause?.message ?? 'it was cancelled'}`
  throw new StepFailure('unwind', { ...first.cause, code, message, retryable: true })
}
