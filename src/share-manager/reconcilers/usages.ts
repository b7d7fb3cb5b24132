/** How full everything on a backend is: one batched question to the file system's counters, however many ask. */
import { instancesStillThere } from '../../db/store/instances-on-backend.ts'
import { snapshotInstancesOnBackend } from '../../db/store/snapshot-instances.ts'
import { writeUsages, type UsageRow } from '../../db/store/usages.ts'
import type { Measurement, ShareRef, SnapshotRef } from '../../storage/contract/driver.ts'
import type { BackendScope } from '../parts.ts'
import { sharesOnBackend, withSnapshots } from '../refs.ts'

export interface Usages {
  /**
   * Measures everything and writes it. Whoever asks while a measurement has not begun yet shares it; whoever asks while
   * one is under way gets the next, because the present one may have passed his share already. With `fresh` the file
   * system brings its counters up to date first.
   */
  refresh(options?: { readonly fresh: boolean }): Promise<void>
}

/** Statuses in which there is something to measure. */
const measurable = [
  'available',
  'extending',
  'extending_error',
  'shrinking',
  'shrinking_error',
  'shrinking_possible_data_loss_error',
  'reverting_error',
  'awaiting_transfer',
  'ensuring',
  'error_deleting',
]

export function usages(parts: BackendScope): Usages {
  let present: Promise<void> = Promise.resolve()
  let next: Promise<void> | null = null
  let fresh = false
  return {
    refresh(options = { fresh: false }) {
      fresh ||= options.fresh
      next ??= present
        .catch(() => {})
        .then(() => {
          const refresh = fresh
          next = null
          fresh = false
          present = measureAll(parts, refresh)
          return present
        })
      return next
    },
  }
}

async function measureAll(parts: BackendScope, refresh: boolean): Promise<void> {
  const { backend, store } = parts
  const { measures } = backend.driver
  if (measures === undefined) return
  const { shares, snapshots } = await everything(parts)
  if (shares.length + snapshots.length === 0) return
  const found = await backend.call({ name: 'measure' }, (call) =>
    measures.measure(call, shares, snapshots, { refresh }),
  )
  const shareIds = new Set(shares.map(({ id }) => id))
  await store.transaction(async (tx) => {
    const rows = found.map((one) => usageRow(one, shareIds.has(one.id) ? 'share' : 'snapshot'))
    // A row deleted meanwhile must not come back as a measurement nobody removes.
    const there = await stillThere(tx, rows)
    await writeUsages(tx, there)
  })
  parts.bus.cast('usages', 'usage.measured', { backendId: backend.id })
}

const pageSize = 500

async function everything(
  parts: BackendScope,
): Promise<{ shares: readonly ShareRef[]; snapshots: readonly SnapshotRef[] }> {
  const { db } = parts.store
  const { id } = parts.backend
  const shares: ShareRef[] = []
  for (let afterId: string | undefined = ''; afterId !== undefined;) {
    const page = await sharesOnBackend(db, id, measurable, { afterId, limit: pageSize })
    shares.push(...page.map(({ ref }) => ref))
    afterId = page.at(-1)?.instance.id
  }
  const snapshots: SnapshotRef[] = []
  for (let afterId: string | undefined = ''; afterId !== undefined;) {
    const page = await snapshotInstancesOnBackend(db, id, ['available'], { afterId, limit: pageSize })
    snapshots.push(...(await withSnapshots(db, page)).map(({ snapshotRef }) => snapshotRef))
    afterId = page.at(-1)?.id
  }
  return { shares, snapshots }
}

async function stillThere(
  tx: Parameters<typeof writeUsages>[0],
  rows: readonly UsageRow[],
): Promise<UsageRow[]> {
  const there = new Set<string>()
  for (let start = 0; start < rows.length; start += 500) {
    const ids = rows.slice(start, start + 500).map(({ id }) => id)
    for (const id of await instancesStillThere(tx, ids)) there.add(id)
  }
  return rows.filter(({ id }) => there.has(id))
}

function usageRow(one: Measurement, kind: UsageRow['kind']): UsageRow {
  return {
    id: one.id,
    kind,
    used_bytes: one.usedBytes,
    referenced_bytes: one.referencedBytes,
    exclusive_bytes: one.exclusiveBytes,
    reason: one.reason,
    method: one.method,
    measured_at: one.measuredAtUs,
  }
}
