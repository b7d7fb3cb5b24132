/** What a share group says about a share that is made in it: it is where the group is, and of one of the group's share types. */
import type { Ctx } from '../context.ts'
import { typesOfGroups, type ShareGroupRow } from '../../db/store/share-groups.ts'
import { zoneById, type Zone } from '../../db/store/zones.ts'
import { invalid } from '../../model/errors.ts'
import { shareGroupGates } from '../../model/gates/groups.ts'
import { refuseAtOnce } from '../barriers.ts'
import { roomInGroup } from '../limits.ts'
import { findGroup } from '../share-groups/find.ts'
import type { Hints } from './hints.ts'
import type { Source } from './source.ts'
import type { ChosenType } from './type-rules.ts'

/** Null when none is named; 404 for one that is not there, 400 for one in which no share can be made. With `keeps` it is the caller's until the end. */
export async function groupFor(ctx: Ctx, id: string | null, keeps: boolean): Promise<ShareGroupRow | null> {
  if (id === null) return null
  const group = await findGroup(ctx, id, keeps)
  refuseAtOnce(shareGroupGates.ofProject({ group, projectId: ctx.identity.projectId }))
  refuseAtOnce(shareGroupGates.createShare({ group }))
  await roomInGroup(ctx, group.id, 1)
  return group
}

/** The group's zone, where there is one; 400 for another. */
export async function zoneInGroup(
  ctx: Ctx,
  named: Zone | null | undefined,
  group: ShareGroupRow | null | undefined,
): Promise<Zone | null | undefined> {
  if (group === undefined || group === null || named === undefined) return named
  if (named === null) return zoneById(ctx.db, group.availability_zone_id)
  if (named.id !== group.availability_zone_id)
    throw invalid(`share.availability_zone must be the zone of share group ${group.id}`)
  return named
}

/** Throws 400 for a type that the group does not have, also when it is only the default. */
export async function typeInGroup(ctx: Ctx, type: ChosenType | null, group: ShareGroupRow): Promise<void> {
  const types = (await typesOfGroups(ctx.db, [group.id])).get(group.id) ?? []
  if (type === null || !types.includes(type.id))
    throw invalid(`share.share_type must be one of the share types of share group ${group.id}`)
}

/** A share from a snapshot is where the snapshot is, and that must be where the group is. */
export function sourceInGroup(source: Source | null | undefined, group: ShareGroupRow): void {
  if (source !== null && source !== undefined && source.instance.host !== group.host)
    throw invalid(`share.snapshot_id must be of a share in the pool of share group ${group.id}`)
}

/** The group's pool is the only one. */
export function hintsInGroup(hints: Hints, group: ShareGroupRow | null | undefined): Hints {
  if (group === undefined || group === null) return hints
  if (hints.onlyHost !== null && hints.onlyHost !== group.host)
    throw invalid(`scheduler_hints.only_host must be the pool of share group ${group.id}`)
  return { ...hints, onlyHost: group.host }
}
