/**
 * "Has all of these pairs" as one condition, whatever their number. One `exists` per pair made PostgreSQL plan 200 joins for
 * 20 seconds; this asks the key of the pairs' table once per row of the list, and never looks at another tenant's pairs.
 */
import { sql, type RawBuilder } from 'kysely'

/** Table → [owner, key, value]; owner and key are its primary key, so that a pair is found once at most. */
const columns = {
  share_metadata: ['share_id', 'meta_key', 'meta_value'],
  snapshot_metadata: ['snapshot_id', 'meta_key', 'meta_value'],
  access_rule_metadata: ['access_rule_id', 'meta_key', 'meta_value'],
  share_type_extra_specs: ['share_type_id', 'spec_key', 'spec_value'],
} as const

/** True where the row whose id is in the column `owner` (`shares.id`) has every one of `pairs`; always, without any. */
export function hasPairs(
  table: keyof typeof columns,
  owner: string,
  pairs: Readonly<Record<string, string>>,
): RawBuilder<boolean> {
  const entries = Object.entries(pairs)
  if (entries.length === 0) return sql<boolean>`1 = 1`
  const [ownerColumn, keyColumn, valueColumn] = columns[table]
  const wanted = entries.map(
    ([key, value]) => sql`(p.${sql.ref(keyColumn)} = ${key} and p.${sql.ref(valueColumn)} = ${value})`,
  )
  return sql<boolean>`(
    select count(*) from ${sql.table(table)} as p
    where p.${sql.ref(ownerColumn)} = ${sql.ref(owner)} and (${sql.join(wanted, sql` or `)})
  ) = ${entries.length}`
}
