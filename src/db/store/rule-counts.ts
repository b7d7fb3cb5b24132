/**
 * How many access rules a share or a snapshot has, each as many times as {@link weightOf} counts it. What a rule means is in what its
 * owner wrote: a twin's stored form tells nothing of it, and one of an earlier release may tell something else.
 */
import { sql } from 'kysely'
import { meaningOf } from '../../model/access-twins.ts'
import { weightOf } from '../../model/access.ts'
import type { DbOrTx } from '../schema.ts'

export type RuleTable = 'access_rules' | 'snapshot_access_rules'

const ownerOf = (table: RuleTable) => (table === 'access_rules' ? 'share_id' : 'snapshot_id')
/** `_` is any one character: no rule that counts more than once is written in another way, and few others are in this one. */
const mayCountMore = '%:%/12_'
const mayBeWide = sql`case when access_type = 'ip' and access_to like ${mayCountMore} then 1 else 0 end`
/** Owners in one statement. */
const batch = 200
/** Owners that are looked into at most, those with the most rules first. */
const mostCandidates = 1000

/** Rules of one share or snapshot, those on their way out included. */
export async function rulesOn(db: DbOrTx, table: RuleTable, id: string): Promise<number> {
  const owner = sql.ref(ownerOf(table))
  const { rows } = await sql<{ count: number; wide: number | null }>`
    select count(*) as count, sum(${mayBeWide}) as wide from ${sql.table(table)} where ${owner} = ${id}`.execute(
    db,
  )
  const count = Number(rows[0]?.count ?? 0)
  // Hardly any share has one.
  if (Number(rows[0]?.wide ?? 0) === 0) return count
  return count + ((await extraOf(db, table, [id])).get(id) ?? 0)
}

/** What has more rules than `limit`, with how many, the most first: made under a larger limit, or by a release that counted otherwise. */
export async function beyondRuleLimit(
  db: DbOrTx,
  limit: number,
): Promise<readonly { readonly kind: 'share' | 'snapshot'; readonly id: string; readonly rules: number }[]> {
  const beyond: { kind: 'share' | 'snapshot'; id: string; rules: number }[] = []
  for (const table of ['access_rules', 'snapshot_access_rules'] as const) {
    const owner = sql.ref(ownerOf(table))
    const most = sql`count(*) + 127 * sum(case when access_to like ${mayCountMore} then 1 else 0 end)`
    const { rows } = await sql<{ id: string; count: number }>`
      select ${owner} as id, count(*) as count from ${sql.table(table)}
      group by ${owner} having ${most} > ${limit} order by count(*) desc limit ${sql.lit(mostCandidates)}`.execute(
      db,
    )
    const kind = table === 'access_rules' ? 'share' : 'snapshot'
    const extra = await extraOf(
      db,
      table,
      rows.map(({ id }) => id),
    )
    for (const { id, count } of rows) {
      const rules = Number(count) + (extra.get(id) ?? 0)
      if (rules > limit) beyond.push({ kind, id, rules })
    }
  }
  return beyond.toSorted((a, b) => b.rules - a.rules)
}

/** What is to be added to the number of rows, by owner. */
async function extraOf(
  db: DbOrTx,
  table: RuleTable,
  owners: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const extra = new Map<string, number>()
  for (let at = 0; at < owners.length; at += batch) {
    const owner = sql.ref(ownerOf(table))
    const some = sql.join(owners.slice(at, at + batch))
    const { rows } = await sql<{
      owner: string
      access_type: string
      access_to: string
      canonical_to: string
    }>`
      select ${owner} as owner, access_type, access_to, canonical_to from ${sql.table(table)}
      where ${owner} in (${some}) and access_type = 'ip' and access_to like ${mayCountMore}`.execute(db)
    for (const row of rows) {
      const more = weightOf(row.access_type, meaningOf(row)) - 1
      extra.set(row.owner, (extra.get(row.owner) ?? 0) + more)
    }
  }
  return extra
}
