/** Rows as drivers and exporters see them. Read again for every step: what an earlier step saw may be old. */
import type { DbOrTx } from '../db/schema.ts'
import { extraSpecs } from '../db/store/share-types.ts'
import type { InstanceRow, ShareRow } from '../db/store/share-instances.ts'
import { instanceWithShare } from '../db/store/instance-with-share.ts'
import {
  snapshotById,
  snapshotInstanceById,
  type SnapshotInstanceRow,
  type SnapshotRow,
} from '../db/store/snapshots.ts'
import type { DriverState, ExportRef, ShareRef, SnapshotRef, Tree } from '../storage/contract/driver.ts'

/** What `driver_state` holds: the driver's own strings and the tree it last answered. */
export interface Kept {
  readonly state: DriverState
  readonly tree: Tree | null
}

export function kept(column: string): Kept {
  const { state, tree } = JSON.parse(column) as Partial<Kept>
  return { state: state ?? {}, tree: tree ?? null }
}

export const driverStateOf = (what: Kept): string => JSON.stringify({ state: what.state, tree: what.tree })

export interface ShareSubject {
  readonly share: ShareRow
  readonly instance: InstanceRow
  readonly ref: ShareRef
}

export interface SnapshotSubject extends ShareSubject {
  readonly snapshot: SnapshotRow
  readonly snapshotInstance: SnapshotInstanceRow
  readonly snapshotRef: SnapshotRef
}

/** Undefined when either row is gone. */
export async function loadShare(db: DbOrTx, instanceId: string): Promise<ShareSubject | undefined> {
  const found = await instanceWithShare(db, instanceId)
  if (found === undefined) return undefined
  const { share, instance, type } = found
  return { share, instance, ref: shareRef(share, instance, type?.extraSpecs ?? {}) }
}

/** Undefined when one of the rows is gone. */
export async function loadSnapshot(
  db: DbOrTx,
  snapshotInstanceId: string,
): Promise<SnapshotSubject | undefined> {
  const snapshotInstance = await snapshotInstanceById(db, snapshotInstanceId)
  if (snapshotInstance === undefined) return undefined
  const snapshot = await snapshotById(db, snapshotInstance.snapshot_id)
  const subject = await loadShare(db, snapshotInstance.share_instance_id)
  if (snapshot === undefined || subject === undefined) return undefined
  return {
    ...subject,
    snapshot,
    snapshotInstance,
    snapshotRef: snapshotRef(snapshot, snapshotInstance, subject.ref),
  }
}

export function shareRef(
  share: Pick<ShareRow, 'id' | 'project_id' | 'share_proto' | 'size' | 'mount_point_name'>,
  instance: Pick<InstanceRow, 'id' | 'host' | 'driver_state'>,
  specs: Readonly<Record<string, string>>,
): ShareRef {
  return {
    id: instance.id,
    shareId: share.id,
    projectId: share.project_id,
    protocol: share.share_proto,
    sizeGib: share.size,
    pool: poolName(instance.host),
    state: kept(instance.driver_state).state,
    specs,
    mountPointName: share.mount_point_name,
  }
}

export function snapshotRef(
  snapshot: Pick<SnapshotRow, 'id' | 'size'>,
  snapshotInstance: Pick<SnapshotInstanceRow, 'id' | 'driver_state'>,
  share: ShareRef,
): SnapshotRef {
  return {
    id: snapshotInstance.id,
    snapshotId: snapshot.id,
    share,
    sizeGib: snapshot.size,
    state: kept(snapshotInstance.driver_state).state,
  }
}

/** For taking away what a row that is gone may have left: the id is all that counts. */
export function bareShareRef(shareId: string, instanceId: string): ShareRef {
  return {
    id: instanceId,
    shareId,
    projectId: '',
    protocol: '',
    sizeGib: 0,
    pool: '',
    state: {},
    specs: {},
    mountPointName: null,
  }
}

/** The tree is left out where only the id counts (unpublish, rules). */
export function shareExport(subject: ShareSubject, tree?: Tree | null): ExportRef {
  const { ref, instance } = subject
  return {
    id: ref.id,
    protocol: ref.protocol,
    projectId: ref.projectId,
    state: ref.state,
    tree: tree === undefined ? kept(instance.driver_state).tree : tree,
    name: ref.mountPointName ?? ref.id,
  }
}

export function snapshotExport(subject: SnapshotSubject, tree?: Tree | null): ExportRef {
  const { id } = subject.snapshotInstance
  return {
    id,
    protocol: subject.ref.protocol,
    projectId: subject.ref.projectId,
    state: subject.snapshotRef.state,
    tree: tree === undefined ? kept(subject.snapshotInstance.driver_state).tree : tree,
    name: id,
  }
}

/** For taking an export away when its row is gone. */
export const bareExport = (id: string): ExportRef => ({
  id,
  protocol: '',
  projectId: '',
  state: {},
  tree: null,
  name: id,
})

/** `p1` of `host@alpha#p1`. */
export const poolName = (label: string): string => label.slice(label.indexOf('#') + 1)

export async function specsOf(
  db: DbOrTx,
  shareTypeId: string | null,
): Promise<Readonly<Record<string, string>>> {
  return shareTypeId === null ? {} : extraSpecs(db, shareTypeId)
}
