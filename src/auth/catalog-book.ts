/**
 * The catalog of other services, as administrators keep it: regions, services and endpoints. What this service says of itself is no
 * part of it, and comes from the configuration.
 */
import type { Store } from '../db/open.ts'
import {
  deleteCatalogService,
  deleteEndpoint,
  deleteRegion,
  insertCatalogService,
  insertEndpoint,
  insertRegion,
  listCatalogServices,
  listEndpoints,
  listRegions,
  updateCatalogService,
  updateEndpoint,
  updateRegion,
  type CatalogServiceRow,
  type EndpointRow,
  type RegionRow,
} from '../db/store/catalog.ts'
import { fault } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'
import { newIdentityId } from './directory.ts'

/** Of each kind; every token carries the services and endpoints. */
export const maxCatalogRows = 500

/** As long as tokens are believed without a look. */
const cacheUs = 5_000_000

export interface CatalogRows {
  readonly regions: readonly RegionRow[]
  readonly services: readonly CatalogServiceRow[]
  readonly endpoints: readonly EndpointRow[]
}

export class CatalogBook {
  readonly #store: Store
  readonly #clock: Clock
  #known: { readonly rows: CatalogRows; readonly readAt: number } | null = null
  #epoch = 0

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** All of it, at most 5 s old: for tokens. */
  async recent(): Promise<CatalogRows> {
    const now = this.#clock.now()
    if (this.#known !== null && now - this.#known.readAt < cacheUs) return this.#known.rows
    const epoch = this.#epoch
    const rows = await this.read()
    if (epoch === this.#epoch) this.#known = { rows, readAt: now }
    return rows
  }

  /** All of it, as it is now. */
  async read(): Promise<CatalogRows> {
    const { db } = this.#store
    return {
      regions: await listRegions(db, maxCatalogRows),
      services: await listCatalogServices(db, maxCatalogRows),
      endpoints: await listEndpoints(db, maxCatalogRows),
    }
  }

  forget(): void {
    this.#epoch++
    this.#known = null
  }

  async createRegion(region: Omit<RegionRow, 'id'> & { readonly id?: string }): Promise<RegionRow> {
    const row = { id: newIdentityId(), ...region }
    await this.#add('regions', row.id, () => insertRegion(this.#store.db, row))
    return row
  }

  async createService(service: Omit<CatalogServiceRow, 'id'>): Promise<CatalogServiceRow> {
    const row = { ...service, id: newIdentityId() }
    await this.#add('services', row.id, () => insertCatalogService(this.#store.db, row))
    return row
  }

  async createEndpoint(endpoint: Omit<EndpointRow, 'id'>): Promise<EndpointRow> {
    const row = { ...endpoint, id: newIdentityId() }
    await this.#add('endpoints', row.id, () => insertEndpoint(this.#store.db, row))
    return row
  }

  updateRegion(id: string, set: Partial<Omit<RegionRow, 'id'>>): Promise<void> {
    return this.#write(set, () => updateRegion(this.#store.db, id, set))
  }

  updateService(id: string, set: Partial<Omit<CatalogServiceRow, 'id'>>): Promise<void> {
    return this.#write(set, () => updateCatalogService(this.#store.db, id, set))
  }

  updateEndpoint(id: string, set: Partial<Omit<EndpointRow, 'id'>>): Promise<void> {
    return this.#write(set, () => updateEndpoint(this.#store.db, id, set))
  }

  deleteRegion(id: string): Promise<void> {
    return this.#write({ id }, () => deleteRegion(this.#store.db, id))
  }

  /** With its endpoints. */
  deleteService(id: string): Promise<void> {
    return this.#write({ id }, () => this.#store.transaction((tx) => deleteCatalogService(tx, id)))
  }

  deleteEndpoint(id: string): Promise<void> {
    return this.#write({ id }, () => deleteEndpoint(this.#store.db, id))
  }

  async #add(kind: keyof CatalogRows, id: string, insert: () => Promise<void>): Promise<void> {
    if ((await this.read())[kind].length >= maxCatalogRows) {
      throw fault('Refused', { message: `There are ${maxCatalogRows} ${kind}; there can be no more.` })
    }
    try {
      await insert()
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
      throw fault('Conflict', { message: `There is one with the id ${id} already.` }, { cause: error })
    }
    this.forget()
  }

  async #write(set: object, write: () => Promise<void>): Promise<void> {
    if (Object.keys(set).length > 0) await write()
    this.forget()
  }
}
