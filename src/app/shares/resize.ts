/** Larger and smaller. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { changeInstance, instanceById } from '../../db/store/share-instances.ts'
import { resolveType } from '../../db/store/share-types.ts'
import type { ShareRow } from '../../db/store/shares.ts'
import { instanceLane } from '../../model/lanes.ts'
import { Fault, fault, invalid } from '../../model/errors.ts'
import { beyondType, shareGates, tooSmall } from '../../model/gates/shares.ts'
import { shareAllows, type Allows, type ShareStatus } from '../../model/states.ts'
import { refuseLargerThanAllowed } from './new-share.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findShareToChange } from './find.ts'

/** `allows`: as it is asked for, or from what a failed one left behind. */
export async function extend(
  ctx: Ctx,
  id: string,
  newSizeGib: number,
  force: boolean,
  allows: Allows<ShareStatus> = shareAllows.extend,
): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:extend')
  if (force) ctx.policy.authorize('share:force_extend', ctx.identity)
  refuseAtOnce(shareGates.extend({ share, allows }))
  if (newSizeGib <= share.size) {
    throw invalid(`new_size must be more than the present ${share.size} GiB`)
  }
  const type = await typeOfShare(ctx, share)
  await refuseBeyondType(ctx, type?.extra_specs ?? {}, newSizeGib)
  await refuseLargerThanAllowed(ctx, newSizeGib, share)
  try {
    await move(ctx, share, 'extending', allows.states, newSizeGib)
  } catch (error) {
    // The original answers 403 for the share's own gigabytes and 413 for everything else.
    if (error instanceof Fault && error.code === 'OverQuota' && error.detail.resource === 'gigabytes') {
      throw fault('Refused', { message: error.message }, { cause: error })
    }
    throw error
  }
  await begin(ctx, share, 'extend-share', { fromGib: share.size, toGib: newSizeGib, force })
}

export async function shrink(
  ctx: Ctx,
  id: string,
  newSizeGib: number,
  allows: Allows<ShareStatus> = shareAllows.shrink,
): Promise<void> {
  const share = await findShareToChange(ctx, id, 'share:shrink')
  refuseAtOnce(shareGates.shrink({ share, allows }))
  const type = await typeOfShare(ctx, share)
  refuseAtOnce(tooSmall({ share, specs: type?.extra_specs ?? {}, sizeGib: newSizeGib }))
  await move(ctx, share, 'shrinking', allows.states, null)
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
  const privileged = ctx.policy.check('share:extend_beyond_max_share_size_spec', ctx.identity)
  refuseAtOnce(beyondType({ specs, privileged, sizeGib: newSizeGib }))
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
