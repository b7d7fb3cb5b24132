/** What users ask for, as the API would write it: rows, quota and the operation, for each kind. */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/schema.ts'
import { settle } from '../lifecycle/quotas.ts'
import { changeInstance } from '../lifecycle/shares/change.ts'
import { shownOf } from '../lifecycle/shares/shown.ts'
import { type InstanceRow, type ShareRow } from '../db/store/share-instances.ts'
import { insertShare } from '../db/store/shares.ts'
import { changeSnapshotInstance } from '../lifecycle/snapshots/change.ts'
import { plantTree } from '../storage/drivers/sim/content.ts'
import { enqueue, type NewOperation } from '../engine/queue.ts'
import { backendLane, instanceLane } from '../model/lanes.ts'
import { twinsOf } from '../model/access-twins.ts'
import type { OperationKind } from '../model/operations.ts'
import { shareCharges, snapshotCharges } from '../model/charges.ts'
import type { Bench } from './bench.fixture.ts'
import { groupScenarios } from './group-scenarios.fixture.ts'

export const owner = { project: 'project-1', user: 'user-1', type: 'type-1' }

export interface AShare {
  readonly shareId: string
  readonly instanceId: string
}
export interface ASnapshot extends AShare {
  readonly snapshotId: string
  readonly snapshotInstanceId: string
}

/** Enqueues as the API does; answers the operation's id. */
export function ask<Kind extends OperationKind>(
  bench: Bench,
  tx: Tx,
  work: Pick<NewOperation<Kind>, 'kind' | 'payload' | 'resourceId' | 'lanes'>,
  backendId: string | null = bench.backend.id,
): Promise<string> {
  return enqueue(tx, {
    ...work,
    backendId,
    projectId: owner.project,
    userId: owner.user,
    begunAs: 'user',
    requestId: 'req-1',
    now: bench.clock.now(),
  } as NewOperation<Kind>).then(({ id }) => id)
}

export interface NewShare {
  /** Default `NFS`. */
  readonly protocol?: string
  readonly sizeGib?: number
  readonly from?: ASnapshot
  readonly status?: 'creating' | 'manage_starting'
  readonly inherits?: boolean
  readonly group?: string
  /** Of a group snapshot, that it is made from. */
  readonly member?: string
}

/** Rows of a share that is being made, and its quota. */
export async function shareRows(bench: Bench, tx: Tx, wanted: NewShare): Promise<AShare> {
  const now = bench.clock.now()
  const status = wanted.status ?? 'creating'
  const instance: InstanceRow = {
    id: randomUUID(),
    share_id: randomUUID(),
    host: '',
    pool_id: null,
    backend_id: null,
    status,
    placed_gib: 0,
    availability_zone_id: null,
    share_type_id: owner.type,
    share_network_id: null,
    share_server_id: null,
    access_rules_status: 'active',
    replica_state: null,
    cast_rules_to_readonly: 0,
    progress: null,
    driver_state: '{}',
    access_generation: 0,
    access_applied: 0,
    created_at: now,
    updated_at: null,
    scheduled_at: null,
    launched_at: null,
  }
  const share: ShareRow = {
    id: instance.share_id,
    project_id: owner.project,
    user_id: owner.user,
    name: null,
    description: null,
    size: status === 'manage_starting' ? 0 : (wanted.sizeGib ?? 4),
    target_size: null,
    share_proto: wanted.protocol ?? 'NFS',
    is_public: 0,
    snapshot_id: wanted.from?.snapshotId ?? null,
    share_group_id: wanted.group ?? null,
    source_share_group_snapshot_member_id: wanted.member ?? null,
    source_backup_id: null,
    task_state: null,
    replication_type: null,
    has_replicas: 0,
    snapshot_support: 1,
    create_share_from_snapshot_support: 1,
    revert_to_snapshot_support: 1,
    mount_snapshot_support: 1,
    snapshot_inherit_share_access_support: wanted.inherits === true ? 1 : 0,
    mount_point_name: null,
    encryption_key_ref: null,
    qos_type_id: null,
    is_soft_deleted: 0,
    scheduled_to_be_deleted_at: null,
    created_at: now,
    updated_at: null,
    ...shownOf(instance),
  }
  await settle(tx, { before: [], after: shareCharges(share, [instance]) }, null)
  await insertShare(tx, share, instance, {})
  return { shareId: share.id, instanceId: instance.id }
}

