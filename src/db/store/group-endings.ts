/** How work on share groups ends when it fails: the state and the owner's message. Their members' ends are their own operations'. */
import { knownDetail, type MessageAction } from '../../model/messages.ts'
import type { Unmet } from '../../model/unmet.ts'
import type { Tx } from '../schema.ts'
import { changeGroupRow } from './group-states.ts'
import { recordMessage } from './records.ts'

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

/** The group stays, in `error`: its owner deletes it. */
export async function groupCreateEndedBadly(tx: Tx, ending: GroupEnding): Promise<void> {
  if (
    !(await changeGroupRow(tx, 'share_group', ending.groupId, {
      ...by(ending),
      from: ['creating'],
      to: 'error',
    }))
  )
    return
  await tell(tx, ending, ending.cause.code === 'no-valid-host' ? allocateHost : createAction)
}

export async function groupDeleteEndedBadly(tx: Tx, ending: GroupEnding): Promise<void> {
  if (
    await changeGroupRow(tx, 'share_group', ending.groupId, {
      ...by(ending),
      from: ['deleting'],
      to: 'error',
    })
  )
    await tell(tx, ending, deleteAction)
}

/** The message is about the group: Manila's clients know no other noun for it. */
export async function groupSnapshotEndedBadly(
  tx: Tx,
  ending: GroupEnding & { readonly groupSnapshotId: string; readonly from: 'creating' | 'deleting' },
): Promise<void> {
  const change = { ...by(ending), from: [ending.from], to: 'error' }
  if (await changeGroupRow(tx, 'share_group_snapshot', ending.groupSnapshotId, change))
    await tell(tx, ending, ending.from === 'creating' ? createAction : deleteAction)
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
