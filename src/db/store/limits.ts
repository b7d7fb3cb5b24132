/** What a project has of things that quota does not charge, and the lock under which a count of them stays true. */
import { sql } from 'kysely'
import type { Database, DbOrTx, Tx } from '../schema.ts'

/** Counted when they are needed: rows go in many places, and a counter would have to be right in all of them. */
export const projectCounts = {
  async operations_per_project(db: DbOrTx, projectId: string): Promise<number> {
    return counted(
      sql<Count>`select count(*) as count from operations where project_id = ${projectId} and finished_at is null and parent_id is null`,
      db,
    )
  },
  async locks_per_project(db: DbOrTx, projectId: string): Promise<number> {
    return counted(
      sql<Count>`select count(*) as count from resource_locks where project_id = ${projectId}`,
      db,
    )
  },
  async metadata_per_project(db: DbOrTx, projectId: string): Promise<number> {
    return counted(
      sql<Count>`
        select count(*) as count from share_metadata m inner join shares s on s.id = m.share_id
          where s.project_id = ${projectId}
        union all
        select count(*) from snapshot_metadata m inner join snapshots s on s.id = m.snapshot_id
          where s.project_id = ${projectId}
        union all
        select count(*) from access_rule_metadata m inner join access_rules r on r.id = m.access_rule_id
          inner join shares s on s.id = r.share_id where s.project_id = ${projectId}`,
      db,
    )
  },
} as const

export type ProjectLimit = keyof typeof projectCounts

interface Count {
  readonly count: number
}

async function counted(query: ReturnType<typeof sql<Count>>, db: DbOrTx): Promise<number> {
  const { rows } = await query.execute(db)
  return rows.reduce((sum, { count }) => sum + Number(count), 0)
}

export function locksOnResource(db: DbOrTx, resourceId: string): Promise<number> {
  return counted(
    sql<Count>`select count(*) as count from resource_locks where resource_id = ${resourceId}`,
    db,
  )
}

/**
 * Waits until no other transaction holds the project, and holds it until the end of this one: what is counted now is
 * all there will be. Breaks the unique key when another one is the first at the same moment, which repeats the transaction.
 */
export async function holdProject(tx: Tx, projectId: string): Promise<void> {
  const held = await tx
    .updateTable('project_turns')
    .set((eb) => ({ taken: eb('taken', '+', 1) }))
    .where('id', '=', projectId)
    .executeTakeFirst()
  if (held.numUpdatedRows > 0n) return
  await tx.insertInto('project_turns').values({ id: projectId, taken: 1 }).execute()
}

/** The same for one resource, by its row. */
export async function holdRow(tx: Tx, table: keyof Database, id: string): Promise<void> {
  await sql`update ${sql.table(table)} set created_at = created_at where id = ${id}`.execute(tx)
}
