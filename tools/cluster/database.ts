/** A database and its owner on a private server. */
import { randomBytes } from 'node:crypto'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { grantStatements, runGrants } from '../../src/db/grant-statements.ts'
import { grantedServices, grantsOf, type GrantedService } from '../../src/db/grants.ts'
import type { Store } from '../../src/db/open.ts'
import type { DatabaseServer } from '../programs/database-server.ts'

const run = promisify(execFile)

/** Makes the database `manila` with a user of its own; answers that user's URL. */
export async function createDatabase(server: DatabaseServer): Promise<string> {
  const owner = { user: 'manila', password: randomBytes(12).toString('hex') }
  // The password is ours and hexadecimal: nothing in it needs quoting.
  const statements =
    server.kind === 'postgres'
      ? [`create role manila login password '${owner.password}'`, 'create database manila owner manila']
      : [
          `create user manila@'%' identified by '${owner.password}'`,
          'create database manila character set utf8mb4 collate utf8mb4_nopad_bin',
          "grant all on manila.* to manila@'%' with grant option",
        ]
  for (const statement of statements) await administer(server, statement)
  return server.url('manila', owner)
}

/** A user for each service with what it needs of the migrated `store`; answers their URLs. */
export async function createServiceUsers(
  server: DatabaseServer,
  store: Store,
): Promise<Readonly<Record<GrantedService, string>>> {
  const urls: Partial<Record<GrantedService, string>> = {}
  for (const service of grantedServices) {
    const login = { user: `manila_${service}`, password: randomBytes(12).toString('hex') }
    await administer(
      server,
      server.kind === 'postgres'
        ? `create role ${login.user} login password '${login.password}'`
        : `create user ${login.user}@'%' identified by '${login.password}'`,
    )
    await runGrants(store, await grantStatements(store, service, login.user, grantsOf))
    urls[service] = server.url('manila', login)
  }
  return urls as Record<GrantedService, string>
}

/** Runs one statement as the administrator of the server. */
export async function administer(server: DatabaseServer, statement: string): Promise<void> {
  const { user, password } = server.admin
  const port = String(server.port)
  if (server.kind === 'postgres') {
    const argv = ['-h', '127.0.0.1', '-p', port, '-U', user, '-d', 'postgres', '-q', '-c', statement]
    await run('psql', argv, { env: { ...process.env, PGPASSWORD: password } })
    return
  }
  const argv = ['--no-defaults', '-h', '127.0.0.1', '-P', port, '-u', user, '-e', statement]
  await run('mariadb', argv, { env: { ...process.env, MYSQL_PWD: password } })
}
