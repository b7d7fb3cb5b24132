/** A private MariaDB server: own data directory, own socket, a free port of the loopback interface. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../src/exec/free-port.ts'
import { daemon, homeFor, runAs, writeOwned } from './daemon.ts'
import { databaseServer, type DatabaseServer, type ServerOptions } from './database-server.ts'
import { hasProgram, type Need } from './packages.ts'

const account = 'mysql'

export const mariadbNeed: Need = {
  program: 'mariadbd',
  debianPackage: 'mariadb-server',
  why: 'as a private MariaDB server, the database of several nodes',
}

export const hasMariadb = (): boolean => hasProgram(mariadbNeed.program)

/** Makes and starts one; throws what it wrote to its log when it can't. About two seconds. */
export async function startMariadb(options: ServerOptions = {}): Promise<DatabaseServer> {
  if (!hasMariadb()) throw new Error('MariaDB is not installed')
  const dir = homeFor(account, 'mdb-')
  const port = await freePort()
  const admin = { user: 'manila_root', password: randomBytes(12).toString('hex') }
  const data = join(dir, 'data')
  // A server that starts deletes the temporary tables in its folder for these, those of a running neighbour too.
  const ownTables = `--tmpdir=${dir}`
  await runAs(account, [
    'mariadb-install-db',
    '--no-defaults',
    `--datadir=${data}`,
    ownTables,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-log-bin',
    '--innodb-flush-method=nosync',
    '--innodb-log-file-size=8M',
  ])
  const init = writeOwned(
    dir,
    'init.sql',
    `create user if not exists '${admin.user}'@'%' identified by '${admin.password}';\n` +
      `grant all on *.* to '${admin.user}'@'%' with grant option;\n`,
  )
  const socket = join(dir, 's.sock')
  const settings = [
    '--no-defaults',
    `--datadir=${data}`,
    ownTables,
    `--socket=${socket}`,
    `--pid-file=${join(dir, 'pid')}`,
    `--init-file=${init}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    '--skip-log-bin',
    '--max-connections=200',
    `--innodb-buffer-pool-size=${options.cacheMib ?? 64}M`,
    '--performance-schema=off',
    // A commit is written out but not flushed: a killed server loses nothing, a power cut might.
    ...(options.durable === true
      ? []
      : [
          '--innodb-flush-log-at-trx-commit=2',
          '--innodb-doublewrite=0',
          '--innodb-flush-method=nosync',
          '--innodb-file-per-table=0',
        ]),
  ]
  if (options.tls !== undefined) {
    for (const [setting, name, from] of [
      ['ssl-cert', 'server.crt', options.tls.cert],
      ['ssl-key', 'server.key', options.tls.key],
    ] as const) {
      const to = writeOwned(dir, name, readFileSync(from))
      settings.push(`--${setting}=${to}`)
    }
  }
  const server = daemon({
    name: 'MariaDB',
    account,
    command: ['/usr/sbin/mariadbd', ...settings],
    logFile: join(dir, 'log'),
    endSignal: 'SIGTERM',
    // The init file ran before it listens.
    probe: ['mariadb-admin', '--no-defaults', '-S', socket, '-u', 'root', '--silent', 'ping'],
  })
  await server.start()
  return databaseServer(server, { kind: 'mariadb', dir, port, admin })
}
