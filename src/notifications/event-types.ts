/**
 * What listeners outside are told an event is. The names of shares' events are Manila's, `share.<verb>.start` and
 * `share.<verb>.end`; ours beyond those follow the same pattern.
 */
import type { EventRow } from '../db/store/notifications.ts'

/** Statuses in which a verb is under way, and how it failed. */
const verbs: readonly {
  readonly verb: string
  readonly during: readonly string[]
  readonly failed: readonly string[]
}[] = [
  { verb: 'create', during: ['creating', 'creating_from_snapshot'], failed: ['error'] },
  {
    verb: 'delete',
    during: ['deleting', 'deferred_deleting'],
    failed: ['error_deleting', 'error_deferred_deleting'],
  },
  { verb: 'extend', during: ['extending'], failed: ['extending_error'] },
  {
    verb: 'shrink',
    during: ['shrinking'],
    failed: ['shrinking_error', 'shrinking_possible_data_loss_error'],
  },
  { verb: 'revert', during: ['reverting', 'restoring'], failed: ['reverting_error', 'error'] },
  { verb: 'manage', during: ['manage_starting'], failed: ['manage_error'] },
  {
    verb: 'unmanage',
    during: ['unmanage_starting', 'manage_error_unmanage_starting'],
    failed: ['unmanage_error'],
  },
]

export interface Meaning {
  /** `share.extend.end` */
  readonly type: string
  /** Of the resource right after the event; null when the event does not say. */
  readonly status: string | null
}

/** `kind` is the operation's that caused the event, if one did. */
export function meaningOf(
  event: Pick<EventRow, 'event' | 'resource_type' | 'detail'>,
  kind: string | null,
): Meaning {
  const noun = event.resource_type
  const detail = JSON.parse(event.detail) as { from?: string; to?: string }
  switch (event.event) {
    case `${noun}.created`:
      return { type: `${noun}.create.start`, status: 'creating' }
    case `${noun}.managed`:
      return { type: `${noun}.manage.start`, status: 'manage_starting' }
    case `${noun}.deleted`:
      return {
        type: `${noun}.${kind?.startsWith('unmanage') === true ? 'unmanage' : 'delete'}.end`,
        status: 'deleted',
      }
    case `${noun}.status`:
      return { type: `${noun}.${changeOf(detail.from ?? '', detail.to ?? '')}`, status: detail.to ?? null }
    case `${noun}.updated`:
      return { type: `${noun}.update.end`, status: null }
    case 'access.allowed':
      return { type: 'access.allow.start', status: null }
    case 'access.denied':
      return { type: 'access.deny.start', status: null }
    case 'access.updated':
      return { type: 'access.update.start', status: null }
    case 'access.applied':
      return { type: 'access.apply.end', status: null }
    default:
      return { type: event.event, status: null }
  }
}

/** `extend.start`, `extend.end`, `extend.error`; `status` for a change that is no verb's, such as an administrator's. */
function changeOf(from: string, to: string): string {
  const begun = verbs.find(({ during }) => during.includes(to))
  if (begun !== undefined && !begun.during.includes(from)) return `${begun.verb}.start`
  const ended = verbs.find(({ during }) => during.includes(from))
  if (ended === undefined) return 'status'
  if (ended.failed.includes(to)) return `${ended.verb}.error`
  // A deletion ends with the row; back to available, it was given up.
  if (to === 'available') return ended.verb === 'delete' ? 'delete.error' : `${ended.verb}.end`
  return 'status'
}
