/** Who did what, as rows: written together, counted together, listed by time, thinned by age. */
import { sql, type Selectable } from 'kysely'
import { invalid } from '../../model/errors.ts'
import type { AuditEvent } from '../../model/audit.ts'
import { insertRows } from '../shapes.ts'
import type { AuditEventsTable, DbOrTx, Tx } from '../schema.ts'

/** Rows in one statement. */
const batch = 100

/** As many as come, in one statement for a hundred. */
export async function insertAuditEvents(db: DbOrTx, events: readonly AuditEvent[]): Promise<void> {
  for (let at = 0; at < events.length; at += batch)
    await insertRows(db, 'audit_events', events.slice(at, at + batch).map(rowOf))
}

/** Those that are not there yet. */
export async function missingAuditEvents(
  db: DbOrTx,
  events: readonly AuditEvent[],
): Promise<readonly AuditEvent[]> {
  const there = new Set<string>()
  for (let at = 0; at < events.length; at += batch) {
    const ids = events.slice(at, at + batch).map(({ id }) => id)
    const found = await db.selectFrom('audit_events').select('id').where('id', 'in', ids).execute()
    for (const { id } of found) there.add(id)
  }
  return events.filter(({ id }) => !there.has(id))
}

/**
 * Adds each event's count to the row of its id, which is made if there is none. Two that make one: the second meets the database's
 * duplicate error, and finds it when its transaction is repeated. In one order, so that two never hold what the other waits for.
 */
export async function countAuditEvents(tx: Tx, events: readonly AuditEvent[]): Promise<void> {
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  for (let at = 0; at < sorted.length; at += batch) {
    const some = sorted.slice(at, at + batch)
    const ids = some.map(({ id }) => id)
    const found = await tx
      .selectFrom('audit_events')
      .select(['id', 'count', 'at', 'last_at'])
      .where('id', 'in', ids)
      .orderBy('id')
      .forUpdate()
      .execute()
    const known = new Map(found.map((row) => [row.id, row]))
    const old = some.filter(({ id }) => known.has(id))
    if (old.length > 0) {
      const pick = (value: (event: AuditEvent) => number) =>
        sql<number>`case id ${sql.join(
          old.map((event) => sql`when ${event.id} then ${sql.lit(value(event))}`),
          sql` `,
        )} else 0 end`
      const rowOfIt = (event: AuditEvent) => known.get(event.id) as (typeof found)[number]
      await tx
        .updateTable('audit_events')
        .set({
          count: pick((event) => rowOfIt(event).count + event.count),
          at: pick((event) => Math.min(rowOfIt(event).at, event.at)),
          last_at: pick((event) => Math.max(rowOfIt(event).last_at, event.lastAt)),
        })
        .where(
          'id',
          'in',
          old.map(({ id }) => id),
        )
        .execute()
    }
    await insertAuditEvents(
      tx,
      some.filter(({ id }) => !known.has(id)),
    )
  }
}

/** The end of what was written as begun. */
export async function settleAuditEvent(db: DbOrTx, event: AuditEvent): Promise<void> {
  const { outcome, reason, target_type, target_id, last_at } = rowOf(event)
  await db
    .updateTable('audit_events')
    .set({ outcome, reason, target_type, target_id, last_at })
    .where('id', '=', event.id)
    .execute()
}

/** What was begun and came to nothing is counted with others of its kind. */
export async function dropAuditEvent(db: DbOrTx, id: string): Promise<void> {
  await db.deleteFrom('audit_events').where('id', '=', id).execute()
}

export interface AuditFilters {
  readonly user_id?: string | undefined
  /** Of the caller's token. */
  readonly project_id?: string | undefined
  /** Of the target. */
  readonly target_project_id?: string | undefined
  readonly target_type?: string | undefined
  readonly target_id?: string | undefined
  readonly action?: string | undefined
  readonly outcome?: string | undefined
  readonly address?: string | undefined
  readonly request_id?: string | undefined
  /** Microseconds; not before, and before. */
  readonly since?: number | undefined
  readonly until?: number | undefined
}

