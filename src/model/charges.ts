/**
 * What each row costs, and who pays for it. One pure function per noun answers its lines; every transition settles those of
 * after against those of before in its own transaction, and the recount adds the same lines up: the two can't disagree.
 * A new noun needs a function here and its rows in `db/store/quota-recount.ts` (docs/decisions/0066-quota-lines.md).
 */
import { linesOf, type QuotaLine } from './quota-lines.ts'

/** A share that was deleted the deferred way has given its quota back already. */
const released: readonly string[] = ['deferred_deleting', 'error_deferred_deleting']

/** A managed share whose takeover hasn't succeeded is charged nothing yet. */
const notYetCharged: readonly string[] = ['manage_starting', 'manage_error', 'manage_error_unmanage_starting']

const isCharged = ({ status }: { readonly status: string }): boolean =>
  !released.includes(status) && !notYetCharged.includes(status)

interface Owned {
  readonly project_id: string
  readonly user_id: string
}

/** What of a share decides its price. */
export interface PricedShare extends Owned {
  readonly size: number
  /** The size asked for while an extend or a revert is under way. */
  readonly target_size: number | null
  readonly replication_type: string | null
}

/** What of a share's instance decides its price. */
export interface PricedInstance {
  readonly status: string
  readonly share_type_id: string | null
}

/**
 * Lines of a share with these instances, which are all it has. It counts as a share once for every type that its instances
 * have (two while it is being retyped), and as a replica once for every instance when its type replicates.
 */
export function shareCharges(share: PricedShare, instances: readonly PricedInstance[]): QuotaLine[] {
  const gib = Math.max(share.size, share.target_size ?? 0)
  const types = instances.filter(isCharged).map((instance) => instance.share_type_id)
  return [
    ...[...new Set(types)].flatMap((type) => linesOf(payer(share, type), { shares: 1, gigabytes: gib })),
    ...(share.replication_type === null ? [] : types).flatMap((type) =>
      linesOf(payer(share, type), { share_replicas: 1, replica_gigabytes: gib }),
    ),
  ]
}

/** Lines of a snapshot. It is counted under the type of its share. */
export function snapshotCharges(
  snapshot: Owned & {
    readonly status: string
    readonly size: number
    /** Of a member: it is paid for with its group snapshot. */
    readonly share_group_snapshot_id?: string | null
  },
  share: { readonly share_type_id: string | null },
): QuotaLine[] {
  if (!isCharged(snapshot) || (snapshot.share_group_snapshot_id ?? null) !== null) return []
  return linesOf(payer(snapshot, share.share_type_id), { snapshots: 1, snapshot_gigabytes: snapshot.size })
}

/** Lines of a share group, whatever state it is in: only its going releases it. Its shares are charged as shares. */
export const shareGroupCharges = (group: Owned): QuotaLine[] =>
  linesOf(payer(group, null), { share_groups: 1 })

/** Lines of a share group's snapshot, whatever state it is in: only its going releases it. */
export const shareGroupSnapshotCharges = (snapshot: Owned): QuotaLine[] =>
  linesOf(payer(snapshot, null), { share_group_snapshots: 1 })

const payer = ({ project_id, user_id }: Owned, shareTypeId: string | null) => ({
  projectId: project_id,
  userId: user_id,
  shareTypeId,
})
