/** A resource lock; its shape has not changed since 2.81. */
import type { LockRow } from '../../db/store/resource-locks.ts'
import { isoMicros } from '../../runtime/clock.ts'
import type { JsonObject } from '../../wire/changes.ts'
import { selfLinks } from '../lists.ts'
import type { UrlParts } from '../route.ts'

export function lockView(url: UrlParts, lock: LockRow): JsonObject {
  return {
    id: lock.id,
    user_id: lock.user_id,
    project_id: lock.project_id,
    lock_context: lock.lock_context,
    resource_type: lock.resource_type,
    resource_id: lock.resource_id,
    resource_action: lock.resource_action,
    lock_reason: lock.lock_reason,
    created_at: isoMicros(lock.created_at),
    updated_at: lock.updated_at === null ? null : isoMicros(lock.updated_at),
    links: selfLinks(url, 'resource-locks', lock.id),
  }
}
