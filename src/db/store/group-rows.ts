/**
 * Rows of share groups and of group snapshots, which look alike, one at a time. Their states change in `src/lifecycle/share-groups`; what
 * hangs on them is in `share-groups.ts` and `share-group-snapshots.ts`.
 */
import type { ShareGroupsTable, ShareGroupSnapshotsTable, Tx } from '../schema.ts'

export interface GroupNouns {
  share_group: ShareGroupsTable
  share_group_snapshot: ShareGroupSnapshotsTable
}
export type GroupNoun = keyof GroupNouns

const tableOf = (noun: GroupNoun): 'share_groups' | 'share_group_snapshots' => `${noun}s`

export async function insertGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  row: GroupNouns[Noun],
): Promise<void> {
  await tx
    .insertInto(tableOf(noun))
    .values(row as never)
    .execute()
}

/** The row, which is this transaction's until its end; undefined when it is gone. */
export async function takeGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  id: string,
): Promise<GroupNouns[Noun] | undefined> {
  const row = await tx
    .selectFrom(tableOf(noun))
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  return row as GroupNouns[Noun] | undefined
}

export async function writeGroupRow<Noun extends GroupNoun>(
  tx: Tx,
  noun: Noun,
  id: string,
  columns: Partial<Omit<GroupNouns[Noun], 'id'>>,
): Promise<void> {
  await tx
    .updateTable(tableOf(noun))
    .set(columns as never)
    .where('id', '=', id)
    .execute()
}

export async function deleteGroupRow(tx: Tx, noun: GroupNoun, id: string): Promise<void> {
  await tx.deleteFrom(tableOf(noun)).where('id', '=', id).execute()
}
