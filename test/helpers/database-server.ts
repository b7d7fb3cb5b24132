/** A private server for a test run: `MANILA_TEST_DATABASE` says which; nothing for SQLite. Projects of one run share it. */
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const kind = process.env.MANILA_TEST_DATABASE ?? 'sqlite'
  if (kind === 'sqlite' || process.env.MANILA_TEST_DATABASE_URL !== undefined) return undefined
  if (kind !== 'postgres' && kind !== 'mariadb')
    throw new Error(`MANILA_TEST_DATABASE is sqlite, postgres or mariadb, not ${kind}`)
  const server = kind === 'postgres' ? await startPostgres() : await startMariadb()
  process.env.MANILA_TEST_DATABASE_URL = server.url(kind === 'postgres' ? 'postgres' : 'mysql')
  return () => server.remove()
}