export function askForShare(bench: Bench, wanted: NewShare = {}): Promise<AShare & { operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const share = await shareRows(bench, tx, wanted)
    const own = instanceLane(share.instanceId)
    const { from } = wanted
    const operationId = await ask(
      bench,
      tx,
      {
        kind: 'create-share',
        payload: {
          ...share,
          sizeGib: wanted.sizeGib ?? 4,
          snapshotInstanceId: from?.snapshotInstanceId ?? null,
          snapshotPool: null,
          availabilityZoneId: null,
          onlyHost: null,
          sameHost: [],
          differentHost: [],
          query: null,
        },
        resourceId: share.shareId,
        lanes: from === undefined ? [own] : [own, instanceLane(from.instanceId)],
      },
      null,
    )
    return { ...share, operationId }
  })
}

export async function availableShare(bench: Bench, wanted: NewShare = {}): Promise<AShare> {
  const { shareId, instanceId } = await askForShare(bench, wanted)
  await bench.drain()
  return { shareId, instanceId }
}

/** Moves the share to `status` and enqueues `kind` on it. */
export function askOfShare(
  bench: Bench,
  share: AShare,
  kind: 'delete-share' | 'extend-share' | 'shrink-share' | 'unmanage-share',
  extra: object,
  status: string,
  targetGib: number | null = null,
): Promise<string> {
  return bench.store.transaction(async (tx) => {
    const now = bench.clock.now()
    const change = { instanceId: share.instanceId, from: null, to: status, now }
    await changeInstance(tx, { ...change, share: { target_size: targetGib } })
    const payload = { shareId: share.shareId, instanceId: share.instanceId, ...extra }
    const work = { kind, payload, resourceId: share.shareId, lanes: [instanceLane(share.instanceId)] }
    return ask(bench, tx, work as never)
  })
}

export async function snapshotRows(
  bench: Bench,
  tx: Tx,
  share: AShare,
  status: string,
  groupSnapshotId: string | null = null,
): Promise<ASnapshot> {
  const now = bench.clock.now()
  const of = await tx
    .selectFrom('shares')
    .selectAll()
    .where('id', '=', share.shareId)
    .executeTakeFirstOrThrow()
  const snapshot = {
    id: randomUUID(),
    share_id: of.id,
    project_id: owner.project,
    user_id: owner.user,
    name: null,
    description: null,
    size: of.size,
    share_size: of.size,
    share_proto: of.share_proto,
    share_group_snapshot_id: groupSnapshotId,
    status,
    created_at: now,
    updated_at: null,
  }
  await settle(tx, { before: [], after: snapshotCharges(snapshot, of) }, null)
  await tx.insertInto('snapshots').values(snapshot).execute()
  const snapshotInstanceId = randomUUID()
  await tx
    .insertInto('snapshot_instances')
    .values({
      id: snapshotInstanceId,
      snapshot_id: snapshot.id,
      share_instance_id: share.instanceId,
      status,
      progress: null,
      provider_location: null,
      driver_state: '{}',
      access_generation: 0,
      access_applied: 0,
      created_at: now,
      updated_at: null,
    })
    .execute()
  return { shareId: share.shareId, instanceId: share.instanceId, snapshotId: snapshot.id, snapshotInstanceId }
}

export function askForSnapshot(bench: Bench, share: AShare): Promise<ASnapshot & { operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const snapshot = await snapshotRows(bench, tx, share, 'creating')
    const operationId = await ask(bench, tx, {
      kind: 'create-snapshot',
      payload: snapshot,
      resourceId: snapshot.snapshotId,
      lanes: [instanceLane(share.instanceId)],
    })
    return { ...snapshot, operationId }
  })
}

