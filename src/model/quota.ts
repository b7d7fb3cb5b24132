/** What is limited. What each row costs of it is in `charges.ts`. */

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
