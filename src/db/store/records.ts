/** Rows that accompany every change: events, user messages, tombstones. Written in the transaction of the change. */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { recordedUnmet } from '../../model/causes.ts'
import type { Unmet } from '../../model/unmet.ts'
import { noteEvent } from '../noted-events.ts'
import { ofShape } from '../shapes.ts'
import type { Stamp, Tx } from '../schema.ts'

/** What events are about. */
export type EventResource =
  | 'share'
  | 'snapshot'
  | 'share_group'
  | 'share_group_snapshot'
  | 'backend'
  | 'service'

export interface NewEvent {
  readonly projectId: string
  readonly resourceType: EventResource
  readonly resourceId: string
  /** `share.status`, `access.applied`… */
  readonly event: string
  readonly requestId?: string | null
  readonly operationId?: string | null
  /** No secrets. */
  readonly detail?: object
  readonly now: Stamp
}

/**
 * In the transaction of the change, after the row it is about was written: then the events of one resource are written one after
 * the other, and their stamps say so even where the clocks of two hosts differ.
 */
export async function recordEvent(tx: Tx, event: NewEvent): Promise<void> {
  const columns = {
    id: randomUUID(),
    project_id: event.projectId,
    resource_type: event.resourceType,
    resource_id: event.resourceId,
    event: event.event,
    request_id: event.requestId ?? null,
    operation_id: event.operationId ?? null,
    detail: JSON.stringify(event.detail ?? {}),
  }
  const names = Object.keys(columns) as (keyof typeof columns)[]
  const values = [event.resourceId, event.now, ...Object.values(columns)]
  await ofShape(tx, 'event', values, (resourceId, now, ...all) =>
    tx
      .insertInto('events')
      .columns(['created_at', ...names])
      .expression((eb) =>
        eb
          .selectFrom('events')
          .select([
            sql<number>`case when max(created_at) >= ${now} then max(created_at) + 1 else ${now} end`.as(
              'created_at',
            ),
            ...names.map((name, at) => sql`${all[at]}`.as(name)),
          ])
          .where('resource_id', '=', resourceId as string),
      ),
  )
  noteEvent(tx)
}

/** Ids of `model/messages.ts`. */
export interface NewMessage {
  readonly projectId: string
  readonly requestId: string | null
  readonly resourceType: 'SHARE' | 'SHARE_SNAPSHOT' | 'SHARE_GROUP' | 'SHARE_REPLICA'
  readonly resourceId: string
  readonly actionId: string
  readonly detailId: string
  /** Why, where the detail id does not say it. */
  readonly cause: { readonly code: string; readonly unmet?: Unmet | null | undefined }
  readonly now: Stamp
  readonly ttlS: number
}

/** Tells the owner of a resource what failed. */
export async function recordMessage(tx: Tx, message: NewMessage): Promise<void> {
  await tx
    .insertInto('messages')
    .values({
      id: randomUUID(),
      project_id: message.projectId,
      request_id: message.requestId,
      resource_type: message.resourceType,
      resource_id: message.resourceId,
      action_id: message.actionId,
      detail_id: message.detailId,
      cause_code: message.cause.code.slice(0, 255),
      cause_unmet: recordedUnmet(message.cause.unmet),
      message_level: 'ERROR',
      created_at: message.now,
      expires_at: message.now + message.ttlS * 1_000_000,
    })
    .execute()
}

/** Remembers a deleted row: its id is refused to a late create, and its place in a list is still known. */
export async function recordTombstone(
  tx: Tx,
  resourceType: string,
  row: { readonly id: string; readonly project_id: string },
  now: Stamp,
): Promise<void> {
  await tx
    .insertInto('tombstones')
    .values({
      resource_type: resourceType,
      id: row.id,
      project_id: row.project_id,
      row_json: JSON.stringify(row),
      deleted_at: now,
    })
    .execute()
}
