/** Rows that route tests start from: a backend, shares on it, snapshots of them, written as the services leave them. */
import { randomUUID } from 'node:crypto'
import type {
  ShareInstancesTable,
  SharesTable,
  SnapshotInstancesTable,
  SnapshotsTable,
} from '../db/schema.ts'
import { settle } from '../lifecycle/quotas.ts'
import { pathHash } from '../db/store/export-locations.ts'
import { insertShare } from '../db/store/shares.ts'
import { insertSnapshot } from '../db/store/snapshot-list.ts'
import { shownOf } from '../lifecycle/shares/shown.ts'
import { shareCharges, snapshotCharges } from '../model/charges.ts'
import { personas, type Bench, type Token } from './bench.fixture.ts'

/** Makes the one backend `node@sim` with its zone, once per bench. Answers its id. */
export async function seedBackend(bench: Bench): Promise<string> {
  const known = await bench.db.selectFrom('backends').select('id').executeTakeFirst()
  if (known !== undefined) return known.id
  const zone = bench.id()
  const now = bench.clock.now()
  await bench.db
    .insertInto('availability_zones')
    .values({ id: zone, name: 'nova', created_at: now, updated_at: null })
    .execute()
  const id = bench.id()
  await bench.db
    .insertInto('backends')
    .values({
      id,
      label: 'node@sim',
      backend_name: 'sim',
      availability_zone_id: zone,
      reach: 'host',
      info_hash: null,
      health: 'ready',
      health_reason: null,
      health_at: now,
      capabilities: '{}',
      created_at: now,
    })
    .execute()
  return id
}

/** An available 2 GiB share of `owner` with one export location; its quota is charged. */
export async function seedShare(
  bench: Bench,
  owner: Token = 'demo',
  share: Partial<SharesTable> = {},
  instance: Partial<ShareInstancesTable> = {},
): Promise<{ readonly id: string; readonly instanceId: string; readonly backendId: string }> {
  const backendId = await seedBackend(bench)
  const zone = await bench.db.selectFrom('availability_zones').select('id').executeTakeFirstOrThrow()
  const now = bench.clock.now()
  const instanceRow: ShareInstancesTable = {
    id: randomUUID(),
    share_id: randomUUID(),
    host: 'node@sim#pool',
    pool_id: null,
    backend_id: backendId,
    status: 'available',
    placed_gib: 0,
    availability_zone_id: zone.id,
    share_type_id: null,
    share_network_id: null,
    share_server_id: null,
    access_rules_status: 'active',
    replica_state: null,
    cast_rules_to_readonly: 0,
    progress: '100%',
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: now,
    updated_at: null,
    scheduled_at: now,
    launched_at: now,
    ...instance,
  }
  const row: SharesTable = {
    id: instanceRow.share_id,
    project_id: personas[owner].projectId,
    user_id: personas[owner].userId,
    name: 'seeded',
    description: null,
    size: 2,
    target_size: null,
    share_proto: 'NFS',
    is_public: 0,
    snapshot_id: null,
    share_group_id: null,
    source_share_group_snapshot_member_id: null,
    source_backup_id: null,
    task_state: null,
    replication_type: null,
    has_replicas: 0,
    snapshot_support: 1,
    create_share_from_snapshot_support: 1,
    revert_to_snapshot_support: 1,
    mount_snapshot_support: 1,
    snapshot_inherit_share_access_support: 0,
    mount_point_name: null,
    encryption_key_ref: null,
    qos_type_id: null,
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    created_at: now,
    updated_at: null,
    ...shownOf(instanceRow),
    ...share,
  }
  await bench.store.transaction(async (tx) => {
    await insertShare(tx, row, instanceRow, {})
    await settle(tx, { before: [], after: shareCharges(row, [instanceRow]) }, null)
  })
  await seedLocation(bench, instanceRow.id, `10.0.0.1:/exports/${row.id}`)
  return { id: row.id, instanceId: instanceRow.id, backendId }
}

export async function seedLocation(
  bench: Bench,
  instanceId: string,
  path: string,
  adminOnly = false,
): Promise<string> {
  const id = bench.id()
  await bench.db
    .insertInto('share_instance_export_locations')
    .values({
      id,
      share_instance_id: instanceId,
      path,
      path_hash: pathHash(path),
      is_admin_only: adminOnly ? 1 : 0,
      preferred: 0,
      created_at: bench.clock.now(),
      updated_at: null,
    })
    .execute()
  return id
}

/** An available snapshot of a seeded share; its quota is charged. */
export async function seedSnapshot(
  bench: Bench,
  share: { readonly id: string; readonly instanceId: string },
  owner: Token = 'demo',
  snapshot: Partial<SnapshotsTable> = {},
  instance: Partial<SnapshotInstancesTable> = {},
): Promise<{ readonly id: string; readonly instanceId: string }> {
  const now = bench.clock.now()
  const row: SnapshotsTable = {
    id: randomUUID(),
    share_id: share.id,
    project_id: personas[owner].projectId,
    user_id: personas[owner].userId,
    name: 'seeded',
    description: null,
    size: 2,
    share_size: 2,
    share_proto: 'NFS',
    share_group_snapshot_id: null,
    status: 'available',
    created_at: now,
    updated_at: null,
    ...snapshot,
  }
  const instanceRow: SnapshotInstancesTable = {
    id: randomUUID(),
    snapshot_id: row.id,
    share_instance_id: share.instanceId,
    status: row.status,
    progress: '100%',
    provider_location: 'snap-1',
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: now,
    updated_at: null,
    ...instance,
  }
  await bench.store.transaction(async (tx) => {
    await insertSnapshot(tx, row, instanceRow, {})
    await settle(tx, { before: [], after: snapshotCharges(row, { share_type_id: null }) }, null)
  })
  return { id: row.id, instanceId: instanceRow.id }
}