export interface AuditPage {
  readonly limit: number
  /** Id of a row of this very list. */
  readonly marker: string | null
  /** Newest first. */
  readonly descending: boolean
  /** The rows in front of the marker in place of those behind it. */
  readonly back: boolean
}

/** A page in the list's order. Throws 400 for a marker that is no row of this list. */
export async function listAuditEvents(
  db: DbOrTx,
  filters: AuditFilters,
  { limit, marker, descending, back }: AuditPage,
): Promise<AuditEvent[]> {
  let query = filtered(db, filters)
  // Walking back is walking on in the other direction.
  const falls = descending !== back
  if (marker !== null) {
    const mark = await filtered(db, filters).select(['at', 'id']).where('id', '=', marker).executeTakeFirst()
    if (mark === undefined) throw invalid(`marker ${marker.slice(0, 64)} is not a row of this list`)
    const beyond = falls ? '<' : '>'
    query = query
      .where('at', `${beyond}=`, mark.at)
      .where((eb) => eb.or([eb('at', beyond, mark.at), eb('id', beyond, mark.id)]))
  }
  const direction = falls ? 'desc' : 'asc'
  const rows = await query
    .selectAll()
    .orderBy('at', direction)
    .orderBy('id', direction)
    .limit(limit)
    .execute()
  return (back ? rows.toReversed() : rows).map(eventOf)
}

function filtered(db: DbOrTx, { since, until, ...equal }: AuditFilters) {
  let query = db.selectFrom('audit_events')
  for (const [column, value] of Object.entries(equal) as [keyof typeof equal, string | undefined][])
    if (value !== undefined) query = query.where(column, '=', value)
  if (since !== undefined) query = query.where('at', '>=', since)
  if (until !== undefined) query = query.where('at', '<', until)
  return query
}

/** Takes away at most a few hundred of those that are older; answers how many. */
export async function purgeAuditEvents(db: DbOrTx, before: number, atMost = 500): Promise<number> {
  const old = await db
    .selectFrom('audit_events')
    .select('id')
    .where('at', '<', before)
    .orderBy('at')
    .limit(atMost)
    .execute()
  if (old.length > 0)
    await db
      .deleteFrom('audit_events')
      .where(
        'id',
        'in',
        old.map(({ id }) => id),
      )
      .execute()
  return old.length
}

const cut = (text: string, length: number): string => text.slice(0, length)

/** Whatever comes fits: an event is never lost because of a long name. */
const rowOf = (event: AuditEvent): Selectable<AuditEventsTable> => ({
  id: event.id,
  at: event.at,
  last_at: event.lastAt,
  count: event.count,
  action: event.action,
  outcome: event.outcome,
  reason: event.reason,
  operation: cut(event.operation, 255),
  user_id: cut(event.userId, 255),
  user_name: cut(event.userName, 255),
  user_domain_id: cut(event.userDomainId, 64),
  project_id: cut(event.projectId, 64),
  method: cut(event.method, 64),
  credential_id: cut(event.credentialId, 64),
  token_id: cut(event.tokenId, 64),
  token_hash: cut(event.tokenHash, 64),
  target_type: cut(event.targetType, 64),
  target_id: cut(event.targetId, 255),
  target_path: cut(event.targetPath, 500),
  target_project_id: cut(event.targetProjectId, 64),
  request_id: cut(event.requestId, 64),
  address: cut(event.address, 64),
  agent: cut(event.agent, 255),
  observer: cut(event.observer, 255),
})

const eventOf = (row: Selectable<AuditEventsTable>): AuditEvent => ({
  id: row.id,
  at: row.at,
  lastAt: row.last_at,
  count: row.count,
  action: row.action as AuditEvent['action'],
  outcome: row.outcome as AuditEvent['outcome'],
  reason: row.reason,
  operation: row.operation,
  userId: row.user_id,
  userName: row.user_name,
  userDomainId: row.user_domain_id,
  projectId: row.project_id,
  method: row.method,
  credentialId: row.credential_id,
  tokenId: row.token_id,
  tokenHash: row.token_hash,
  targetType: row.target_type,
  targetId: row.target_id,
  targetPath: row.target_path,
  targetProjectId: row.target_project_id,
  requestId: row.request_id,
  address: row.address,
  agent: row.agent,
  observer: row.observer,
})
