/** Services as administrators see them. Registering and heartbeats are in `services.ts`. */
import type { DbOrTx, ServicesTable, Stamp, Tx } from '../schema.ts'

export interface ServiceRow extends ServicesTable {
  readonly zone_name: string | null
}

export interface ServiceFilters {
  readonly host?: string | undefined
  readonly binary?: string | undefined
  readonly topic?: string | undefined
  readonly zoneId?: string | undefined
  readonly disabled?: boolean | undefined
  readonly ensuring?: boolean | undefined
}

/** In order of id. There are a few per node, so no page. */
export async function listServices(db: DbOrTx, filters: ServiceFilters): Promise<ServiceRow[]> {
  let query = db
    .selectFrom('services')
    .leftJoin('availability_zones', 'availability_zones.id', 'services.availability_zone_id')
    .selectAll('services')
    .select('availability_zones.name as zone_name')
    .orderBy('services.id')
  if (filters.host !== undefined) query = query.where('services.host', '=', filters.host)
  if (filters.binary !== undefined) query = query.where('services.binary_name', '=', filters.binary)
  if (filters.topic !== undefined) query = query.where('services.topic', '=', filters.topic)
  if (filters.zoneId !== undefined) query = query.where('services.availability_zone_id', '=', filters.zoneId)
  if (filters.disabled !== undefined) query = query.where('services.disabled', '=', filters.disabled ? 1 : 0)
  if (filters.ensuring === true) query = query.where('services.ensuring', '=', 1)
  if (filters.ensuring === false) {
    query = query.where((eb) => eb.or([eb('services.ensuring', '=', 0), eb('services.ensuring', 'is', null)]))
  }
  return query.execute()
}

/** What an administrator decides about a service. */
export async function updateService(
  tx: Tx,
  id: number,
  columns: Partial<Pick<ServicesTable, 'disabled' | 'disabled_reason' | 'switched_at'>> & {
    readonly updated_at: Stamp
  },
): Promise<void> {
  await tx.updateTable('services').set(columns).where('id', '=', id).execute()
}

/** Id of the backend that the share service on `host` (`host@backend`) serves. */
export async function backendIdOf(db: DbOrTx, host: string): Promise<string | undefined> {
  const row = await db.selectFrom('backends').select('id').where('label', '=', host).executeTakeFirst()
  return row?.id
}

/** How many share instances lie on each backend, by its label; backends without any are not there. */
export async function instancesByBackend(db: DbOrTx): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('share_instances')
    .innerJoin('backends', 'backends.id', 'share_instances.backend_id')
    .select((eb) => ['backends.label', eb.fn.countAll<number>().as('count')])
    .groupBy('backends.label')
    .execute()
  return new Map(rows.map(({ label, count }) => [label, Number(count)]))
}
