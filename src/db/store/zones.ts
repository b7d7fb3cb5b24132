/** Availability zones. Services make them (`services.ts`); requests only read them. */
import type { AvailabilityZonesTable, DbOrTx } from '../schema.ts'

export type Zone = AvailabilityZonesTable

/** What a request calls a zone: an id, or else a name. */
export async function zoneByNameOrId(db: DbOrTx, nameOrId: string): Promise<Zone | undefined> {
  const found = await db
    .selectFrom('availability_zones')
    .selectAll()
    .where((eb) => eb.or([eb('id', '=', nameOrId), eb('name', '=', nameOrId)]))
    .execute()
  return found.find((zone) => zone.id === nameOrId) ?? found[0]
}

/** All zones by name. There are as many as buildings, so no page. */
export async function listZones(db: DbOrTx): Promise<Zone[]> {
  return db.selectFrom('availability_zones').selectAll().orderBy('name').execute()
}

/** Id → name, for views of rows that keep only the id. */
export async function zoneNames(db: DbOrTx): Promise<ReadonlyMap<string, string>> {
  return new Map((await listZones(db)).map(({ id, name }) => [id, name]))
}

export async function zoneById(db: DbOrTx, id: string | null): Promise<Zone | null> {
  if (id === null) return null
  return (
    (await db.selectFrom('availability_zones').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
  )
}
