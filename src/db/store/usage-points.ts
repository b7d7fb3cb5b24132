/** How full things were, over time. Points are made from what was measured last, set by set: no statement per share. */
import { sql } from 'kysely'
import type { Store } from '../open.ts'
import type { DbOrTx, UsagePointsTable } from '../schema.ts'

export type UsagePoint = UsagePointsTable
export type UsageKind = UsagePointsTable['kind']

const bytesPerGib = 2 ** 30
/** Shares whose points are written by one statement. */
const chunk = 2000

/** The moment of the points to be written, microseconds. */
export interface PointsAt {
  readonly stepS: number
  /** Seconds for which a share's point stands. */
  readonly standsS: number
  readonly at: number
  /** What was measured before is not known any more. */
  readonly measuredSince: number
}

const columns = ['kind', 'id', 'step_s', 'at', 'size_bytes', 'used_bytes', 'placed_bytes', 'shares'] as const

/**
 * A point for each of the next shares behind the id `after` that has changed since its last one, or whose last one does not stand any
 * longer. Answers the id to go on behind; null behind the last of them.
 */
export async function writeSharePoints(db: DbOrTx, point: PointsAt, after: string): Promise<string | null> {
  const ids = await db
    .selectFrom('shares')
    .select('id')
    .where('id', '>', after)
    .orderBy('id')
    .limit(chunk)
    .execute()
  const last = ids.at(-1)?.id
  if (last === undefined) return null
  await writeSome(db, point, after, last)
  return ids.length < chunk ? null : last
}

async function writeSome(
  db: DbOrTx,
  { stepS, standsS, at, measuredSince }: PointsAt,
  after: string,
  last: string,
) {
  const size = sql<number>`shares.size * ${sql.lit(bytesPerGib)}`
  const used = sql<number | null>`case when usages.measured_at >= ${measuredSince} then usages.used_bytes end`
  const rows = db
    .selectFrom('shares')
    .leftJoin('usages', 'usages.id', 'shares.instance_id')
    .leftJoin('usage_points as known', (join) =>
      join
        .on('known.kind', '=', 'share')
        .onRef('known.id', '=', 'shares.id')
        .on('known.step_s', '=', stepS)
        .on('known.at', '=', (eb) =>
          eb
            .selectFrom('usage_points as newest')
            .select((inner) => inner.fn.max('newest.at').as('at'))
            .where('newest.kind', '=', 'share')
            .whereRef('newest.id', '=', 'shares.id')
            .where('newest.step_s', '=', stepS),
        ),
    )
    .where('shares.id', '>', after)
    .where('shares.id', '<=', last)
    .where(
      sql<boolean>`(known.id is null or known.at <= ${at - standsS * 1_000_000} or known.size_bytes <> ${size}
        or coalesce(known.used_bytes, -1) <> coalesce(${used}, -1))`,
    )
  await db
    .insertInto('usage_points')
    .columns([...columns])
    .expression(
      rows.select([
        sql.lit('share').as('kind'),
        'shares.id',
        sql.lit(stepS).as('step_s'),
        sql.lit(at).as('at'),
        size.as('size_bytes'),
        used.as('used_bytes'),
        sql.lit(null).as('placed_bytes'),
        sql.lit(null).as('shares'),
      ]),
    )
    .execute()
}

/** A point for each project that has shares: sizes of all of them, and what is used of those that were measured. */
export async function writeProjectPoints(db: DbOrTx, { stepS, at, measuredSince }: PointsAt): Promise<void> {
  await db
    .insertInto('usage_points')
    .columns([...columns])
    .expression(
      db
        .selectFrom('shares')
        .leftJoin('usages', 'usages.id', 'shares.instance_id')
        .groupBy('shares.project_id')
        .select([
          sql.lit('project').as('kind'),
          'shares.project_id',
          sql.lit(stepS).as('step_s'),
          sql.lit(at).as('at'),
          sql<number>`sum(shares.size) * ${sql.lit(bytesPerGib)}`.as('size_bytes'),
          sql<
            number | null
          >`sum(case when usages.measured_at >= ${measuredSince} then usages.used_bytes end)`.as(
            'used_bytes',
          ),
          sql.lit(null).as('placed_bytes'),
          (eb) => eb.fn.countAll<number>().as('shares'),
        ]),
    )
    .execute()
}

/** A point for each pool that is reported. */
export async function writePoolPoints(db: DbOrTx, { stepS, at, measuredSince }: PointsAt): Promise<void> {
  const pools = await db
    .selectFrom('pools')
    .select(['id', 'total_gib', 'free_gib', 'placed_gib', 'measured_at'])
    .where('reported', '=', 1)
    .execute()
  const bytes = (gib: number | null): number | null => (gib === null ? null : Math.round(gib * bytesPerGib))
  const rows = pools.map((pool): UsagePoint => {
    const { total_gib: total, free_gib: free } = pool
    const known = pool.measured_at >= measuredSince && total !== null && free !== null
    return {
      kind: 'pool',
      id: pool.id,
      step_s: stepS,
      at,
      size_bytes: bytes(total),
      used_bytes: known ? bytes(total - free) : null,
      placed_bytes: bytes(pool.placed_gib),
      shares: null,
    }
  })
  for (let start = 0; start < rows.length; start += 200) {
    await db
      .insertInto('usage_points')
      .values(rows.slice(start, start + 200))
      .execute()
  }
}

/** Points of one thing and step in the half-open range, oldest first. */
export const usagePoints = (
  db: DbOrTx,
  kind: UsageKind,
  id: string,
  { stepS, since, until }: { readonly stepS: number; readonly since: number; readonly until: number },
): Promise<UsagePoint[]> =>
  db
    .selectFrom('usage_points')
    .selectAll()
    .where('kind', '=', kind)
    .where('id', '=', id)
    .where('step_s', '=', stepS)
    .where('at', '>=', since)
    .where('at', '<', until)
    .orderBy('at')
    .execute()

/** Removes the oldest moment of the step that is older than `before`; answers how many points went. */
export async function purgeUsagePoints(db: DbOrTx, stepS: number, before: number): Promise<number> {
  const oldest = await db
    .selectFrom('usage_points')
    .select('at')
    .where('step_s', '=', stepS)
    .where('at', '<', before)
    .orderBy('at')
    .limit(1)
    .executeTakeFirst()
  if (oldest === undefined) return 0
  const { numDeletedRows } = await db
    .deleteFrom('usage_points')
    .where('step_s', '=', stepS)
    .where('at', '=', oldest.at)
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/**
 * True for one process: the caller writes the points of this moment. Whoever dies before they are written leaves a gap, and a gap is
 * shown as one.
 */
export async function claimUsagePoints(store: Store, stepS: number, at: number): Promise<boolean> {
  const name = `usage.${stepS}`
  return store.transaction(async (tx) => {
    const next = at + stepS * 1_000_000
    const row = await tx
      .selectFrom('periodic_jobs')
      .select('next_at')
      .where('name', '=', name)
      .forUpdate()
      .executeTakeFirst()
    // Of two who make it the second meets the first's, and its transaction is repeated.
    if (row === undefined) await tx.insertInto('periodic_jobs').values({ name, next_at: next }).execute()
    else if (row.next_at > at) return false
    else await tx.updateTable('periodic_jobs').set({ next_at: next }).where('name', '=', name).execute()
    return true
  })
}
