/** Reading and deleting user messages; `recordMessage` in `records.ts` writes them. */
import type { DbOrTx, MessagesTable, Stamp, Tx } from '../schema.ts'
import { paged, type Page } from './keyset.ts'
import { recordTombstone } from './records.ts'
import type { Scope } from './scope.ts'

export type MessageRow = MessagesTable

export const messageColumns = [
  'resource_type',
  'resource_id',
  'action_id',
  'detail_id',
  'message_level',
  'request_id',
] as const

export interface MessageFilters {
  /** Column → exact value. */
  readonly equal: Partial<Readonly<Record<(typeof messageColumns)[number], string>>>
  /** Both inclusive; null = open. */
  readonly since: Stamp | null
  readonly before: Stamp | null
}

export async function listMessages(
  db: DbOrTx,
  scope: Scope,
  filters: MessageFilters,
  page: Page,
): Promise<MessageRow[]> {
  let query = db.selectFrom('messages').selectAll('messages')
  if (scope.projectId !== null) query = query.where('messages.project_id', '=', scope.projectId)
  for (const column of messageColumns) {
    const value = filters.equal[column]
    if (value !== undefined) query = query.where(`messages.${column}`, '=', value)
  }
  if (filters.since !== null) query = query.where('messages.created_at', '>=', filters.since)
  if (filters.before !== null) query = query.where('messages.created_at', '<=', filters.before)
  const from = { table: 'messages', resourceType: 'message', projectId: scope.projectId } as const
  return (await paged(db, query, from, page)).execute()
}

export async function messageById(db: DbOrTx, scope: Scope, id: string): Promise<MessageRow | undefined> {
  let query = db.selectFrom('messages').selectAll().where('id', '=', id)
  if (scope.projectId !== null) query = query.where('project_id', '=', scope.projectId)
  return query.executeTakeFirst()
}

/** Leaves a tombstone, so that a list that was at this message goes on behind it. */
export async function deleteMessage(tx: Tx, row: MessageRow, now: Stamp): Promise<void> {
  await recordTombstone(tx, 'message', row, now)
  await tx.deleteFrom('messages').where('id', '=', row.id).execute()
}

/** Whether there is a message of this action and detail about the resource. */
export async function wasTold(
  db: DbOrTx,
  about: { readonly resourceId: string; readonly actionId: string; readonly detailId: string },
): Promise<boolean> {
  const found = await db
    .selectFrom('messages')
    .select('id')
    .where('resource_id', '=', about.resourceId)
    .where('action_id', '=', about.actionId)
    .where('detail_id', '=', about.detailId)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
