/**
 * Compares what the backend holds and publishes with the rows, and only reports: in the log, in the backend's health and as a metric.
 * Nothing is deleted until an operator says so (`manila-manage storage audit --repair`).
 *
 * What is let go of on purpose is not found: unmanage gives a tree a name without a Manila id, and inventories list ids.
 */
import { findings, mustBeThere, noteSeen, unknownIds, type Seen } from '../../db/store/storage-findings.ts'
import type { BackendScope } from '../parts.ts'

/** One look; answers how many findings are confirmed. Throws what the driver throws, and then what was found stays. */
export async function auditStorage(parts: BackendScope): Promise<number> {
  const { backend, store, clock, log } = parts
  const known = new Set((await findings(store.db, backend.id)).map(({ resourceId }) => resourceId))
  // Rows that must be there are asked for before the storage and again after it, and those of what is there only after:
  // whatever is made or deleted meanwhile has its row at one of the two.
  const before = await mustBeThere(store.db, backend.id)
  const held = await backend.call({ name: 'inventory' }, (call) => backend.driver.inventory(call))
  const { publisher } = backend
  const published =
    publisher === null
      ? []
      : await backend.call({ name: 'inventory-exports' }, async (call) => [
          ...(await publisher.inventory(call)),
          ...((await publisher.damaged?.(call)) ?? []),
        ])
  const after = await mustBeThere(store.db, backend.id)
  const [shares, snapshots] = [new Set(held.shares), new Set(held.snapshots)]
  const remains = held.remains ?? []
  const trees = new Set([...shares, ...snapshots, ...remains])
  const orphans = (kind: Seen['kind'], ids: Iterable<string>) => seenAs(parts, kind, ids)
  const seen = [
    ...(await orphans('share', shares)),
    ...(await orphans('snapshot', snapshots)),
    ...(await orphans('remains', remains)),
    // The export of an orphan goes with it.
    ...(await orphans(
      'export',
      published.filter((id) => !trees.has(id)),
    )),
    ...missing('share', before.shares, after.shares, shares),
    ...missing('snapshot', before.snapshots, after.snapshots, snapshots),
  ]
  await noteSeen(store, backend.id, seen, clock.now())
  const confirmed = await findings(store.db, backend.id)
  for (const { kind, problem, resourceId } of confirmed) {
    if (known.has(resourceId)) continue
    const about = { backend: backend.label, kind, resource_id: resourceId }
    if (problem === 'missing') log.error(about, 'what a row says is on the backend is not there')
    else log.warn(about, 'the backend holds what no row knows')
  }
  return confirmed.length
}

async function seenAs({ store }: BackendScope, kind: Seen['kind'], ids: Iterable<string>): Promise<Seen[]> {
  const unknown = await unknownIds(store.db, [...ids])
  return unknown.map((resourceId) => ({ kind, problem: 'orphan', resourceId }))
}

function missing(
  kind: Seen['kind'],
  before: readonly string[],
  after: readonly string[],
  there: ReadonlySet<string>,
): Seen[] {
  const still = new Set(after)
  return before
    .filter((id) => still.has(id) && !there.has(id))
    .map((resourceId) => ({ kind, problem: 'missing', resourceId }))
}

/** What an operator should know, for the backend's health: one sentence or none. */
export async function findingsSentence({ backend, store }: BackendScope): Promise<string[]> {
  const found = await findings(store.db, backend.id)
  const orphans = found.filter(({ problem }) => problem === 'orphan').length
  const lost = found.length - orphans
  const sentences = [
    ...(orphans === 0 ? [] : [`it holds ${orphans} ${orphans === 1 ? 'thing' : 'things'} that no row knows`]),
    ...(lost === 0 ? [] : [`${lost} of its shares and snapshots ${lost === 1 ? 'is' : 'are'} not there`]),
  ]
  return sentences.length === 0 ? [] : [`${sentences.join(' and ')}: see manila-manage storage audit`]
}
