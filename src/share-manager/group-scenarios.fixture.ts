/** What users ask of share groups, as the API would write it; see `scenarios.fixture.ts`. */
import { randomUUID } from 'node:crypto'
import { changeGroupRow, insertGroupRow, type GroupNoun } from '../db/store/group-states.ts'
import { groupLane } from '../model/lanes.ts'
import type { OperationKind } from '../model/operations.ts'
import type { Bench } from './bench.fixture.ts'
import { ask, owner } from './scenarios.fixture.ts'

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

export function askForGroup(bench: Bench): Promise<{ groupId: string; operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const group = {
      ...common(bench),
      host: '',
      pool_id: null,
      backend_id: null,
      availability_zone_id: null,
      share_group_type_id: 'group-type-1',
      share_network_id: null,
      share_server_id: null,
      source_share_group_snapshot_id: null,
      consistent_snapshot_support: null,
    }
    await insertGroupRow(tx, 'share_group', group, { enforce: bench.settings.quota, requestId: 'req-1' })
    const operationId = await ask(
      bench,
      tx,
      {
        kind: 'create-share-group',
        payload: { groupId: group.id, availabilityZoneId: null },
        resourceId: group.id,
        lanes: [groupLane(group.id)],
      },
      null,
    )
    return { groupId: group.id, operationId }
  })
}

export async function availableGroup(bench: Bench): Promise<string> {
  const { groupId } = await askForGroup(bench)
  await bench.drain()
  return groupId
}

export function askForGroupSnapshot(
  bench: Bench,
  groupId: string,
): Promise<{ groupSnapshotId: string; operationId: string }> {
  return bench.store.transaction(async (tx) => {
    const row = { ...common(bench), share_group_id: groupId }
    await insertGroupRow(tx, 'share_group_snapshot', row, {
      enforce: bench.settings.quota,
      requestId: 'req-1',
    })
    const operationId = await ask(bench, tx, {
      kind: 'create-share-group-snapshot',
      payload: { groupSnapshotId: row.id, groupId },
      resourceId: row.id,
      lanes: [groupLane(groupId)],
    })
    return { groupSnapshotId: row.id, operationId }
  })
}

/** Marks it as being deleted and asks for that. */
export function askToDelete(bench: Bench, noun: GroupNoun, id: string, groupId: string): Promise<string> {
  return bench.store.transaction(async (tx) => {
    await changeGroupRow(tx, noun, id, { from: null, to: 'deleting', now: bench.clock.now() })
    const work =
      noun === 'share_group'
        ? ({ kind: 'delete-share-group', payload: { groupId, force: false } } as const)
        : ({
            kind: 'delete-share-group-snapshot',
            payload: { groupSnapshotId: id, groupId, force: false },
          } as const)
    return ask(bench, tx, { ...work, resourceId: id, lanes: [groupLane(groupId)] } as never)
  })
}

type GroupKind = Extract<OperationKind, `${string}-share-group${string}`>

export const groupScenarios: Readonly<Record<GroupKind, (bench: Bench) => Promise<string>>> = {
  'create-share-group': async (bench) => (await askForGroup(bench)).operationId,
  'delete-share-group': async (bench) => {
    const groupId = await availableGroup(bench)
    return askToDelete(bench, 'share_group', groupId, groupId)
  },
  'create-share-group-snapshot': async (bench) =>
    (await askForGroupSnapshot(bench, await availableGroup(bench))).operationId,
  'delete-share-group-snapshot': async (bench) => {
    const groupId = await availableGroup(bench)
    const { groupSnapshotId } = await askForGroupSnapshot(bench, groupId)
    await bench.drain()
    return askToDelete(bench, 'share_group_snapshot', groupSnapshotId, groupId)
  },
}
