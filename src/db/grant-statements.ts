/** GRANT statements, and running them. */
import { sql } from 'kysely'
import type { GrantedService, Grant } from './grants.ts'
import type { Store } from './open.ts'

/** For the tables that there are. `user` is a plain name. */
export async function grantStatements(
  { db, dialect }: Store,
  service: GrantedService,
  user: string,
  grantsOf: (service: GrantedService, all: readonly string[]) => readonly Grant[],
): Promise<string[]> {
  const tables = (await db.introspection.getTables()).map(({ name }) => name).sort()
  return grantsOf(service, tables).map(
    ({ table, verbs }) => `grant ${verbs.join(', ')} on ${dialect.quoted(table)} to ${dialect.account(user)}`,
  )
}

/** All or none, where the database can undo such statements. */
export async function runGrants({ db }: Store, statements: readonly string[]): Promise<void> {
  await db.transaction().execute(async (tx) => {
    for (const statement of statements) await sql.raw(statement).execute(tx)
  })
}
