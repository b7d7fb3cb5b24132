/** Publishing and withdrawing, as steps of several operations. */
import type { ExportLocation, ExportRef, Tree } from '../../storage/contract/driver.ts'
import type { Job, Json } from '../../engine/operation.ts'
import { mustBeOn, rulesOfInstance } from '../../db/store/access-mappings.ts'
import { servedReadOnly } from '../../db/store/read-only-pools.ts'
import type { StepParts } from '../parts.ts'
import { shareExport, snapshotExport, type ShareSubject, type SnapshotSubject } from '../refs.ts'
import { exportRules } from '../rules.ts'
import { onBackend } from './calls.ts'

/** Publishes the share to nobody yet; answers where. Nowhere on a backend that publishes nothing at all. */
export async function publishShare(
  parts: StepParts,
  job: Job,
  subject: ShareSubject,
  tree: Tree | null,
): Promise<readonly ExportLocation[]> {
  return publish(parts, job, subject.instance.id, shareExport(subject, tree))
}

/** True when snapshots of this share are exports of their own. */
export function isMountable(parts: StepParts, subject: SnapshotSubject): boolean {
  const { backend } = parts
  return (
    subject.share.mount_snapshot_support === 1 &&
    backend?.publisher !== null &&
    backend?.driver.mountsSnapshots !== undefined
  )
}

/** Mounts and publishes the snapshot read-only, if its share asks for that. */
export async function publishSnapshot(
  parts: StepParts,
  job: Job,
  subject: SnapshotSubject,
): Promise<readonly ExportLocation[]> {
  if (!isMountable(parts, subject)) return []
  const how = { name: 'snapshot-tree', instanceId: subject.instance.id }
  const tree = await onBackend(parts, job, how, async (call, { driver }) =>
    driver.mountsSnapshots === undefined ? null : driver.mountsSnapshots.tree(call, subject.snapshotRef),
  )
  return publish(parts, job, subject.instance.id, snapshotExport(subject, tree))
}

/** Nothing is served and nothing mounted under the snapshot's id afterwards. */
export async function withdrawSnapshot(
  parts: StepParts,
  job: Job,
  subject: SnapshotSubject,
  deadlineMs?: number,
): Promise<void> {
  if (!isMountable(parts, subject)) return
  await unpublish(parts, job, subject.instance.id, snapshotExport(subject), deadlineMs)
  const how = {
    name: 'snapshot-release',
    instanceId: subject.instance.id,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }
  await onBackend(parts, job, how, async (call, { driver }) => {
    await driver.mountsSnapshots?.release(call, subject.snapshotRef)
  })
}

async function publish(
  parts: StepParts,
  job: Job,
  instanceId: string,
  target: ExportRef,
): Promise<readonly ExportLocation[]> {
  return onBackend(parts, job, { name: 'publish', instanceId }, async (call, { publisher }) =>
    publisher === null ? [] : publisher.publish(call, target),
  )
}

export async function unpublish(
  parts: StepParts,
  job: Job,
  instanceId: string,
  target: ExportRef,
  deadlineMs?: number,
): Promise<void> {
  const how = { name: 'unpublish', instanceId, ...(deadlineMs === undefined ? {} : { deadlineMs }) }
  await onBackend(parts, job, how, async (call, { publisher }) => {
    await publisher?.unpublish(call, target)
  })
}

/** Puts the rules that are in force back on an export that was published anew. */
export async function restoreRules(parts: StepParts, job: Job, subject: ShareSubject): Promise<void> {
  const rules = (await rulesOfInstance(parts.store.db, subject.instance.id)).filter((rule) =>
    mustBeOn.includes(rule.state),
  )
  const how = { name: 'apply-rules', instanceId: subject.instance.id }
  const readOnly = await servedReadOnly(parts.store.db, subject.instance)
  await onBackend(parts, job, how, async (call, { publisher }) => {
    await publisher?.applyRules(call, shareExport(subject), exportRules(rules, { readOnly }))
  })
}

export const locationsJson = (locations: readonly ExportLocation[]): Json =>
  locations.map(({ path, preferred, adminOnly }) => ({ path, preferred, adminOnly }))
