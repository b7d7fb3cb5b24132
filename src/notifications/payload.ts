/**
 * What a notification says about its subject. Status and size are those of the event; the rest is as it was when the
 * notification was sent. The names of a share's fields are Manila's.
 */
import { hash } from 'node:crypto'
import type { EventRow, ExistingShare, Subjects } from '../db/store/notifications.ts'
import { isoMicros } from '../runtime/clock.ts'
import { meaningOf } from './event-types.ts'

/** Raised when a field changes its meaning or goes; a new field does not raise it. */
export const payloadVersion = 1

export interface Notification {
  /** The same however often it is sent. */
  readonly id: string
  readonly type: string
  /** Microseconds since the epoch. */
  readonly at: number
  readonly projectId: string
  readonly requestId: string | null
  /** `share.node@backend`; `share` while nobody has it. */
  readonly publisher: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** In the order of the events. */
export function notificationsOf(events: readonly EventRow[], subjects: Subjects): Notification[] {
  return events.map((event) => {
    const operation = subjects.operations.get(event.operation_id ?? '')
    const { type, status } = meaningOf(event, operation?.kind ?? null)
    const detail = JSON.parse(event.detail) as Record<string, unknown>
    const share = subjects.shares.get(event.resource_id)
    const snapshot = subjects.snapshots.get(event.resource_id)
    const about =
      share !== undefined
        ? aboutShare(share, subjects)
        : snapshot !== undefined
          ? aboutSnapshot(snapshot)
          : event.resource_type === 'backend'
            ? { backend_id: event.resource_id, backend: detail.backend, reason: detail.reason }
            : event.resource_type === 'service'
              ? {
                  service_id: event.resource_id,
                  host: detail.host,
                  binary: detail.binary,
                  reason: detail.reason,
                }
              : { [`${event.resource_type}_id`]: event.resource_id, project_id: event.project_id }
    return {
      id: event.id,
      type,
      at: event.created_at,
      projectId: event.project_id,
      requestId: event.request_id,
      publisher: publisherOf(share?.host ?? (typeof detail.backend === 'string' ? detail.backend : '')),
      payload: {
        schema_version: payloadVersion,
        ...about,
        ...(status === null ? {} : { status }),
        ...(typeof detail.size === 'number' ? { size: detail.size } : {}),
        ...(type.startsWith('access.') ? { access: detail } : {}),
        ...(type.endsWith('.error') && operation !== undefined
          ? { cause: { code: operation.cause_code, message: operation.cause_message } }
          : {}),
        operation_id: event.operation_id,
      },
    }
  })
}

type Names = Pick<Subjects, 'zones' | 'types'>

function aboutShare(share: ExistingShare['share'], { zones, types }: Names): Record<string, unknown> {
  return {
    share_id: share.id,
    user_id: share.user_id,
    project_id: share.project_id,
    snapshot_id: share.snapshot_id,
    share_group_id: share.share_group_id,
    size: share.size,
    name: share.name,
    description: share.description,
    proto: share.share_proto,
    is_public: share.is_public === 1,
    availability_zone: zones.get(share.availability_zone_id ?? '') ?? null,
    host: share.host,
    status: share.status,
    share_type_id: share.share_type_id,
    share_type: types.get(share.share_type_id ?? '') ?? null,
  }
}

function aboutSnapshot(
  snapshot: NonNullable<ReturnType<Subjects['snapshots']['get']>>,
): Record<string, unknown> {
  return {
    snapshot_id: snapshot.id,
    share_id: snapshot.share_id,
    user_id: snapshot.user_id,
    project_id: snapshot.project_id,
    size: snapshot.size,
    name: snapshot.name,
    description: snapshot.description,
    proto: snapshot.share_proto,
    status: snapshot.status,
  }
}

/** `share.exists`: the share was there at the end of the period. Stamps are microseconds. */
export function existsOf(
  { share, usedBytes, measuredAt }: ExistingShare,
  names: Names,
  period: { readonly from: number; readonly to: number },
): Notification {
  return {
    id: idOf(`exists ${share.id} ${period.to}`),
    type: 'share.exists',
    at: period.to,
    projectId: share.project_id,
    requestId: null,
    publisher: publisherOf(share.host),
    payload: {
      schema_version: payloadVersion,
      ...aboutShare(share, names),
      audit_period_beginning: isoMicros(period.from),
      audit_period_ending: isoMicros(period.to),
      used_bytes: usedBytes,
      measured_at: measuredAt === null ? null : isoMicros(measuredAt),
    },
  }
}

const publisherOf = (host: string): string => {
  const [backend = ''] = host.split('#')
  return backend === '' ? 'share' : `share.${backend}`
}

/** A UUID made from words, so that a repeated audit is recognised. */
function idOf(words: string): string {
  const hex = hash('sha256', words, 'hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