export async function availableSnapshot(bench: Bench, share: AShare): Promise<ASnapshot> {
  const { operationId: _, ...snapshot } = await askForSnapshot(bench, share)
  await bench.drain()
  return snapshot
}

export function askOfSnapshot(
  bench: Bench,
  snapshot: ASnapshot,
  kind: 'delete-snapshot' | 'unmanage-snapshot',
  extra: object,
  status: string,
): Promise<string> {
  return bench.store.transaction(async (tx) => {
    const now = bench.clock.now()
    const { snapshotInstanceId } = snapshot
    await changeSnapshotInstance(tx, { snapshotInstanceId, from: null, to: status, now })
    const { shareId, instanceId, snapshotId } = snapshot
    const payload = { shareId, instanceId, snapshotId, snapshotInstanceId, ...extra }
    const work = { kind, payload, resourceId: snapshotId, lanes: [instanceLane(instanceId)] }
    return ask(bench, tx, work as never)
  })
}

export function askForRevert(bench: Bench, snapshot: ASnapshot, fromGib: number, toGib: number) {
  const { snapshotInstanceId, instanceId } = snapshot
  return bench.store.transaction(async (tx) => {
    const now = bench.clock.now()
    const target_size = toGib > fromGib ? toGib : null
    await changeInstance(tx, { instanceId, from: null, to: 'reverting', share: { target_size }, now })
    await changeSnapshotInstance(tx, { snapshotInstanceId, from: null, to: 'restoring', now })
    return ask(bench, tx, {
      kind: target_size === null ? 'revert-share' : 'revert-and-extend-share',
      payload: { ...snapshot, fromGib, toGib },
      resourceId: snapshot.shareId,
      lanes: [instanceLane(instanceId)],
    })
  })
}

/** A tree of 2.5 GiB that somebody made by hand, and the request to take it over. */
export async function askToManage(bench: Bench): Promise<AShare & { operationId: string }> {
  const name = `loose-${randomUUID()}`
  await plantTree(bench.dir, {
    share_id: '',
    project_id: '',
    protocol: 'NFS',
    pool: 'sim',
    size_gib: 2.5,
    used_bytes: 10,
    token: name,
    tree: `/sim/alpha/${name}`,
    complete: true,
    cloned_from: null,
    reverted_by: null,
    fence: null,
  })
  return bench.store.transaction(async (tx) => {
    const share = await shareRows(bench, tx, { status: 'manage_starting' })
    const payload = { ...share, pool: 'node@alpha#sim', exportPath: `/sim/alpha/${name}`, driverOptions: {} }
    const operationId = await ask(bench, tx, {
      kind: 'manage-share',
      payload,
      resourceId: share.shareId,
      lanes: [instanceLane(share.instanceId)],
    })
    return { ...share, operationId }
  })
}

/** A snapshot that was given back and is to be taken over again. */
export async function askToManageSnapshot(bench: Bench): Promise<string> {
  const share = await availableShare(bench)
  const before = await availableSnapshot(bench, share)
  await askOfSnapshot(bench, before, 'unmanage-snapshot', {}, 'unmanage_starting')
  await bench.drain()
  return bench.store.transaction(async (tx) => {
    const snapshot = await snapshotRows(bench, tx, share, 'manage_starting')
    const providerLocation = `/sim/alpha/.snapshots/${before.snapshotInstanceId}`
    return ask(bench, tx, {
      kind: 'manage-snapshot',
      payload: { ...snapshot, providerLocation, driverOptions: {} },
      resourceId: snapshot.snapshotId,
      lanes: [instanceLane(share.instanceId)],
    })
  })
}

