import type { Tx } from '../../db/schema.ts'
import { touchRules } from '../../db/store/access-mappings.ts'
import { replaceExportLocations } from '../../db/store/export-locations.ts'
import { releasePlacement } from '../../db/store/instance-places.ts'
import { claimOnPool, lockPool } from '../../db/store/pools.ts'
import { MoveRefused, refuseAttached, type Movable } from '../../db/store/share-move.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { forgetUsage } from '../../db/store/usages.ts'
import { changeInstance } from './change.ts'

/**
 * Writes the move down: the instance belongs to the target with the driver's answer `driverState`, its space is promised there and no
 * longer where it was. Its exports and rules are put on by the manila-share of the target, which finds them missing.
 */
export async function recordMove(
  tx: Tx,
  { instance, share, target }: Movable,
  goal: { readonly to: string; readonly driverState: string; readonly claimId: string; readonly now: number },
): Promise<void> {
  await takeShare(tx, share.id)
  // Asked before the bytes were copied, and tenants may ask for snapshots all the time.
  await refuseAttached(tx, share, instance)
  await lockPool(tx, target.poolId)
  await releasePlacement(tx, instance)
  const moved = await changeInstance(tx, {
    instanceId: instance.id,
    from: ['available'],
    to: null,
    instance: {
      host: goal.to,
      pool_id: target.poolId,
      backend_id: target.backendId,
      driver_state: goal.driverState,
    },
    now: goal.now,
  })
  if (!moved) throw new MoveRefused('it changed meanwhile; nothing was written, ask again')
  await claimOnPool(tx, {
    id: goal.claimId,
    poolId: target.poolId,
    ownerId: instance.id,
    addGib: share.size,
    now: goal.now,
    operationId: null,
  })
  await replaceExportLocations(tx, instance.id, [], goal.now)
  await forgetUsage(tx, instance.id)
  await touchRules(tx, instance.id)
}
