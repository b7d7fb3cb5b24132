/** The catalog of other services: regions, services and their endpoints. */
import type { Insertable, Selectable, Updateable } from 'kysely'
import type {
  CatalogEndpointsTable,
  CatalogRegionsTable,
  CatalogServicesTable,
  DbOrTx,
  Tx,
} from '../schema.ts'

export type RegionRow = Selectable<CatalogRegionsTable>
export type CatalogServiceRow = Selectable<CatalogServicesTable>
export type EndpointRow = Selectable<CatalogEndpointsTable>

/** All there are, up to `limit`: a catalog is a few dozen rows. */
export function listRegions(db: DbOrTx, limit: number): Promise<RegionRow[]> {
  return db.selectFrom('catalog_regions').selectAll().orderBy('id').limit(limit).execute()
}

export function listCatalogServices(db: DbOrTx, limit: number): Promise<CatalogServiceRow[]> {
  return db.selectFrom('catalog_services').selectAll().orderBy('type').orderBy('id').limit(limit).execute()
}

export function listEndpoints(db: DbOrTx, limit: number): Promise<EndpointRow[]> {
  return db
    .selectFrom('catalog_endpoints')
    .selectAll()
    .orderBy('service_id')
    .orderBy('id')
    .limit(limit)
    .execute()
}

export async function insertRegion(db: DbOrTx, row: Insertable<CatalogRegionsTable>): Promise<void> {
  await db.insertInto('catalog_regions').values(row).execute()
}

export async function updateRegion(
  db: DbOrTx,
  id: string,
  set: Updateable<CatalogRegionsTable>,
): Promise<void> {
  await db.updateTable('catalog_regions').set(set).where('id', '=', id).execute()
}

export async function deleteRegion(db: DbOrTx, id: string): Promise<void> {
  await db.deleteFrom('catalog_regions').where('id', '=', id).execute()
}

export async function insertCatalogService(db: DbOrTx, row: Insertable<CatalogServicesTable>): Promise<void> {
  await db.insertInto('catalog_services').values(row).execute()
}

export async function updateCatalogService(
  db: DbOrTx,
  id: string,
  set: Updateable<CatalogServicesTable>,
): Promise<void> {
  await db.updateTable('catalog_services').set(set).where('id', '=', id).execute()
}

/** With its endpoints. */
export async function deleteCatalogService(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('catalog_endpoints').where('service_id', '=', id).execute()
  await tx.deleteFrom('catalog_services').where('id', '=', id).execute()
}

export async function insertEndpoint(db: DbOrTx, row: Insertable<CatalogEndpointsTable>): Promise<void> {
  await db.insertInto('catalog_endpoints').values(row).execute()
}

export async function updateEndpoint(
  db: DbOrTx,
  id: string,
  set: Updateable<CatalogEndpointsTable>,
): Promise<void> {
  await db.updateTable('catalog_endpoints').set(set).where('id', '=', id).execute()
}

export async function deleteEndpoint(db: DbOrTx, id: string): Promise<void> {
  await db.deleteFrom('catalog_endpoints').where('id', '=', id).execute()
}
