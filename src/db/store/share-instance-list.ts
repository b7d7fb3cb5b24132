/** Share instances for administrators' views. */
import type { SelectQueryBuilder } from 'kysely'
import type { Database, DbOrTx, ShareInstancesTable } from '../schema.ts'
import { paged, type Page } from './keyset.ts'

export interface InstanceListRow extends ShareInstancesTable {
  readonly zone_name: string | null
  /** Filled only on request: clients before 2.9. */
  paths: string[]
}

export interface InstanceFilters {
  readonly shareId?: string
  readonly exportLocationId?: string
  readonly exportLocationPathHash?: string
  /** Absent: of all shares. */
  readonly isSoftDeleted?: boolean
}

/** One page in at most two queries. */
export async function listInstances(
  db: DbOrTx,
  filters: InstanceFilters,
  page: Page,
  withPaths: boolean,
): Promise<InstanceListRow[]> {
  const from = { table: 'share_instances', resourceType: 'share_instance', projectId: null } as const
  const query = await paged(db, filtered(viewQuery(db), filters), from, page)
  return complete(db, await query.execute(), withPaths)
}

export async function instanceForView(
  db: DbOrTx,
  id: string,
  withPaths: boolean,
): Promise<InstanceListRow | undefined> {
  const rows = await viewQuery(db).where('share_instances.id', '=', id).execute()
  return (await complete(db, rows, withPaths))[0]
}

function viewQuery(db: DbOrTx) {
  return db
    .selectFrom('share_instances')
    .leftJoin('availability_zones', 'availability_zones.id', 'share_instances.availability_zone_id')
    .selectAll('share_instances')
    .select('availability_zones.name as zone_name')
}

type Query<O> = SelectQueryBuilder<
  Database & { availability_zones: Database['availability_zones'] | null },
  'share_instances' | 'availability_zones',
  O
>

function filtered<O>(start: Query<O>, f: InstanceFilters): Query<O> {
  let query = start
  if (f.shareId !== undefined) query = query.where('share_instances.share_id', '=', f.shareId)
  if (f.isSoftDeleted !== undefined) {
    const wanted = f.isSoftDeleted
    // Of shares that are not deleted there are as many as there are shares: MariaDB would begin with all of them.
    query = query.where((eb) => {
      const deleted = eb.exists(
        eb
          .selectFrom('shares')
          .select('shares.id')
          .whereRef('shares.id', '=', 'share_instances.share_id')
          .where('shares.is_soft_deleted', '=', eb.lit(1)),
      )
      return wanted ? deleted : eb.not(deleted)
    })
  }
  const { exportLocationId: id, exportLocationPathHash: hash } = f
  if (id !== undefined || hash !== undefined) {
    query = query.where((eb) => {
      let found = eb
        .selectFrom('share_instance_export_locations as el')
        .select('el.id')
        .whereRef('el.share_instance_id', '=', 'share_instances.id')
      if (id !== undefined) found = found.where('el.id', '=', id)
      if (hash !== undefined) found = found.where('el.path_hash', '=', hash)
      return eb.exists(found)
    })
  }
  return query
}

async function complete(
  db: DbOrTx,
  rows: readonly Omit<InstanceListRow, 'paths'>[],
  withPaths: boolean,
): Promise<InstanceListRow[]> {
  const full = rows.map((row): InstanceListRow => ({ ...row, paths: [] }))
  if (!withPaths || full.length === 0) return full
  const byId = new Map(full.map((row) => [row.id, row]))
  const locations = await db
    .selectFrom('share_instance_export_locations')
    .select(['share_instance_id', 'path'])
    .where('share_instance_id', 'in', [...byId.keys()])
    .execute()
  for (const { share_instance_id, path } of locations) byId.get(share_instance_id)?.paths.push(path)
  return full
}
