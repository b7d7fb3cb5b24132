/** Key-value pairs that hang on a resource: one set of queries for every table of that shape. */
import { sql } from 'kysely'
import type { Database, DbOrTx, Tx } from '../schema.ts'

const owners = {
  share_metadata: 'share_id',
  snapshot_metadata: 'snapshot_id',
  export_location_metadata: 'export_location_id',
  access_rule_metadata: 'access_rule_id',
} as const satisfies Partial<Record<keyof Database, string>>

export type MetadataTable = keyof typeof owners

export interface MetadataRow {
  readonly owner_id: string
  readonly meta_key: string
  readonly meta_value: string
}

/** All pairs of these owners, one query; owners without any are missing from the map. */
export async function metadataOf(
  db: DbOrTx,
  table: MetadataTable,
  ownerIds: readonly string[],
): Promise<ReadonlyMap<string, Record<string, string>>> {
  const found = new Map<string, Record<string, string>>()
  if (ownerIds.length === 0) return found
  const owner = sql.ref(owners[table])
  const { rows } = await sql<MetadataRow>`
    select ${owner} as owner_id, meta_key, meta_value from ${sql.table(table)}
    where ${owner} in (${sql.join([...ownerIds])})
  `.execute(db)
  for (const { owner_id, meta_key, meta_value } of rows) {
    const pairs = found.get(owner_id) ?? {}
    pairs[meta_key] = meta_value
    found.set(owner_id, pairs)
  }
  return found
}

/** Adds and overwrites. */
export async function writePairs(
  tx: Tx,
  table: MetadataTable,
  ownerId: string,
  pairs: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(pairs)
  await removePairs(
    tx,
    table,
    ownerId,
    entries.map(([key]) => key),
  )
  for (const [key, value] of entries) {
    await sql`
      insert into ${sql.table(table)} (${sql.ref(owners[table])}, meta_key, meta_value)
      values (${ownerId}, ${key}, ${value})
    `.execute(tx)
  }
}

export async function removePairs(
  tx: Tx,
  table: MetadataTable,
  ownerId: string,
  keys: readonly string[],
): Promise<void> {
  if (keys.length === 0) return
  await sql`
    delete from ${sql.table(table)}
    where ${sql.ref(owners[table])} = ${ownerId} and meta_key in (${sql.join([...keys])})
  `.execute(tx)
}
