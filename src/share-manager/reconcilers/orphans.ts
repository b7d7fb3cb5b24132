/**
 * What a forced deletion had to leave behind is taken away once the backend answers again. Ids are never reused, so what
 * carries an orphan's id is nobody's.
 */
import type { OrphansTable } from '../../db/schema.ts'
import type { SnapshotRef } from '../../drivers/driver.ts'
import type { Guard } from '../backend.ts'
import { withLane } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import { bareExport, bareShareRef, kept } from '../refs.ts'

/** Orphans per run, so that a long list doesn't hold up what users ask for. */
const batch = 20

/** Answers how many were taken away. */
export async function removeOrphans(parts: BackendScope): Promise<number> {
  const { backend, store } = parts
  const rows = await store.db
    .selectFrom('orphans')
    .selectAll()
    .where('backend_id', '=', backend.id)
    .orderBy('created_at')
    .limit(batch)
    .execute()
  let removed = 0
  for (const row of rows) {
    // Whoever still has a row is no orphan: its own deletion will ask the backend.
    if (await hasRow(parts, row)) continue
    const ended = await withLane(parts, row.resource_id, (lease) => remove(parts, row, lease))
    if (ended === 'removed') removed += 1
  }
  return removed
}

async function hasRow({ store }: BackendScope, { kind, resource_id }: OrphansTable): Promise<boolean> {
  const table = kind === 'share' ? 'share_instances' : 'snapshot_instances'
  const row = await store.db.selectFrom(table).select('id').where('id', '=', resource_id).executeTakeFirst()
  return row !== undefined
}

async function remove(parts: BackendScope, row: OrphansTable, guarded: Guard): Promise<'removed'> {
  const { backend, store } = parts
  const { state } = kept(row.driver_state)
  const share = { ...bareShareRef(row.resource_id, row.resource_id), state }
  // Fences of snapshots are those of their share, which is not known any more: the id alone must do.
  const fence = row.kind === 'share' ? guarded : null
  await backend.call({ name: 'unpublish', guarded: fence }, async (call) => {
    await backend.exporter?.unpublish(call, bareExport(row.resource_id))
  })
  await backend.call({ name: 'delete', guarded: fence }, async (call) => {
    if (row.kind === 'share') return backend.driver.delete(call, share)
    const snapshot: SnapshotRef = {
      id: row.resource_id,
      snapshotId: row.resource_id,
      share,
      sizeGib: 0,
      state,
    }
    await backend.driver.mountsSnapshots?.release(call, snapshot)
    await backend.driver.snapshots?.delete(call, snapshot)
  })
  await store.db.deleteFrom('orphans').where('id', '=', row.id).execute()
  parts.log.info({ backend: backend.label, resource_id: row.resource_id }, 'an orphan was taken away')
  return 'removed'
}
