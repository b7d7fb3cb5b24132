/** How a database would go about the statements of a request: which table by which index. */
import { sql, type CompiledQuery, type KyselyPlugin, type QueryId, type RootOperationNode } from 'kysely'
import type { Store } from '../../src/db/open.ts'

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

/** A line for each table that the statement goes to, in the words of the database without its guesses. */
export async function planOf({ db }: Store, kind: Kind, query: CompiledQuery): Promise<string[]> {
  return readers[kind].ask(query, async (explained) => (await db.executeQuery(explained)).rows)
}

export type Kind = 'sqlite' | 'postgres' | 'mariadb'

type Run = (query: CompiledQuery) => Promise<unknown[]>
interface Reader {
  ask(query: CompiledQuery, run: Run): Promise<string[]>
}

const prefixed = (prefix: string, query: CompiledQuery): CompiledQuery => ({
  ...query,
  sql: `${prefix} ${query.sql}`,
  query: sql`${sql.raw('explain')}`.toOperationNode() as RootOperationNode,
})

interface PgNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly PgNode[]
}

const readers: Readonly<Record<Kind, Reader>> = {
  sqlite: {
    async ask(query, run) {
      const rows = (await run(prefixed('explain query plan', query))) as { detail: string }[]
      return rows.map(({ detail }) => detail)
    },
  },
  postgres: {
    async ask(query, run) {
      const [row] = (await run(prefixed('explain (format json, costs off)', query))) as [
        { 'QUERY PLAN': string },
      ]
      const lines: string[] = []
      const walk = (node: PgNode): void => {
        const { 'Relation Name': table, 'Index Name': index } = node
        const isSort = node['Node Type'].includes('Sort')
        if (table !== undefined || index !== undefined || isSort)
          lines.push([node['Node Type'], table, index].filter((word) => word !== undefined).join(' '))
        for (const below of node.Plans ?? []) walk(below)
      }
      for (const { Plan } of JSON.parse(row['QUERY PLAN']) as { Plan: PgNode }[]) walk(Plan)
      return lines
    },
  },
  mariadb: {
    async ask(query, run) {
      const rows = (await run(prefixed('explain', query))) as {
        table: string | null
        type: string | null
        key: string | null
        Extra: string
      }[]
      const lasting = /Using (filesort|temporary)/g
      return rows.map(({ table, type, key, Extra }) =>
        [table ?? '-', type ?? '-', key ?? '', ...(Extra.match(lasting) ?? [])].join(' ').trimEnd(),
      )
    },
  },
}

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
