/** How full everything on a backend is: one batched question to the file system's counters, however many ask. */
import {
  allOnBackend,
  instancesStillThere,
  servedRows,
  servedSnapshotRows,
  type ServedRow,
} from '../../db/store/instances-on-backend.ts'
import type { Tx } from '../../db/schema.ts'
import { writeUsages, type UsageRow } from '../../db/store/usages.ts'
import type { Measurement, ShareRef, SnapshotRef } from '../../storage/contract/driver.ts'
import type { BackendScope } from '../parts.ts'
import { shareRef, snapshotRef, specsOf } from '../refs.ts'

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
  for (const kind of ['share', 'snapshot'] as const) {
    const rows = found.filter(({ id }) => shareIds.has(id) === (kind === 'share'))
    // Some at a time: who deletes a share waits for the transaction that holds its measurement.
    for (const some of partsOf(rows, pageSize)) await store.transaction((tx) => write(tx, kind, some))
  }
  parts.bus.cast('usages', 'usage.measured', { backendId: backend.id })
}

async function write(tx: Tx, kind: UsageRow['kind'], found: readonly Measurement[]): Promise<void> {
  const ids = found.map(({ id }) => id)
  // A row deleted meanwhile must not come back as a measurement nobody removes.
  const there = new Set(await instancesStillThere(tx, ids, [kind]))
  const rows = found.filter(({ id }) => there.has(id)).map((one) => usageRow(one, kind))
  await writeUsages(tx, rows)
}

/** Rows of one statement. */
const pageSize = 500

/** Shares that can be measured, and the snapshots of all: two statements for so many. */
async function everything(
  parts: BackendScope,
): Promise<{ shares: readonly ShareRef[]; snapshots: readonly SnapshotRef[] }> {
  const { db } = parts.store
  const shares: ShareRef[] = []
  const snapshots: SnapshotRef[] = []
  const specs = new Map<string, Readonly<Record<string, string>>>()
  for (const ids of partsOf(await allOnBackend(db, parts.backend.id), pageSize)) {
    const rows = await servedRows(db, ids)
    for (const { share_type_id: type } of rows)
      if (type !== null && !specs.has(type)) specs.set(type, await specsOf(db, type))
    const refs = new Map(rows.map((row) => [row.id, refOf(row, specs)]))
    for (const { id, status } of rows) {
      const ref = refs.get(id)
      if (ref !== undefined && measurable.includes(status)) shares.push(ref)
    }
    for (const row of await servedSnapshotRows(db, ids, 'available')) {
      const share = refs.get(row.share_instance_id)
      if (share !== undefined) snapshots.push(snapshotRef({ ...row, id: row.snapshot_id }, row, share))
    }
  }
  return { shares, snapshots }
}

const refOf = (row: ServedRow, specs: ReadonlyMap<string, Readonly<Record<string, string>>>): ShareRef =>
  shareRef({ ...row, id: row.share_id }, row, specs.get(row.share_type_id ?? '') ?? {})

function* partsOf<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size)
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
