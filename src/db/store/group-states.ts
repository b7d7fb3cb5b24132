/**
 * The one place where the state of a share group, or of a group snapshot, changes: the row, its quota, its event and, at the end,
 * its tombstone together. The rows of both look alike; what hangs on them is in `share-groups.ts` and `share-group-snapshots.ts`.
 */
import { shareGroupCharges, shareGroupSnapshotCharges } from '../../model/charges.ts'
import type { ShareGroupsTable, ShareGroupSnapshotsTable, Tx } from '../schema.ts'
import type { ConfiguredLimits } from './quota-room.ts'
import { settle } from './quotas.ts'
import { recordEvent, recordTombstone } from './records.ts'

export interface GroupNouns {
  share_group: ShareGroupsTable
  share_group_snapshot: ShareGroupSnapshotsTable
}
export type GroupNoun = keyof GroupNouns

const nouns: Readonly<
  Record<
    GroupNoun,
    { readonly table: 'share_groups' | 'share_group_snapshots'; readonly charges: typeof shareGroupCharges }
  >
> = {
  share_group: { table: 'share_groups', charges: shareGroupCharges },
  share_group_snapshot: { table: 'share_group_snapshots', charges: shareGroupSnapshotCharges },
}

interface Cause {
  readonly now: number
  readonly requestId?: string | null
  readonly operationId?: string | null
}

/** Charges, writes the row and tells that it is there. Throws `OverQuota`. */
export async function insertGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  row: GroupNouns[Noun],
  how: { readonly enforce: ConfiguredLimits; readonly requestId: string; readonly detail?: object },
): Promise<void> {
  const { table, charges } = nouns[noun]
  await settle(tx, { before: [], after: charges(row) }, how.enforce)
  await tx
    .insertInto(table)
    .values(row as never)
    .execute()
  const { requestId, detail = {} } = how
  await tell(tx, noun, row, { now: row.created_at, requestId }, 'created', detail)
}

export interface GroupRowChange<Noun extends GroupNoun> extends Cause {
  /** Statuses it may come from; null = any (an administrator's word). */
  readonly from: readonly string[] | null
  /** Null leaves the status alone. */
  readonly to: string | null
  readonly columns?: Partial<Omit<GroupNouns[Noun], 'id' | 'status'>>
}

/** False when it was in none of `from`, or is gone: somebody else won. */
export async function changeGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  id: string,
  change: GroupRowChange<Noun>,
): Promise<boolean> {
  const before = await takeGroupRow(tx, noun, id)
  if (before === undefined) return false
  if (change.from !== null && !change.from.includes(before.status)) return false
  const to = change.to ?? before.status
  await tx
    .updateTable(nouns[noun].table)
    .set({ ...change.columns, status: to, updated_at: change.now } as never)
    .where('id', '=', id)
    .execute()
  if (to !== before.status) await tell(tx, noun, before, change, 'status', { from: before.status, to })
  return true
}

/** The row, which is this transaction's until its end; undefined when it is gone. */
export async function takeGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  id: string,
): Promise<GroupNouns[Noun] | undefined> {
  const row = await tx
    .selectFrom(nouns[noun].table)
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row as GroupNouns[Noun] | undefined
}

/** Takes the row away and gives its quota back; a tombstone stays. False when it was gone. What hangs on it went before. */
export async function removeGroupRow(tx: Tx, noun: GroupNoun, id: string, cause: Cause): Promise<boolean> {
  const { table, charges } = nouns[noun]
  const row = await takeGroupRow(tx, noun, id)
  if (row === undefined) return false
  await tx.deleteFrom(table).where('id', '=', id).execute()
  await settle(tx, { before: charges(row), after: [] }, null)
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
