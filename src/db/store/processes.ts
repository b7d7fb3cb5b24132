/**
 * Process rows: which programs live, on which kernel, and which services each of them serves. A service is up while any live
 * process serves it. Liveness is judged by the database's clock.
 */
import type { Store } from '../open.ts'
import type { DbOrTx, Flag, ProcessesTable, Tx } from '../schema.ts'

export type ProcessRow = ProcessesTable

export type NewProcess = Omit<ProcessesTable, 'heartbeat_at' | 'draining'> & {
  /** Ids of what it serves. */
  readonly serviceIds: readonly number[]
}

/** Makes the process known; safe to repeat. */
export async function registerProcess(store: Store, { serviceIds, ...process }: NewProcess): Promise<void> {
  await store.transaction(async (tx) => {
    const known = await tx
      .selectFrom('processes')
      .select('id')
      .where('id', '=', process.id)
      .executeTakeFirst()
    if (known === undefined) {
      await tx
        .insertInto('processes')
        .values({ ...process, draining: 0 as Flag, heartbeat_at: store.dialect.nowUs })
        .execute()
    }
    for (const service_id of serviceIds) await serve(tx, process.id, service_id)
  })
}

async function serve(tx: Tx, process_id: string, service_id: number): Promise<void> {
  const known = await tx
    .selectFrom('process_services')
    .select('service_id')
    .where('process_id', '=', process_id)
    .where('service_id', '=', service_id)
    .executeTakeFirst()
  if (known === undefined)
    await tx.insertInto('process_services').values({ process_id, service_id }).execute()
}

/**
 * Says that the process and its services live, and answers whether it is draining; null when its row was taken away, as by a
 * clean-up while it was paused: it registers again.
 */
export async function beat(
  store: Store,
  process: Pick<NewProcess, 'id' | 'serviceIds'>,
  now: number,
): Promise<{ readonly draining: boolean } | null> {
  await store.db
    .updateTable('processes')
    .set({ heartbeat_at: store.dialect.nowUs })
    .where('id', '=', process.id)
    .execute()
  const row = await store.db
    .selectFrom('processes')
    .select('draining')
    .where('id', '=', process.id)
    .executeTakeFirst()
  if (row === undefined) return null
  if (process.serviceIds.length > 0) {
    await store.db
      .updateTable('services')
      .set({ heartbeat_at: now, stopped: 0, updated_at: now })
      .where('id', 'in', process.serviceIds)
      .execute()
  }
  return { draining: row.draining === 1 }
}

/** A clean end. Services that no live process serves any more are stopped: schedulers leave them out at once. */
export async function endProcess(
  store: Store,
  process: Pick<NewProcess, 'id' | 'serviceIds'>,
  { now, downAfterS }: { readonly now: number; readonly downAfterS: number },
): Promise<void> {
  await store.transaction(async (tx) => {
    await tx.deleteFrom('process_services').where('process_id', '=', process.id).execute()
    await tx.deleteFrom('processes').where('id', '=', process.id).execute()
    for (const id of process.serviceIds) {
      if ((await liveServers(tx, store, id, downAfterS)).length > 0) continue
      await tx.updateTable('services').set({ stopped: 1, updated_at: now }).where('id', '=', id).execute()
    }
  })
}

/** The processes that serve the service now. */
export async function liveServers(
  db: DbOrTx,
  store: Store,
  serviceId: number,
  downAfterS: number,
): Promise<ProcessRow[]> {
  return db
    .selectFrom('processes')
    .innerJoin('process_services', 'process_services.process_id', 'processes.id')
    .selectAll('processes')
    .where('process_services.service_id', '=', serviceId)
    .where((eb) => eb('processes.heartbeat_at', '>', eb(store.dialect.nowUs, '-', downAfterS * 1_000_000)))
    .orderBy('processes.started_at')
    .execute()
}

/** What each live process says it knows, as it was written; null for one of a release that says nothing. */
export async function announcedPlans(store: Store, downAfterS: number): Promise<(string | null)[]> {
  const rows = await store.db
    .selectFrom('processes')
    .select('plans')
    .where((eb) => eb('heartbeat_at', '>', eb(store.dialect.nowUs, '-', downAfterS * 1_000_000)))
    .execute()
  return rows.map(({ plans }) => plans ?? null)
}

export interface ListedProcess extends ProcessRow {
  /** By the database's clock. */
  readonly live: boolean
}

/** Everything that ever registered and was not cleaned up, oldest first. */
export async function listProcesses(store: Store, downAfterS: number): Promise<ListedProcess[]> {
  const rows = await store.db
    .selectFrom('processes')
    .selectAll()
    .select((eb) =>
      eb
        .case()
        .when('heartbeat_at', '>', eb(store.dialect.nowUs, '-', downAfterS * 1_000_000))
        .then(1)
        .else(0)
        .end()
        .as('live'),
    )
    .orderBy('started_at')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, live: Number(row.live) === 1 }))
}

/** Answers how many processes there were: of the node `name`, or the one with that id. */
export async function setDraining(db: DbOrTx, name: string, draining: boolean): Promise<number> {
  const { numUpdatedRows } = await db
    .updateTable('processes')
    .set({ draining: draining ? 1 : 0 })
    .where((eb) => eb.or([eb('node', '=', name), eb('id', '=', name)]))
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Forgets processes that have not been heard of for `silentS`; answers how many. */
export async function forgetProcesses(store: Store, silentS: number): Promise<number> {
  return store.transaction(async (tx) => {
    const gone = await tx
      .selectFrom('processes')
      .select('id')
      .where((eb) => eb('heartbeat_at', '<', eb(store.dialect.nowUs, '-', silentS * 1_000_000)))
      .execute()
    const ids = gone.map(({ id }) => id)
    if (ids.length === 0) return 0
    await tx.deleteFrom('process_services').where('process_id', 'in', ids).execute()
    await tx.deleteFrom('processes').where('id', 'in', ids).execute()
    return ids.length
  })
}
