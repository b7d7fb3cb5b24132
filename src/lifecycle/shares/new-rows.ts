/** The rows of a new share and its first instance: one builder, whether the share is made or taken over. */
import { randomUUID } from 'node:crypto'
import type { ShareInstancesTable, SharesTable } from '../../db/schema.ts'
import { boolSpec } from '../../model/extra-specs.ts'
import { shownOf } from './shown.ts'

/** What a share can do is decided by its type at birth. */
export interface TypeOfShare {
  readonly id: string
  readonly extra_specs: Readonly<Record<string, string>>
}

export interface NewShareRows {
  readonly projectId: string
  readonly userId: string
  readonly name: string | null
  readonly description: string | null
  readonly isPublic: boolean
  /** GiB; 0 while only the backend knows. */
  readonly size: number
  readonly protocol: string
  readonly type: TypeOfShare | null
  readonly snapshotId: string | null
  readonly shareGroupId: string | null
  /** Member of the group snapshot that its group is made from. */
  readonly groupSnapshotMemberId: string | null
  readonly mountPoint: string | null
  readonly encryptionKeyRef: string | null
  readonly zoneId: string | null
  readonly status: 'creating' | 'manage_starting'
  /** Where it is already; null where the scheduler is to choose. */
  readonly place: { readonly label: string; readonly backendId: string } | null
  /** Microseconds. */
  readonly now: number
}

/** Nothing is written, charged or told. */
export function newShareRows(from: NewShareRows): {
  readonly share: SharesTable
  readonly instance: ShareInstancesTable
} {
  const instance: ShareInstancesTable = {
    id: randomUUID(),
    share_id: randomUUID(),
    host: from.place?.label ?? '',
    pool_id: null,
    backend_id: from.place?.backendId ?? null,
    status: from.status,
    placed_gib: 0,
    availability_zone_id: from.zoneId,
    share_type_id: from.type?.id ?? null,
    share_network_id: null,
    share_server_id: null,
    access_rules_status: 'active',
    replica_state: null,
    cast_rules_to_readonly: 0,
    progress: null,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: from.now,
    updated_at: null,
    scheduled_at: from.place === null ? null : from.now,
    launched_at: null,
  }
  const share: SharesTable = {
    id: instance.share_id,
    project_id: from.projectId,
    user_id: from.userId,
    name: from.name,
    description: from.description,
    size: from.size,
    target_size: null,
    share_proto: from.protocol,
    is_public: from.isPublic ? 1 : 0,
    snapshot_id: from.snapshotId,
    share_group_id: from.shareGroupId,
    source_share_group_snapshot_member_id: from.groupSnapshotMemberId,
    source_backup_id: null,
    task_state: null,
    ...abilitiesOf(from.type),
    has_replicas: 0,
    mount_point_name: from.mountPoint,
    encryption_key_ref: from.encryptionKeyRef,
    qos_type_id: null,
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    created_at: from.now,
    updated_at: null,
    ...shownOf(instance),
  }
  return { share, instance }
}

/** What a share can do is decided by its type at birth. */
export function abilitiesOf(
  type: TypeOfShare | null,
): Pick<
  SharesTable,
  | 'replication_type'
  | 'snapshot_support'
  | 'create_share_from_snapshot_support'
  | 'revert_to_snapshot_support'
  | 'mount_snapshot_support'
  | 'snapshot_inherit_share_access_support'
> {
  const has = (key: Parameters<typeof boolSpec>[1]): 0 | 1 =>
    type !== null && boolSpec(type.extra_specs, key) === true ? 1 : 0
  return {
    replication_type: type?.extra_specs.replication_type ?? null,
    snapshot_support: has('snapshot_support'),
    create_share_from_snapshot_support: has('create_share_from_snapshot_support'),
    revert_to_snapshot_support: has('revert_to_snapshot_support'),
    mount_snapshot_support: has('mount_snapshot_support'),
    snapshot_inherit_share_access_support: has('snapshot_inherit_share_access_support'),
  }
}
