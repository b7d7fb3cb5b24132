/** Publishing and withdrawing, as steps of several operations. */
import {
  isDriverError,
  type ExportLocation,
  type ExportRef,
  type Tree,
} from '../../storage/contract/driver.ts'
import { StepFailure, type Job, type Json } from '../../engine/operation.ts'
import { rulesOfInstance } from '../../db/store/access-mappings.ts'
import { servedReadOnly } from '../../db/store/read-only-pools.ts'
import type { StepParts } from '../parts.ts'
import { shareExport, snapshotExport, type ShareSubject, type SnapshotSubject } from '../refs.ts'
import { applyRules, type SendRules } from '../rules.ts'
import { asStepFailure, backendOf, onBackend } from './calls.ts'

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
  const request = { name: 'snapshot-tree', instanceId: subject.instance.id }
  const tree = await onBackend(parts, job, request, async (call, { driver }) =>
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
  const request = {
    name: 'snapshot-release',
    instanceId: subject.instance.id,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  }
  await onBackend(parts, job, request, async (call, { driver }) => {
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
  const request = { name: 'unpublish', instanceId, ...(deadlineMs === undefined ? {} : { deadlineMs }) }
  await onBackend(parts, job, request, async (call, { publisher }) => {
    await publisher?.unpublish(call, target)
  })
}

/** Puts the rules that are in force back on an export that was published anew. */
export async function restoreRules(parts: StepParts, job: Job, subject: ShareSubject): Promise<void> {
  const rules = await rulesOfInstance(parts.store.db, subject.instance.id)
  const { publisher } = backendOf(parts)
  if (publisher === null) return
  const request = { name: 'apply-rules', instanceId: subject.instance.id }
  const readOnly = await servedReadOnly(parts.store.db, subject.instance)
  const about = { protocol: subject.ref.protocol, publisher, readOnly }
  const send: SendRules = (toApply) =>
    onBackend(parts, job, request, (call) => publisher.applyRules(call, shareExport(subject), toApply)).catch(
      (error: unknown) => {
        // What the backend said of the rules, so that one it doesn't take keeps no other from being put back.
        throw error instanceof StepFailure && isDriverError(error.cause) ? error.cause : error
      },
    )
  await applyRules(rules, about, send, { apart: false }).catch((error: unknown) => {
    throw asStepFailure(error)
  })
}

export const locationsJson = (locations: readonly ExportLocation[]): Json =>
  locations.map(({ path, preferred, adminOnly }) => ({ path, preferred, adminOnly }))
