/** Work: what is to be done, who does it, what happened and who was told. */
import type { Standing } from '../../model/identity.ts'
import type { Flag, Json, Stamp } from './values.ts'

export type OperationState = 'queued' | 'running' | 'undoing' | 'done' | 'failed' | 'cancelled'

export interface OperationsTable {
  id: string
  kind: string
  version: number
  state: OperationState
  /**
   * Which service runs the present step: `scheduler`, `share`, `data`; with a `+` where the release before must not see the row,
   * see `rowTopic` of `engine/topics.ts`.
   */
  topic: string
  /** Whose manila-share runs it; null for the scheduler. */
  backend_id: string | null
  /** The operation one of whose steps started this one; null for what somebody asked for. */
  parent_id?: string | null
  /** The operation at the top of the family; null for that one itself. */
  family_id?: string | null
  /** Which step of the parent started it, and its place among those that step started. */
  parent_step?: string | null
  child_number?: number | null
  resource_type: string
  resource_id: string
  project_id: string
  user_id: string
  /** Whoever stands lower can't cancel it; null: of a release that did not say, as `user`. */
  begun_as: Standing | null
  request_id: string
  /** W3C Trace Context; null when nothing is traced. */
  traceparent: string | null
  payload: Json
  /** The first of its lanes: what it is about. All of them are in `operation_lanes`. */
  lane: string
  /** Index into the plan of the step that is due. */
  step: number
  /** 0–100 as far as anybody knows. */
  progress: number
  /** Tries of the present step. */
  attempts: number
  /** How often the scheduler has placed it. */
  placements: number
  not_before: Stamp
  deadline_at: Stamp
  cancel_requested: Flag
  /** While undoing: what comes when everything is undone. */
  undo_then: 'fail' | 'place-again' | 'cancel' | null
  cause_code: string | null
  cause_message: string | null
  cause_retryable: Flag | null
  /** Manila's message detail id. */
  cause_detail_id: string | null
  /** What its share type asked for and no pool has, see `model/unmet.ts`. The release before leaves it empty. */
  cause_unmet: Json | null
  /** JSON: for each pool the filter that refused it and why; admins only. */
  refusals: Json | null
  /** Of whoever runs it: each write of his names it. Grows with each claim and whenever an administrator intervenes. */
  fence: number
  created_at: Stamp
  updated_at: Stamp
  started_at: Stamp | null
  finished_at: Stamp | null
}
export interface OperationStepsTable {
  operation_id: string
  step: number
  name: string
  state: 'started' | 'done' | 'undone'
  attempts: number
  /** JSON that later steps and the undo read; never a secret. */
  output: Json
  /** Whose manila-share ran it, and undoes it; null: the row's own. */
  backend_id?: string | null
  started_at: Stamp
  finished_at: Stamp | null
}
/** Which lanes an operation needs, and its place in each. */
export interface OperationLanesTable {
  operation_id: string
  lane: string
  lane_seq: number
  /** 1 once the operation is over: what comes behind it may run. */
  finished: Flag
}
export interface LanesTable {
  /** `instance:<id>`, `group:<id>`, `server:<id>`, `backend:<id>`… */
  lane: string
  next_seq: number
  holder: string | null
  /** Grows whenever the holder changes or an administrator intervenes. */
  fence: number
  /** Microseconds by the *database's* clock. */
  expires_at: number
  /** For which operation it was taken last; null for work that is none. */
  operation_id?: string | null
}
export interface TombstonesTable {
  resource_type: string
  id: string
  project_id: string
  /** JSON of the row, so that a marker still finds its place. */
  row_json: Json
  deleted_at: Stamp
}
/** Something that may still be on a backend although its row is gone (force delete with the backend away). */
export interface OrphansTable {
  id: string
  backend_id: string
  kind: string
  resource_id: string
  driver_state: Json
  reason: string
  created_at: Stamp
}
/** What a backend holds and no row knows, or lacks although a row says it is there; see `storage-findings.ts`. */
export interface StorageFindingsTable {
  backend_id: string
  kind: string
  /** Of the share instance or snapshot instance. */
  resource_id: string
  problem: string
  first_seen_at: Stamp
  last_seen_at: Stamp
}
export interface EventsTable {
  id: string
  created_at: Stamp
  project_id: string
  resource_type: string
  resource_id: string
  event: string
  request_id: string | null
  operation_id: string | null
  /** JSON, no secrets. */
  detail: Json
  /** Its place among all events, in the order in which they were committed; null until somebody gave it one. */
  seq: number | null
}
/** One row a name: the number that the next one gets. */
export interface EventOrdersTable {
  name: string
  next_seq: number
}
export interface MessagesTable {
  id: string
  project_id: string
  request_id: string | null
  resource_type: string | null
  resource_id: string | null
  action_id: string
  detail_id: string
  /** Why, where the detail id does not say it. The release before leaves both empty. */
  cause_code: string | null
  cause_unmet: Json | null
  message_level: string
  created_at: Stamp
  expires_at: Stamp
}
export interface IdempotencyKeysTable {
  project_id: string
  user_id: string
  method: string
  /** sha256 hex of the path, then the version and the key. */
  path_hash: string
  api_version: string
  idempotency_key: string
  body_hash: string
  /** null while the first request is still running. */
  status: number | null
  reply: Json | null
  created_at: Stamp
}
/** Last run of each timed job, so that several processes share them. */
export interface PeriodicJobsTable {
  name: string
  next_at: Stamp
}

/** `position`: every event created before it was passed on. */
export interface NotificationCursorsTable {
  name: string
  position: Stamp
}
/** Events newer than the cursor that were passed on already. */
export interface NotificationsSentTable {
  event_id: string
  event_at: Stamp
}

export interface OperationTables {
  operations: OperationsTable
  operation_steps: OperationStepsTable
  operation_lanes: OperationLanesTable
  lanes: LanesTable
  tombstones: TombstonesTable
  orphans: OrphansTable
  storage_findings: StorageFindingsTable
  events: EventsTable
  event_orders: EventOrdersTable
  messages: MessagesTable
  idempotency_keys: IdempotencyKeysTable
  periodic_jobs: PeriodicJobsTable
  notification_cursors: NotificationCursorsTable
  notifications_sent: NotificationsSentTable
}
