/**
 * A share group, empty or with a share for each member of a group snapshot. In the request's transaction: quota, the group, its
 * shares and the operation; the scheduler finds one pool that fits all of its share types.
 */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import type { ShareGroupsTable } from '../../db/schema.ts'
import { addGroup } from '../../lifecycle/share-groups/change.ts'
import { membersOf } from '../../db/store/share-group-snapshots.ts'
import { insertTypesOfGroup } from '../../db/store/share-groups.ts'
import { groupLane, instanceLane } from '../../model/lanes.ts'
import { roomInGroup } from '../limits.ts'
import { shareOfMember } from '../shares/create.ts'
import { askGroup, type AskedGroup, type CreateGroupInput } from './new-group.ts'

/** Answers the new group's id. */
export async function create(ctx: Ctx, input: CreateGroupInput): Promise<string> {
  const asked = await askGroup(ctx, input)
  const group = groupRow(ctx, input, asked)
  await addGroup(ctx.tx, 'share_group', group, {
    enforce: ctx.settings.quota,
    requestId: ctx.requestId,
  })
  await insertTypesOfGroup(ctx.tx, group.id, asked.shareTypes)
  const lanes = asked.source === null ? [] : await shares(ctx, group, asked.source)
  await start(ctx, {
    kind: 'create-share-group',
    payload: { groupId: group.id, availabilityZoneId: asked.zone?.id ?? null },
    resourceId: group.id,
    lanes: [groupLane(group.id), ...lanes],
    backendId: group.backend_id,
    projectId: group.project_id,
  })
  return group.id
}

/** One for each member. Answers their lanes, and those of what they are copied from, which must not go meanwhile. */
async function shares(
  ctx: Ctx,
  group: ShareGroupsTable,
  { snapshot, group: taken }: NonNullable<AskedGroup['source']>,
): Promise<string[]> {
  const members = await membersOf(ctx.tx, snapshot.id)
  await roomInGroup(ctx, group.id, members.length)
  const sources: string[] = []
  for (const member of members) {
    const { source, made } = await shareOfMember(ctx, group, member)
    sources.push(instanceLane(source), instanceLane(made))
  }
  return [groupLane(taken.id), ...sources]
}

function groupRow(ctx: Ctx, input: CreateGroupInput, { type, zone, source }: AskedGroup): ShareGroupsTable {
  return {
    id: randomUUID(),
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    name: input.name,
    description: input.description,
    status: 'creating',
    // From a snapshot it can only be where that is.
    host: source?.group.host ?? '',
    pool_id: source?.group.pool_id ?? null,
    backend_id: source?.group.backend_id ?? null,
    availability_zone_id: source?.group.availability_zone_id ?? zone?.id ?? null,
    share_group_type_id: type.id,
    share_network_id: null,
    share_server_id: null,
    source_share_group_snapshot_id: source?.snapshot.id ?? null,
    consistent_snapshot_support: source?.group.consistent_snapshot_support ?? null,
    created_at: ctx.clock.now(),
    updated_at: null,
  }
}
