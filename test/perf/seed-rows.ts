/** Rows of shares as the services write them, for tests and measurements that need thousands at once. */
import { randomUUID } from 'node:crypto'
import type { ShareInstancesTable, SharesTable } from '../../src/db/schema.ts'
import { shownOf } from '../../src/lifecycle/shares/shown.ts'

export interface ShareSeed {
  readonly projectId: string
  readonly userId: string
  readonly now: number
  readonly sizeGib?: number
  readonly shareTypeId?: string | null
  readonly share?: Partial<SharesTable>
  readonly instance?: Partial<ShareInstancesTable>
}

/** A share that was just asked for, with its one instance. */
export function shareRows(seed: ShareSeed): { share: SharesTable; instance: ShareInstancesTable } {
  const instance: ShareInstancesTable = {
    id: randomUUID(),
    share_id: randomUUID(),
    host: '',
    pool_id: null,
    backend_id: null,
    status: 'creating',
    placed_gib: 0,
    availability_zone_id: null,
    share_type_id: seed.shareTypeId ?? null,
    share_network_id: null,
    share_server_id: null,
    access_rules_status: 'active',
    replica_state: null,
    cast_rules_to_readonly: 0,
    progress: null,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: seed.now,
    updated_at: null,
    scheduled_at: null,
    launched_at: null,
    ...seed.instance,
  }
  const share: SharesTable = {
    id: instance.share_id,
    project_id: seed.projectId,
    user_id: seed.userId,
    name: null,
    description: null,
    size: seed.sizeGib ?? 1,
    target_size: null,
    share_proto: 'NFS',
    is_public: 0,
    snapshot_id: null,
    share_group_id: null,
    source_share_group_snapshot_member_id: null,
    source_backup_id: null,
    task_state: null,
    replication_type: null,
    snapshot_support: 1,
    create_share_from_snapshot_support: 1,
    revert_to_snapshot_support: 1,
    mount_snapshot_support: 1,
    snapshot_inherit_share_access_support: 0,
    has_replicas: 0,
    mount_point_name: null,
    encryption_key_ref: null,
    qos_type_id: null,
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    created_at: seed.now,
    updated_at: null,
    ...shownOf(instance),
    ...seed.share,
  }
  return { share, instance }
}
