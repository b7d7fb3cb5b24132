/** The registry: every operation whose steps the share manager runs. One line per version of a kind. */
import { registry, type Registry } from '../../engine/operation.ts'
import { operationPlans } from '../../model/operations.ts'
import type { StepParts } from '../parts.ts'
import { createShare, createShareInFour } from './create-share.ts'
import { createSnapshot } from './create-snapshot.ts'
import { deleteShare, deleteShareInThree } from './delete-share.ts'
import { deleteSnapshot } from './delete-snapshot.ts'
import { ensureShares } from './ensure-shares.ts'
import { extendShare } from './extend-share.ts'
import { manageShare } from './manage-share.ts'
import { manageSnapshot } from './manage-snapshot.ts'
import { revertAndExtendShare, revertShare } from './revert-share.ts'
import { createShareGroupSnapshot, deleteShareGroupSnapshot } from './share-group-snapshots.ts'
import { createShareGroup, deleteShareGroup } from './share-groups.ts'
import { shrinkShare } from './shrink-share.ts'
import { unmanageShare } from './unmanage-share.ts'
import { unmanageSnapshot } from './unmanage-snapshot.ts'

/** Throws at start when a step of the plans has no code, or the other way round. */
export function shareOperations(parts: StepParts): Registry {
  return registry('share', operationPlans, [
    createShare(parts),
    createShareInFour(parts),
    deleteShare(parts),
    deleteShareInThree(parts),
    extendShare(parts),
    shrinkShare(parts),
    createSnapshot(parts),
    deleteSnapshot(parts),
    revertShare(parts),
    revertAndExtendShare(parts),
    manageShare(parts),
    unmanageShare(parts),
    manageSnapshot(parts),
    unmanageSnapshot(parts),
    createShareGroup(parts),
    deleteShareGroup(parts),
    createShareGroupSnapshot(parts),
    deleteShareGroupSnapshot(parts),
    ensureShares(parts),
  ])
}
