/**
 * What is there of a project, counted kind by kind in one statement: whoever would delete the project is told. The project itself is
 * a row of the accounts, which no statement here reads.
 */
import { sql } from 'kysely'
import type { DbOrTx } from '../schema.ts'

export interface Content {
  /** As many of them as `count` are called: `share`, `shares`. */
  readonly noun: string
  readonly count: number
}

interface Kind {
  readonly one: string
  readonly many: string
  readonly table: string
  readonly column?: string
  /** What else must hold of a row, in SQL without parameters. */
  readonly where?: string
}

/** In the order in which they are told; each has an index that begins with the project. */
const kinds: readonly Kind[] = [
  { one: 'share', many: 'shares', table: 'shares', where: 'is_soft_deleted = 0' },
  {
    one: 'share in the recycle bin',
    many: 'shares in the recycle bin',
    table: 'shares',
    where: 'is_soft_deleted = 1',
  },
  {
    one: 'snapshot',
    many: 'snapshots',
    table: 'snapshots',
    where: 'share_group_snapshot_id is null',
  },
  { one: 'backup', many: 'backups', table: 'share_backups' },
  { one: 'share group', many: 'share groups', table: 'share_groups' },
  { one: 'share group snapshot', many: 'share group snapshots', table: 'share_group_snapshots' },
  { one: 'transfer', many: 'transfers', table: 'share_transfers', column: 'source_project_id' },
  { one: 'resource lock', many: 'resource locks', table: 'resource_locks' },
  { one: 'share server', many: 'share servers', table: 'share_servers' },
  { one: 'share network', many: 'share networks', table: 'share_networks' },
  { one: 'security service', many: 'security services', table: 'security_services' },
  {
    one: 'operation under way',
    many: 'operations under way',
    table: 'operations',
    where: 'finished_at is null',
  },
]

/** Those of which there are any. */
export async function projectContents(db: DbOrTx, projectId: string): Promise<Content[]> {
  const counts = kinds.map(({ table, column = 'project_id', where }, at) => {
    const more = where === undefined ? sql`` : sql` and ${sql.raw(where)}`
    return sql`select ${sql.lit(at)} as kind, count(*) as rows_there from ${sql.table(table)} where ${sql.ref(column)} = ${projectId}${more}`
  })
  const { rows } = await sql<{
    kind: number
    rows_there: number | string | bigint
  }>`${sql.join(counts, sql` union all `)}`.execute(db)
  return rows
    .toSorted((a, b) => Number(a.kind) - Number(b.kind))
    .flatMap(({ kind, rows_there: rows }) => {
      const found = kinds[Number(kind)]
      const count = Number(rows)
      return found === undefined || count === 0 ? [] : [{ noun: count === 1 ? found.one : found.many, count }]
    })
}
