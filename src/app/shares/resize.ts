/** Larger and smaller. */
import { type Ctx, start } from '../context.ts'
import { changeInstance, instanceById } from '../../db/store/share-instances.ts'
import { resolveType } from '../../db/store/share-types.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import { Fault, fault, invalid } from '../../model/errors.ts'
import { sizeLimits } from '../../model/extra-specs.ts'
import { shareAllows } from '../../model/states.ts'
import { refuseLargerThanAllowed } from './create.ts'
import { findShareToChange, refuseBusy, refuseSoftDeleted } from './find.ts'

export async function extend(ctx: Ctx, id: string, newSizeGib: number, force: boolean): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:extend')
  if (force) ctx.policy.authorize('share:force_extend', ctx.identity)
  refuseSoftDeleted(share)
  if (!shareAllows.extend(share)) throw wrongStatus(share, 'extended', shareAllows.extend.states)
  refuseBusy(share)
  if (newSizeGib <= share.size) {
    throw invalid(`new_size must be more than the present ${share.size} GiB`)
  }
  const type = await typeOfShare(ctx, share)
  await refuseBeyondType(ctx, type?.extra_specs ?? {}, newSizeGib)
  await refuseLargerThanAllowed(ctx, newSizeGib, share)
  try {
    await move(ctx, share, 'extending', shareAllows.extend.states, newSizeGib)
  } catch (error) {
    // The original answers 403 for the share's own gigabytes and 413 for everything else.
    if (error instanceof Fault && error.code === 'OverQuota' && error.detail.resource === 'gigabytes') {
      throw fault('Refused', { message: error.message }, { cause: error })
    }
    throw error
  }
  await begin(ctx, share, 'extend-share', { fromGib: share.size, toGib: newSizeGib, force })
}

export async function shrink(ctx: Ctx, id: string, newSizeGib: number): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:shrink')
  refuseSoftDeleted(share)
  if (!shareAllows.shrink(share)) throw wrongStatus(share, 'shrunk', shareAllows.shrink.states)
  refuseBusy(share)
  if (newSizeGib <= 0 || newSizeGib >= share.size) {
    throw invalid(`new_size must be above 0 and less than the present ${share.size} GiB`)
  }
  const type = await typeOfShare(ctx, share)
  const { minGib } = sizeLimits(type?.extra_specs ?? {})
  if (minGib !== null && newSizeGib < minGib) {
    throw invalid(`new_size must be at least ${minGib} GiB for this share type`)
  }
  await move(ctx, share, 'shrinking', shareAllows.shrink.states, null)
  await begin(ctx, share, 'shrink-share', { fromGib: share.size, toGib: newSizeGib })
}

/** Whoever may see the type: the share has it already. */
export const typeOfShare = (ctx: Ctx, share: Pick<ShareRow, 'share_type_id'>) =>
  share.share_type_id === null
    ? Promise.resolve(undefined)
    : resolveType(ctx.tx, { projectId: null }, share.share_type_id)

/** Administrators are held to another limit, if there is one. */
export async function refuseBeyondType(
  ctx: Ctx,
  specs: Readonly<Record<string, string>>,
  newSizeGib: number,
): Promise<void> {
  const { maxGib, maxExtendGib } = sizeLimits(specs)
  const privileged = ctx.policy.check('share:extend_beyond_max_share_size_spec', ctx.identity)
  const limit = privileged ? maxExtendGib : maxGib
  if (limit !== null && newSizeGib > limit) {
    throw invalid(`new_size must be at most ${limit} GiB for this share type`)
  }
}

async function move(
  ctx: Ctx,
  share: ShareRow,
  to: string,
  from: readonly string[],
  targetGib: number | null,
): Promise<void> {
  const moved = await changeInstance(ctx.tx, {
    instanceId: share.instance_id,
    from,
    to,
    share: { target_size: targetGib },
    now: ctx.clock.now(),
    requestId: ctx.requestId,
    enforce: ctx.settings.quota,
  })
  if (!moved) throw fault('LostRace', { message: `Share ${share.id} changed meanwhile: ask again.` })
}

async function begin(
  ctx: Ctx,
  share: ShareRow,
  kind: 'extend-share' | 'shrink-share',
  sizes: { fromGib: number; toGib: number; force?: boolean },
): Promise<void> {
  const instance = await instanceById(ctx.tx, share.instance_id)
  const common = {
    shareId: share.id,
    instanceId: share.instance_id,
    fromGib: sizes.fromGib,
    toGib: sizes.toGib,
  }
  const where = {
    resourceId: share.id,
    lanes: [instanceLane(share.instance_id)] as [string],
    backendId: instance?.backend_id ?? null,
    projectId: share.project_id,
  }
  if (kind === 'extend-share') {
    await start(ctx, { kind, payload: { ...common, force: sizes.force === true }, ...where })
  } else {
    await start(ctx, { kind, payload: common, ...where })
  }
}

function wrongStatus(share: ShareRow, what: string, states: readonly string[]) {
  return fault('InvalidState', {
    message: `Share ${share.id} is ${share.status}: it can only be ${what} when it is ${states.join(' or ')}.`,
  })
}
