/** Absolute limits under the names that this one resource gives them. */
import type { Ctx } from '../../app/context.ts'
import type { OwnedQuotas } from '../../app/quotas/sets.ts'
import type { QuotaResource } from '../../model/quota.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { limitChanges } from '../../wire/limits/changes.ts'

/** Resource → [name of its limit, name of its use]. Resources that are not here are not shown. */
const names: Partial<Readonly<Record<QuotaResource, readonly [limit: string, used: string]>>> = {
  shares: ['maxTotalShares', 'totalSharesUsed'],
  gigabytes: ['maxTotalShareGigabytes', 'totalShareGigabytesUsed'],
  snapshots: ['maxTotalShareSnapshots', 'totalShareSnapshotsUsed'],
  snapshot_gigabytes: ['maxTotalSnapshotGigabytes', 'totalSnapshotGigabytesUsed'],
  share_networks: ['maxTotalShareNetworks', 'totalShareNetworksUsed'],
  share_replicas: ['maxTotalShareReplicas', 'totalShareReplicasUsed'],
  replica_gigabytes: ['maxTotalReplicaGigabytes', 'totalReplicaGigabytesUsed'],
  share_groups: ['maxTotalShareGroups', 'totalShareGroupsUsed'],
  share_group_snapshots: ['maxTotalShareGroupSnapshots', 'totalShareGroupSnapshotsUsed'],
  backups: ['maxTotalShareBackups', 'totalShareBackupsUsed'],
  backup_gigabytes: ['maxTotalBackupGigabytes', 'totalBackupGigabytesUsed'],
}

const verbs = ['GET', 'POST', 'PUT', 'DELETE'] as const

/** Of all verbs together, in the form of the original, which has a row for each; empty where requests are not counted. */
function rates({ rate, clock }: Ctx): JsonObject[] {
  if (rate === undefined || rate === null) return []
  const { perMinute, left, wholeAt } = rate
  const next = left > 0 ? clock.now() : wholeAt - ((perMinute - 1) * 60_000_000) / perMinute
  const available = `${new Date(Math.ceil(next / 1000)).toISOString().slice(0, 19)}Z`
  const limit = verbs.map((verb) => ({
    verb,
    value: perMinute,
    remaining: left,
    unit: 'MINUTE',
    'next-available': available,
  }))
  return [{ uri: '*', regex: '.*', limit }]
}

export function limitsView(ctx: Ctx, { table }: OwnedQuotas): JsonObject {
  const absolute: Record<string, number> = {}
  for (const [resource, [limitName, usedName]] of Object.entries(names)) {
    const { limit, inUse } = table[resource as QuotaResource]
    absolute[limitName] = limit
    absolute[usedName] = inUse
  }
  return { rate: rates(ctx), absolute: lower(limitChanges, ctx.minor, absolute) }
}
