/** What a new share asks of the pools, whether it is there already or only talked about. */
import type { Settings } from '../config/schema.ts'
import type { DbOrTx } from '../db/schema.ts'
import { poolLabelsOfShare } from '../db/store/shares.ts'
import { zonesSpec } from '../model/extra-specs.ts'
import { placementRequest } from './request.ts'
import type { HintedShare, PlacementRequest } from './types.ts'

export interface NewShareWish {
  readonly sizeGib: number
  readonly protocol: string
  readonly shareType: PlacementRequest['shareType']
  readonly share: NonNullable<PlacementRequest['share']>
  readonly snapshotPool: string | null
  readonly availabilityZoneId: string | null
  readonly onlyHost: string | null
  /** Ids of shares. */
  readonly sameHost: readonly string[]
  readonly differentHost: readonly string[]
  readonly query: string | null
  readonly excludedPools: readonly string[]
}

/** Looks up the pools of shares that are named by their ids. */
export async function requestFor(
  db: DbOrTx,
  settings: Pick<Settings, 'shares'>,
  wish: NewShareWish,
): Promise<PlacementRequest> {
  const { shareType } = wish
  return placementRequest({
    kind: 'create',
    sizeGib: wish.sizeGib,
    shareType,
    shareProto: wish.protocol,
    share: wish.share,
    snapshotPool: wish.snapshotPool,
    useSchedulerCreatingShareFromSnapshot: settings.shares.use_scheduler_creating_share_from_snapshot,
    availabilityZoneId: wish.availabilityZoneId,
    availabilityZones: shareType === null ? [] : zonesSpec(shareType.extraSpecs),
    onlyHost: wish.onlyHost,
    sameHost: await hinted(db, wish.sameHost),
    differentHost: await hinted(db, wish.differentHost),
    query: wish.query,
    excludedPools: wish.excludedPools,
  })
}

async function hinted(db: DbOrTx, shareIds: readonly string[]): Promise<HintedShare[]> {
  const found: HintedShare[] = []
  for (const shareId of shareIds) found.push({ shareId, pools: await poolLabelsOfShare(db, shareId) })
  return found
}