/** Brings the world to where one operation of `kind` is due, and answers its id. */
export const scenarios: Readonly<Record<OperationKind, (bench: Bench) => Promise<string>>> = {
  'create-share': async (bench) => (await askForShare(bench)).operationId,
  'delete-share': async (bench) =>
    askOfShare(
      bench,
      await availableShare(bench),
      'delete-share',
      { force: false, deferred: false },
      'deleting',
    ),
  'extend-share': async (bench) => {
    const share = await availableShare(bench)
    return askOfShare(bench, share, 'extend-share', { fromGib: 4, toGib: 7, force: false }, 'extending', 7)
  },
  'shrink-share': async (bench) => {
    const share = await availableShare(bench)
    return askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
  },
  'create-snapshot': async (bench) => (await askForSnapshot(bench, await availableShare(bench))).operationId,
  'delete-snapshot': async (bench) => {
    const snapshot = await availableSnapshot(bench, await availableShare(bench))
    const payload = { force: false, deferred: false }
    return askOfSnapshot(bench, snapshot, 'delete-snapshot', payload, 'deleting')
  },
  'revert-share': async (bench) => {
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    await askOfShare(bench, share, 'extend-share', { fromGib: 4, toGib: 9, force: false }, 'extending', 9)
    await bench.drain()
    return askForRevert(bench, snapshot, 9, 4)
  },
  'revert-and-extend-share': async (bench) => {
    const share = await availableShare(bench)
    const snapshot = await availableSnapshot(bench, share)
    await askOfShare(bench, share, 'shrink-share', { fromGib: 4, toGib: 2 }, 'shrinking')
    await bench.drain()
    return askForRevert(bench, snapshot, 2, 4)
  },
  'manage-share': async (bench) => (await askToManage(bench)).operationId,
  'unmanage-share': async (bench) =>
    askOfShare(bench, await availableShare(bench), 'unmanage-share', {}, 'unmanage_starting'),
  'manage-snapshot': askToManageSnapshot,
  'unmanage-snapshot': async (bench) => {
    const snapshot = await availableSnapshot(bench, await availableShare(bench))
    return askOfSnapshot(bench, snapshot, 'unmanage-snapshot', {}, 'unmanage_starting')
  },
  ...groupScenarios,
  'ensure-shares': async (bench) => {
    await availableShare(bench)
    const { id: backendId } = bench.backend
    return bench.store.transaction((tx) =>
      ask(bench, tx, {
        kind: 'ensure-shares',
        payload: { backendId, serviceId: bench.serviceId },
        resourceId: backendId,
        lanes: [backendLane(backendId)],
      }),
    )
  },
}

/** A rule as the API queues it. */
export function queueRule(
  bench: Bench,
  share: AShare,
  to: string,
  rule: { readonly type?: string; readonly level?: string; readonly twin?: number } = {},
): Promise<string> {
  return bench.store.transaction(async (tx) => {
    const id = randomUUID()
    const now = bench.clock.now()
    await tx
      .insertInto('access_rules')
      .values({
        id,
        share_id: share.shareId,
        access_type: rule.type ?? 'ip',
        access_to: to,
        canonical_to: rule.twin === undefined ? to : `${twinsOf(to)}${rule.twin}`,
        access_level: rule.level ?? 'rw',
        access_key: null,
        state: 'queued_to_apply',
        created_at: now,
        updated_at: null,
      })
      .execute()
    const mapping = { access_rule_id: id, share_instance_id: share.instanceId, state: 'queued_to_apply' }
    await tx.insertInto('access_rule_mappings').values(mapping).execute()
    await raise(bench, tx, share)
    return id
  })
}

export function queueDenial(bench: Bench, share: AShare, ruleId: string): Promise<void> {
  return bench.store.transaction(async (tx) => {
    await tx
      .updateTable('access_rule_mappings')
      .set({ state: 'queued_to_deny' })
      .where('access_rule_id', '=', ruleId)
      .execute()
    await raise(bench, tx, share)
  })
}

async function raise(bench: Bench, tx: Tx, { instanceId }: AShare): Promise<void> {
  await tx
    .updateTable('share_instances')
    .set((eb) => ({ access_generation: eb('access_generation', '+', 1) }))
    .where('id', '=', instanceId)
    .execute()
  const instance = { access_rules_status: 'syncing' }
  await changeInstance(tx, { instanceId, from: null, to: null, instance, now: bench.clock.now() })
}
