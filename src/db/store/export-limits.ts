/** What the exporters of backends can't hold more of, as the share managers last wrote it, and how much of that there is. */
import type { DbOrTx } from '../schema.ts'

export interface ExportLimits {
  /** Access rules on one export, each as many times as `weightOf` counts it. */
  readonly rulesPerExport?: number
  /** Exports that one server may have, snapshots among them. */
  readonly exportsPerServer?: number
  /** Whom one server is for. */
  readonly serverPer: 'backend' | 'project'
}

/** By protocol, as it stands in the capabilities of a backend's row. */
export type LimitsByProtocol = Readonly<Record<string, ExportLimits>>
/** The key of {@link LimitsByProtocol} there; it is in no pool's, and so on no wire. */
export const limitsKey = 'export_limits'

/** Those for exports of this protocol; null where its exporter states none, or has not reported yet. */
export async function exportLimits(
  db: DbOrTx,
  backendId: string,
  protocol: string,
): Promise<ExportLimits | null> {
  const row = await db
    .selectFrom('backends')
    .select('capabilities')
    .where('id', '=', backendId)
    .executeTakeFirst()
  if (row === undefined) return null
  const { [limitsKey]: all } = JSON.parse(row.capabilities) as { [limitsKey]?: LimitsByProtocol }
  return all?.[protocol] ?? null
}

/**
 * Exports of this protocol that the backend has or is about to have: shares, and snapshots that can be mounted, of one project or,
 * with null, of all.
 */
export async function exportsOn(
  db: DbOrTx,
  { backendId, protocol, projectId }: { backendId: string; protocol: string; projectId: string | null },
): Promise<number> {
  const shares = await db
    .selectFrom('share_instances')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('share_instances.backend_id', '=', backendId)
    .where('shares.share_proto', '=', protocol)
    .$if(projectId !== null, (query) => query.where('shares.project_id', '=', projectId ?? ''))
    .executeTakeFirstOrThrow()
  const snapshots = await db
    .selectFrom('snapshot_instances')
    .innerJoin('share_instances', 'share_instances.id', 'snapshot_instances.share_instance_id')
    .innerJoin('shares', 'shares.id', 'share_instances.share_id')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('share_instances.backend_id', '=', backendId)
    .where('shares.share_proto', '=', protocol)
    .where('shares.mount_snapshot_support', '=', 1)
    .$if(projectId !== null, (query) => query.where('shares.project_id', '=', projectId ?? ''))
    .executeTakeFirstOrThrow()
  return Number(shares.count) + Number(snapshots.count)
}
