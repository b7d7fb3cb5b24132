/**
 * The one place where the state of a share group, or of a group snapshot, changes: the row, its quota, its event and, at the end,
 * its tombstone together.
 */
import type { Tx } from '../../db/schema.ts'
import {
  deleteGroupRow,
  insertGroupRow,
  takeGroupRow,
  writeGroupRow,
  type GroupNoun,
  type GroupNouns,
} from '../../db/store/group-rows.ts'
import type { ConfiguredLimits } from '../../db/store/quota-room.ts'
import { recordEvent, recordTombstone } from '../../db/store/records.ts'
import { forgetTypesOfGroup } from '../../db/store/share-groups.ts'
import { shareGroupCharges, shareGroupSnapshotCharges } from '../../model/charges.ts'
import { settle } from '../quotas.ts'

const chargesOf: Readonly<Record<GroupNoun, typeof shareGroupCharges>> = {
  share_group: shareGroupCharges,
  share_group_snapshot: shareGroupSnapshotCharges,
}

interface Cause {
  readonly now: number
  readonly requestId?: string | null
  readonly operationId?: string | null
}

/** Charges, writes the row and tells that it is there. Throws `OverQuota`. */
export async function addGroup<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  row: GroupNouns[Noun],
  asked: { readonly enforce: ConfiguredLimits; readonly requestId: string; readonly detail?: object },
): Promise<void> {
  await settle(tx, { before: [], after: chargesOf[noun](row) }, asked.enforce)
  await insertGroupRow(tx, noun, row)
  const { requestId, detail = {} } = asked
  await tell(tx, noun, row, { now: row.created_at, requestId }, 'created', detail)
}

export interface GroupChange<Noun extends GroupNoun> extends Cause {
  /** Statuses it may come from; null = any (an administrator's word). */
  readonly from: readonly string[] | null
  /** Null leaves the status alone. */
  readonly to: string | null
  readonly columns?: Partial<Omit<GroupNouns[Noun], 'id' | 'status'>>
}

/** False when it was in none of `from`, or is gone: somebody else won. */
export async function changeGroup<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  id: string,
  change: GroupChange<Noun>,
): Promise<boolean> {
  const before = await takeGroupRow(tx, noun, id)
  if (before === undefined || change.from?.includes(before.status) === false) return false
  const to = change.to ?? before.status
  await writeGroupRow(tx, noun, id, { ...change.columns, status: to, updated_at: change.now } as never)
  if (to !== before.status) await tell(tx, noun, before, change, 'status', { from: before.status, to })
  return true
}

/** The group goes, and its list of types with it. False when it was gone. It is empty. */
export async function removeGroup(tx: Tx, id: string, cause: Cause): Promise<boolean> {
  await forgetTypesOfGroup(tx, id)
  return remove(tx, 'share_group', id, cause)
}

/** As {@link removeGroup}; its members went before. */
export const removeGroupSnapshot = (tx: Tx, id: string, cause: Cause): Promise<boolean> =>
  remove(tx, 'share_group_snapshot', id, cause)

/** Takes the row away and gives its quota back; a tombstone stays. */
async function remove(tx: Tx, noun: GroupNoun, id: string, cause: Cause): Promise<boolean> {
  const row = await takeGroupRow(tx, noun, id)
  if (row === undefined) return false
  await deleteGroupRow(tx, noun, id)
  await settle(tx, { before: chargesOf[noun](row), after: [] }, null)
  await recordTombstone(tx, noun, row, cause.now)
  await tell(tx, noun, row, cause, 'deleted', {})
  return true
}

const tell = (
  tx: Tx,
  noun: GroupNoun,
  row: { readonly id: string; readonly project_id: string },
  { now, requestId = null, operationId = null }: Cause,
  event: 'created' | 'status' | 'deleted',
  detail: object,
): Promise<void> =>
  recordEvent(tx, {
    projectId: row.project_id,
    resourceType: noun,
    resourceId: row.id,
    event: `${noun}.${event}`,
    requestId,
    operationId,
    detail,
    now,
  })
