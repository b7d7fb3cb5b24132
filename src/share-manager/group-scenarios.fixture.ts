/** What users ask of share groups, as the API would write it; see `scenarios.fixture.ts`. Groups have two shares. */
import { randomUUID } from 'node:crypto'
import type { Tx } from '../db/schema.ts'
import type { GroupNoun } from '../db/store/group-rows.ts'
import { addGroup, changeGroup } from '../lifecycle/share-groups/change.ts'
import { changeSnapshotInstance } from '../lifecycle/snapshots/change.ts'
import { groupLane, instanceLane } from '../model/lanes.ts'
import type { OperationKind } from '../model/operations.ts'
import type { Bench } from './bench.fixture.ts'
import {
  ask,
  availableShare,
  owner,
  shareRows,
  snapshotRows,
  type AShare,
  type ASnapshot,
} from './scenarios.fixture.ts'

export interface AGroup {
  readonly groupId: string
  readonly shares: readonly AShare[]
}
export interface AGroupSnapshot {
  readonly groupSnapshotId: string
  readonly members: readonly ASnapshot[]
}

const common = (bench: Bench) => ({
  id: randomUUID(),
  project_id: owner.project,
  user_id: owner.user,
  name: null,
  description: null,
  status: 'creating',
  created_at: bench.clock.now(),
  updated_at: null,
})

const insert = (bench: Bench) => ({ enforce: bench.settings.quota, requestId: 'req-1' })

async function groupRow(
  bench: Bench,
  tx: Tx,
  place: { readonly backend_id: string | null; readonly host: string; readonly pool_id: string | null },
): Promise<string> {
  const group = {
    ...common(bench),
    ...place,
    availability_zone_id: null,
    share_group_type_id: 'group-type-1',
    share_network_id: null,
    share_server_id: null,
    source_share_group_snapshot_id: null,
    consistent_snapshot_support: null,
  }
  await addGroup(tx, 'share_group', group, insert(bench))
  return group.id
}

export function askForGroup(bench: Bench): Promise<{ groupId: string; operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const groupId = await groupRow(bench, tx, { backend_id: null, host: '', pool_id: null })
    const work = {
      kind: 'create-share-group',
      payload: { groupId, availabilityZoneId: null },
      resourceId: groupId,
      lanes: [groupLane(groupId)],
    } as const
    return { groupId, operationId: await ask(bench, tx, work, null) }
  })
}

/** With two shares that were made in it. */
export async function availableGroup(bench: Bench): Promise<AGroup> {
  const { groupId } = await askForGroup(bench)
  await bench.drain()
  const shares = [await availableShare(bench), await availableShare(bench)]
  for (const { shareId } of shares)
    await bench.store.db
      .updateTable('shares')
      .set({ share_group_id: groupId })
      .where('id', '=', shareId)
      .execute()
  return { groupId, shares }
}

export function askForGroupSnapshot(
  bench: Bench,
  { groupId, shares }: AGroup,
): Promise<AGroupSnapshot & { operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const row = { ...common(bench), share_group_id: groupId }
    await addGroup(tx, 'share_group_snapshot', row, insert(bench))
    const members: ASnapshot[] = []
    for (const share of shares) members.push(await snapshotRows(bench, tx, share, 'creating', row.id))
    const operationId = await ask(bench, tx, {
      kind: 'create-share-group-snapshot',
      payload: { groupSnapshotId: row.id, groupId },
      resourceId: row.id,
      lanes: [groupLane(groupId), ...shares.map(({ instanceId }) => instanceLane(instanceId))],
    })
    return { groupSnapshotId: row.id, members, operationId }
  })
}

export async function availableGroupSnapshot(bench: Bench): Promise<AGroup & AGroupSnapshot> {
  const group = await availableGroup(bench)
  const { operationId: _, ...snapshot } = await askForGroupSnapshot(bench, group)
  await bench.drain()
  return { ...group, ...snapshot }
}

/** A new group with a share for each member. */
export async function askForGroupFrom(bench: Bench, taken: AGroup & AGroupSnapshot): Promise<string> {
  return bench.store.transaction(async (tx) => {
    const home = { backend_id: bench.backend.id, host: 'node@alpha#sim', pool_id: bench.poolId }
    const groupId = await groupRow(bench, tx, home)
    const lanes = [groupLane(groupId), groupLane(taken.groupId)]
    for (const { snapshotId, instanceId } of taken.members) {
      const made = await shareRows(bench, tx, { group: groupId, member: snapshotId })
      lanes.push(instanceLane(made.instanceId), instanceLane(instanceId))
    }
    return ask(bench, tx, {
      kind: 'create-share-group',
      payload: { groupId, availabilityZoneId: null },
      resourceId: groupId,
      lanes: lanes as [string, ...string[]],
    })
  })
}

/** Marks it as being deleted and asks for that. */
export function askToDelete(bench: Bench, noun: GroupNoun, id: string, of: AGroup & Partial<AGroupSnapshot>) {
  const { groupId, members = [] } = of
  return bench.store.transaction(async (tx) => {
    const now = bench.clock.now()
    await changeGroup(tx, noun, id, { from: null, to: 'deleting', now })
    for (const { snapshotInstanceId } of members)
      await changeSnapshotInstance(tx, { snapshotInstanceId, from: null, to: 'deleting', now })
    const payload = { groupId, groupSnapshotId: id, force: false }
    const kind = noun === 'share_group' ? 'delete-share-group' : 'delete-share-group-snapshot'
    const lanes = [groupLane(groupId), ...members.map(({ instanceId }) => instanceLane(instanceId))]
    return ask(bench, tx, { kind, payload, resourceId: id, lanes } as never)
  })
}

type GroupKind = Extract<OperationKind, `${string}-share-group${string}`>

export const groupScenarios: Readonly<Record<GroupKind, (bench: Bench) => Promise<string>>> = {
  'create-share-group': async (bench) => askForGroupFrom(bench, await availableGroupSnapshot(bench)),
  'delete-share-group': async (bench) => {
    const { groupId } = await askForGroup(bench)
    await bench.drain()
    return askToDelete(bench, 'share_group', groupId, { groupId, shares: [] })
  },
  'create-share-group-snapshot': async (bench) =>
    (await askForGroupSnapshot(bench, await availableGroup(bench))).operationId,
  'delete-share-group-snapshot': async (bench) => {
    const taken = await availableGroupSnapshot(bench)
    return askToDelete(bench, 'share_group_snapshot', taken.groupSnapshotId, taken)
  },
}
