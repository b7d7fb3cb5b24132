/** Removes what has served its time, a bounded number of rows per run, so that no table grows for ever. */
import { purgeRevokedTokens } from '../db/store/credentials.ts'
import { purgeDashboardSessions } from '../db/store/dashboard-sessions.ts'
import {
  purgeDated,
  purgeIdempotencyKeys,
  purgeLanes,
  purgeOperations,
  purgeTombstones,
} from '../db/store/purge.ts'
import type { DataParts } from './parts.ts'

/** Rows of one table per run; the job runs again until a run removes nothing. */
const batch = 500
/** Microseconds an idempotency key answers for: a day, as the API promises. */
const idempotencyUs = 86_400 * 1_000_000
/** Lanes and their fences outlive their instance by this, in microseconds: a process paused longer is taken for dead. */
const laneRestUs = 86_400 * 1_000_000

/** One bounded pass over every table; answers how many rows went. */
export async function purge(parts: Pick<DataParts, 'store' | 'clock' | 'settings'>): Promise<number> {
  const { store, settings } = parts
  const now = parts.clock.now()
  const kept = now - settings.shares.operation_retention_s * 1_000_000
  let rows = 0
  rows += await purgeDated(store.db, 'messages', now, batch)
  rows += await purgeDated(store.db, 'events', kept, batch)
  rows += await purgeOperations(store, kept, batch)
  rows += await purgeTombstones(store.db, kept, batch)
  rows += await purgeIdempotencyKeys(store.db, now - idempotencyUs, batch)
  rows += await purgeRevokedTokens(store.db, now, batch)
  rows += await purgeDashboardSessions(store.db, now, batch)
  rows += await purgeLanes(store.db, now - laneRestUs, batch)
  return rows
}
