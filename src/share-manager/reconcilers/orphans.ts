/**
 * What a forced deletion had to leave behind is taken away once the backend answers again. Ids are never reused, so what
 * carries an orphan's id is nobody's.
 */
import { forgetOrphan, noteWhyOrphanStays, orphansOf } from '../../db/store/orphans.ts'
import { instancesStillThere } from '../../db/store/instances-on-backend.ts'
import type { OrphansTable } from '../../db/schema.ts'
import type { SnapshotRef } from '../../storage/contract/driver.ts'
import type { Guard } from '../backend-call.ts'
import { LeaseLost, withLane } from '../lane-lease.ts'
import type { BackendScope } from '../parts.ts'
import { mayTry, rest, type Resting } from '../resting.ts'
import { bareExport, bareShareRef, kept } from '../refs.ts'

/** Orphans per run, so that a long list doesn't hold up what users ask for. */
const batch = 20
/** Failures per run: a backend that answers nothing takes its time for each. */
const mostFailures = 3
/** Read at most; more than that are seen when these are gone. */
const mostRead = 1000

/** Answers how many were taken away. One that can't be holds up no other: it is tried again later, and says why. */
export async function removeOrphans(parts: BackendScope, resting: Resting = new Map()): Promise<number> {
  const { backend, store } = parts
  const rows = await orphansOf(store.db, backend.id, mostRead)
  const due = rows.filter(({ resource_id }) => mayTry(resting, resource_id)).slice(0, batch)
  let [removed, failed] = [0, 0]
  for (const row of due) {
    // Whoever still has a row is no orphan: its own deletion will ask the backend.
    if (await hasRow(parts, row)) continue
    try {
      const ended = await withLane(parts, row.resource_id, (lease) => remove(parts, row, lease))
      if (ended === 'removed') removed += 1
      resting.delete(row.resource_id)
    } catch (error) {
      if (error instanceof LeaseLost) continue
      const pauseMs = rest(resting, row.resource_id)
      const about = { backend: backend.label, resource_id: row.resource_id, err: error }
      parts.log.error(about, `an orphan could not be taken away; it is tried again in ${pauseMs / 1000} s`)
      await noteWhyOrphanStays(store.db, row.id, error instanceof Error ? error.message : String(error))
      failed += 1
      if (failed === mostFailures) break
    }
  }
  return removed
}

async function hasRow({ store }: BackendScope, { kind, resource_id: id }: OrphansTable): Promise<boolean> {
  const kinds = (['share', 'snapshot'] as const).filter((one) => kind === 'remains' || kind === one)
  return (await instancesStillThere(store.db, [id], kinds)).length > 0
}

async function remove(parts: BackendScope, row: OrphansTable, guarded: Guard): Promise<'removed'> {
  const { backend, store } = parts
  const { state } = kept(row.driver_state)
  const share = { ...bareShareRef(row.resource_id, row.resource_id), state }
  // Fences of snapshots are those of their share, which is not known any more: the id alone must do.
  const fence = row.kind === 'snapshot' ? null : guarded
  await backend.call({ name: 'unpublish', guarded: fence }, async (call) => {
    await backend.publisher?.unpublish(call, bareExport(row.resource_id))
  })
  await backend.call({ name: 'delete', guarded: fence }, async (call) => {
    if (row.kind !== 'snapshot') await backend.driver.delete(call, share)
    if (row.kind === 'share') return
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
  await forgetOrphan(store.db, row.id)
  parts.log.info({ backend: backend.label, resource_id: row.resource_id }, 'an orphan was taken away')
  return 'removed'
}
