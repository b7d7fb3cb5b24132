/** What may still be on a backend although no row stands for it. */
import { randomUUID } from 'node:crypto'
import type { DbOrTx, OrphansTable, Tx } from '../schema.ts'

/**
 * Remembers something that may still be on a backend although its row goes or forgets it. A repeat for the same thing
 * writes nothing.
 */
export async function recordOrphan(
  tx: Tx,
  orphan: {
    readonly backendId: string
    /** `remains`: of one of the two, it is not known which. */
    readonly kind: 'share' | 'snapshot' | 'remains'
    readonly resourceId: string
    readonly driverState: string
    readonly reason: string
    readonly now: number
  },
): Promise<void> {
  const known = await tx
    .selectFrom('orphans')
    .select('id')
    .where('backend_id', '=', orphan.backendId)
    .where('resource_id', '=', orphan.resourceId)
    .executeTakeFirst()
  if (known !== undefined) return
  await tx
    .insertInto('orphans')
    .values({
      id: randomUUID(),
      backend_id: orphan.backendId,
      kind: orphan.kind,
      resource_id: orphan.resourceId,
      driver_state: orphan.driverState,
      reason: orphan.reason.slice(0, 4000),
      created_at: orphan.now,
    })
    .execute()
}

/** Notes in an orphan's reason why it could not be taken away yet. */
export async function noteWhyOrphanStays(db: DbOrTx, orphanId: string, why: string): Promise<void> {
  await db
    .updateTable('orphans')
    .set({ reason: why.slice(0, 4000) })
    .where('id', '=', orphanId)
    .execute()
}

/** What is still to be taken away, oldest first: left by forced deletions, or found by an audit. */
export async function orphansLeft(db: DbOrTx, limit: number) {
  return db
    .selectFrom('orphans')
    .innerJoin('backends', 'backends.id', 'orphans.backend_id')
    .select(['backends.label as backend', 'orphans.kind', 'orphans.resource_id', 'orphans.created_at'])
    .select('orphans.reason')
    .orderBy('orphans.created_at')
    .limit(limit)
    .execute()
}

/** A backend's, oldest first. */
export function orphansOf(db: DbOrTx, backendId: string, limit: number): Promise<OrphansTable[]> {
  return db
    .selectFrom('orphans')
    .selectAll()
    .where('backend_id', '=', backendId)
    .orderBy('created_at')
    .limit(limit)
    .execute()
}

export async function forgetOrphan(db: DbOrTx, orphanId: string): Promise<void> {
  await db.deleteFrom('orphans').where('id', '=', orphanId).execute()
}
