/**
 * What each row costs. One pure function per noun, used by every transition (charge the difference between before and
 * after in the same transaction) and by the recount: the two can't disagree.
 */

/** Quota resources in Manila's order, with the default limits of its `[quota]` section. */
export const quotaDefaults = {
  shares: 50,
  gigabytes: 1000,
  snapshots: 50,
  snapshot_gigabytes: 1000,
  share_networks: 10,
  share_groups: 50,
  share_group_snapshots: 50,
  share_replicas: 100,
  replica_gigabytes: 1000,
  per_share_gigabytes: -1,
  backups: 10,
  backup_gigabytes: 1000,
  encryption_keys: 100,
} as const

export type QuotaResource = keyof typeof quotaDefaults
/** Resources that are counted; `per_share_gigabytes` is only a ceiling. */
export type CountedResource = Exclude<QuotaResource, 'per_share_gigabytes'>

export type Charges = Partial<Record<CountedResource, number>>

/** A share that was deleted the deferred way has given its quota back already. */
const released: readonly string[] = ['deferred_deleting', 'error_deferred_deleting']

/** A managed share whose takeover hasn't succeeded is charged nothing yet. */
const notYetCharged: readonly string[] = ['manage_starting', 'manage_error', 'manage_error_unmanage_starting']

export function shareCharges(share: {
  readonly status: string
  readonly size: number
  /** The size asked for while an extend or a revert is under way. */
  readonly target_size: number | null
  readonly replication_type: string | null
}): Charges {
  if (released.includes(share.status) || notYetCharged.includes(share.status)) return {}
  const gib = Math.max(share.size, share.target_size ?? 0)
  const own: Charges = { shares: 1, gigabytes: gib }
  return share.replication_type === null ? own : { ...own, share_replicas: 1, replica_gigabytes: gib }
}

export function snapshotCharges(snapshot: {
  readonly status: string
  readonly size: number
  readonly share_group_snapshot_id?: string | null
}): Charges {
  // A member is paid for with its group snapshot.
  if ((snapshot.share_group_snapshot_id ?? null) !== null) return {}
  if (released.includes(snapshot.status) || notYetCharged.includes(snapshot.status)) return {}
  return { snapshots: 1, snapshot_gigabytes: snapshot.size }
}

/** Whatever its state: a group is charged as long as its row is there. */
export const shareGroupCharges: Charges = { share_groups: 1 }
/** The same; its members cost nothing more. */
export const groupSnapshotCharges: Charges = { share_group_snapshots: 1 }

/** `after − before`, zeros left out. */
export function chargeDifference(before: Charges, after: Charges): Charges {
  const difference: Charges = {}
  for (const resource of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<CountedResource>) {
    const delta = (after[resource] ?? 0) - (before[resource] ?? 0)
    if (delta !== 0) difference[resource] = delta
  }
  return difference
}
