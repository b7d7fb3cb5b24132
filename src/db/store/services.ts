/** Service rows: who runs where and when it was last heard of. Services also bring the availability zones they are in. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../open.ts'
import type { DbOrTx, Flag, ServicesTable, Tx } from '../schema.ts'

export type ServiceRow = ServicesTable

export interface NewService {
  /** `host`, or `host@backend` for a share manager's backend. */
  readonly host: string
  readonly binaryName: string
  readonly topic: string
  readonly availabilityZone: string
  readonly now: number
}

/** Finds or makes the service and says that it runs; answers its id. Safe when several processes register at once. */
export async function registerService(store: Store, service: NewService): Promise<number> {
  return store.transaction((tx) => register(tx, service))
}

async function register(tx: Tx, service: NewService): Promise<number> {
  const zoneId = await ensureZone(tx, service.availabilityZone, service.now)
  const known = await serviceOf(tx, service.host, service.binaryName)
  if (known !== undefined) {
    await tx
      .updateTable('services')
      .set({
        stopped: 0,
        heartbeat_at: service.now,
        availability_zone_id: zoneId,
        topic: service.topic,
        updated_at: service.now,
      })
      .where('id', '=', known.id)
      .execute()
    return known.id
  }
  const highest = await tx
    .selectFrom('services')
    .select((eb) => eb.fn.max('id').as('id'))
    .executeTakeFirst()
  const id = Number(highest?.id ?? 0) + 1
  await tx
    .insertInto('services')
    .values({
      id,
      host: service.host,
      binary_name: service.binaryName,
      topic: service.topic,
      availability_zone_id: zoneId,
      disabled: 0,
      disabled_reason: null,
      ensuring: null,
      stopped: 0,
      heartbeat_at: service.now,
      created_at: service.now,
      updated_at: null,
    })
    .execute()
  return id
}

/** The zone's id; makes the zone when it is new. */
export async function ensureZone(tx: Tx, name: string, now: number): Promise<string> {
  const known = await tx
    .selectFrom('availability_zones')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirst()
  if (known !== undefined) return known.id
  const id = randomUUID()
  await tx.insertInto('availability_zones').values({ id, name, created_at: now, updated_at: null }).execute()
  return id
}

export async function serviceOf(
  db: DbOrTx,
  host: string,
  binaryName: string,
): Promise<ServiceRow | undefined> {
  return db
    .selectFrom('services')
    .selectAll()
    .where('host', '=', host)
    .where('binary_name', '=', binaryName)
    .executeTakeFirst()
}

/** Every service, for whoever tells of their states. */
export const allServices = (db: DbOrTx): Promise<ServiceRow[]> =>
  db.selectFrom('services').selectAll().orderBy('id').execute()

/** Notes that the state was told; false when somebody else has told it meanwhile. */
export async function noteState(
  tx: Tx,
  { id, told_state: before = null }: Pick<ServiceRow, 'id' | 'told_state'>,
  state: string,
  since: number | null,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('services')
    .set({ told_state: state, state_since: since })
    .where('id', '=', id)
    .where('told_state', before === null ? 'is' : '=', before)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}

/** Shows in the API that shares of the service are being checked; null once that is over. */
export async function setEnsuring(
  db: DbOrTx,
  serviceId: number,
  ensuring: Flag | null,
  now: number,
): Promise<void> {
  await db.updateTable('services').set({ ensuring, updated_at: now }).where('id', '=', serviceId).execute()
}
