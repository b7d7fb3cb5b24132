/** How a database would go about the statements of a request: which table by which index. */
import { CompiledQuery, sql, type KyselyPlugin, type QueryId } from 'kysely'
import type { Store } from '../../src/db/open.ts'
import type { Db } from '../../src/db/schema.ts'

/** A store whose statements, in the order in which they are answered, are added to `seen`. */
export function listening(store: Store, seen: CompiledQuery[]): Store {
  const executor = store.db.getExecutor()
  // What is part of another statement is seen, too, but never answered.
  const made = new WeakMap<QueryId, CompiledQuery>()
  const plugin: KyselyPlugin = {
    transformQuery({ node, queryId }) {
      made.set(queryId, executor.compileQuery(node, queryId))
      return node
    },
    transformResult({ result, queryId }) {
      const query = made.get(queryId)
      if (query !== undefined) seen.push(query)
      return Promise.resolve(result)
    },
  }
  return { ...store, db: store.db.withPlugin(plugin) }
}

export type Kind = 'sqlite' | 'postgres' | 'mariadb'

/** A line for each table that the statement goes to, in the words of the database without its guesses. */
export const planOf = ({ db }: Store, kind: Kind, query: CompiledQuery): Promise<string[]> =>
  readers[kind](db, query)

type Reader = (db: Db, query: CompiledQuery) => Promise<string[]>

async function explained<Row>(
  db: Db,
  word: string,
  { sql: text, parameters }: CompiledQuery,
): Promise<Row[]> {
  return (await db.executeQuery<Row>(CompiledQuery.raw(`${word} ${text}`, [...parameters]))).rows
}

interface PgNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PgNode[]
}

const readers: Readonly<Record<Kind, Reader>> = {
  async sqlite(db, query) {
    const rows = await explained<{ detail: string }>(db, 'explain query plan', query)
    return rows.map(({ detail }) => detail)
  },
  async postgres(db, query) {
    const lines: string[] = []
    const walk = (node: PgNode): void => {
      const { 'Relation Name': table, 'Index Name': index, 'Index Cond': from } = node
      const isSort = node['Node Type'].includes('Sort')
      if (table !== undefined || index !== undefined || isSort)
        lines.push([node['Node Type'], table, index, from].filter((word) => word !== undefined).join(' '))
      for (const below of node.Plans ?? []) walk(below)
    }
    for (const { Plan } of await planForAnyValues(db, query)) walk(Plan)
    return lines
  },
  async mariadb(db, query) {
    const rows = await explained<{
      table: string | null
      type: string | null
      key: string | null
      Extra: string
    }>(db, 'explain', query)
    const lasting = /Using (filesort|temporary)/g
    const parts = await usedParts(db, query)
    return rows.map(({ table, type, key, Extra }) =>
      [table ?? '-', type ?? '-', key ?? '', parts.get(table ?? '') ?? '', ...(Extra.match(lasting) ?? [])]
        .filter((word) => word !== '')
        .join(' '),
    )
  },
}

interface MariadbNode {
  readonly table_name?: string
  readonly used_key_parts?: readonly string[]
}

/** By table (or what the statement calls it), the columns of its index by which rows are found; the others are read and looked at. */
async function usedParts(db: Db, query: CompiledQuery): Promise<ReadonlyMap<string, string>> {
  const [row] = await explained<{ EXPLAIN: string }>(db, 'explain format = json', query)
  const found = new Map<string, string>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const { table_name: table, used_key_parts: parts } = node as MariadbNode
    if (table !== undefined && parts !== undefined) found.set(table, `(${parts.join(', ')})`)
    for (const below of Object.values(node)) walk(below)
  }
  walk(JSON.parse(row?.EXPLAIN ?? '{}'))
  return found
}

/** The plan that a prepared statement has from its sixth time on, which knows none of the values. */
const planForAnyValues = (
  db: Db,
  { sql: text, parameters }: CompiledQuery,
): Promise<readonly { Plan: PgNode }[]> =>
  db.transaction().execute(async (tx) => {
    const values = sql.join(parameters.map((value) => sql.lit(value)))
    const given = parameters.length === 0 ? sql`` : sql`(${values})`
    await sql`set local plan_cache_mode = force_generic_plan`.execute(tx)
    await sql`prepare asked as ${sql.raw(text)}`.execute(tx)
    const { rows } = await sql<{
      'QUERY PLAN': string
    }>`explain (format json, costs off) execute asked ${given}`.execute(tx)
    await sql`deallocate asked`.execute(tx)
    return JSON.parse(rows[0]?.['QUERY PLAN'] ?? '[]') as { Plan: PgNode }[]
  })

/** Tables of which there are rows for each share; others are small beside them. */
const large = [
  'shares',
  'share_instances',
  'share_metadata',
  'share_instance_export_locations',
  'snapshots',
  'snapshot_instances',
  'access_rules',
  'access_rule_mappings',
  'usages',
  'usage_points',
  'events',
]
/** What each database says of a table that it reads from one end to the other, in no order. */
const readsWhole: Readonly<Record<Kind, RegExp>> = {
  sqlite: /^SCAN (\w+)$/,
  postgres: /^(?:Parallel )?Seq Scan (\w+)/,
  mariadb: /^(\w+) ALL\b/,
}

/** The large tables that a plan reads from one end to the other. */
export const readWhole = (kind: Kind, plan: readonly string[]): string[] =>
  plan.map((line) => readsWhole[kind].exec(line)?.[1] ?? '').filter((table) => large.includes(table))

/** What each database says when it sorts what it has read. */
const sorts: Readonly<Record<Kind, RegExp>> = {
  sqlite: /^USE TEMP B-TREE FOR ORDER BY/,
  postgres: /Sort/,
  mariadb: /Using (filesort|temporary)/,
}

export const isSorted = (kind: Kind, plan: readonly string[]): boolean =>
  plan.some((line) => sorts[kind].test(line))

/** What each database says of a page that begins in an index at the row that it goes on behind, not at the list's first. */
const beginsAt: Readonly<Record<Kind, RegExp>> = {
  sqlite: /^SEARCH \w+ USING (COVERING )?INDEX .*created_at<\?/,
  postgres: /created_at <= /,
  mariadb: /^\w+ range \w+ \(.*\bcreated_at\b.*\)$/,
}

export const beginsAtMarker = (kind: Kind, plan: readonly string[]): boolean =>
  plan.some((line) => beginsAt[kind].test(line))
