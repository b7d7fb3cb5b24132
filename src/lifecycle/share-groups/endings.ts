/** How work on share groups ends when it fails: the state and the owner's message. Their members' ends are their own operations'. */
import { knownDetail, type MessageAction } from '../../model/messages.ts'
import type { Unmet } from '../../model/unmet.ts'
import type { Tx } from '../../db/schema.ts'
import { changeGroup } from './change.ts'
import { recordMessage } from '../../db/store/records.ts'
import { groupSnapshotsOf, membersOf } from '../../db/store/share-group-snapshots.ts'
import { sharesOfGroup } from '../../db/store/share-groups.ts'
import { changeInstance } from '../shares/change.ts'
import { instancesOf } from '../../db/store/share-instances.ts'
import { changeSnapshotInstance } from '../snapshots/change.ts'
import { snapshotInstancesOf } from '../../db/store/snapshots.ts'

export interface GroupEnding {
  readonly groupId: string
  readonly projectId: string
  readonly requestId: string
  readonly operationId: string
  readonly cause: {
    readonly code: string
    readonly detailId?: string | null
    readonly unmet?: Unmet | null
  }
  readonly now: number
  readonly messageTtlS: number
}

/** Manila's action ids. */
const allocateHost = '001'
const createAction = '002'
const deleteAction = '007'

/** The group stays, in `error`, and with it what was to become of its shares: its owner deletes them. */
export async function groupCreateEndedBadly(tx: Tx, ending: GroupEnding): Promise<void> {
  const change = { ...by(ending), from: ['creating'], to: 'error' }
  await settleShares(tx, ending.groupId, change)
  if (!(await changeGroup(tx, 'share_group', ending.groupId, change))) return
  await tell(tx, ending, ending.cause.code === 'no-valid-host' ? allocateHost : createAction)
}

/** Only a forced deletion has anything in it; what is left of that can be deleted by force again. */
export async function groupDeleteEndedBadly(tx: Tx, ending: GroupEnding): Promise<void> {
  const change = { ...by(ending), from: ['deleting'] }
  for (const { id } of await groupSnapshotsOf(tx, ending.groupId)) {
    await settleMembers(tx, id, { ...change, to: 'error_deleting' })
    await changeGroup(tx, 'share_group_snapshot', id, { ...change, to: 'error' })
  }
  await settleShares(tx, ending.groupId, { ...change, to: 'error_deleting' })
  if (await changeGroup(tx, 'share_group', ending.groupId, { ...change, to: 'error' }))
    await tell(tx, ending, deleteAction)
}

/** The message is about the group: Manila's clients know no other noun for it. */
export async function groupSnapshotEndedBadly(
  tx: Tx,
  ending: GroupEnding & { readonly groupSnapshotId: string; readonly from: 'creating' | 'deleting' },
): Promise<void> {
  const isNew = ending.from === 'creating'
  const change = { ...by(ending), from: [ending.from] }
  await settleMembers(tx, ending.groupSnapshotId, { ...change, to: isNew ? 'error' : 'error_deleting' })
  if (await changeGroup(tx, 'share_group_snapshot', ending.groupSnapshotId, { ...change, to: 'error' }))
    await tell(tx, ending, isNew ? createAction : deleteAction)
}

interface Settling extends ReturnType<typeof by> {
  readonly from: readonly string[]
  readonly to: string
}

/** Those whose own operations never began, so that nobody else ends them. */
async function settleShares(tx: Tx, groupId: string, change: Settling): Promise<void> {
  for (const { id } of await sharesOfGroup(tx, groupId))
    for (const instance of await instancesOf(tx, id))
      await changeInstance(tx, { ...change, instanceId: instance.id })
}

/** The same of members. */
async function settleMembers(tx: Tx, groupSnapshotId: string, change: Settling): Promise<void> {
  for (const { id } of await membersOf(tx, groupSnapshotId))
    for (const one of await snapshotInstancesOf(tx, id))
      await changeSnapshotInstance(tx, { ...change, snapshotInstanceId: one.id })
}

const by = ({ now, requestId, operationId }: GroupEnding) => ({ now, requestId, operationId })

const tell = (tx: Tx, ending: GroupEnding, actionId: MessageAction): Promise<void> =>
  recordMessage(tx, {
    projectId: ending.projectId,
    requestId: ending.requestId,
    resourceType: 'SHARE_GROUP',
    resourceId: ending.groupId,
    actionId,
    detailId: knownDetail(ending.cause.detailId),
    cause: ending.cause,
    now: ending.now,
    ttlS: ending.messageTtlS,
  })
