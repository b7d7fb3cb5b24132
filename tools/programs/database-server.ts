/** What a private PostgreSQL and a private MariaDB have in common for those who use them. */
import { daemonWith, removeHome, type Daemon } from './daemon.ts'

export interface DatabaseServer extends Daemon {
  readonly kind: 'postgres' | 'mariadb'
  readonly dir: string
  readonly port: number
  /** Who may do everything. */
  readonly admin: Login
  /** Over TCP on the loopback interface; as the administrator unless a login is given. */
  url(database: string, login?: Login, parameters?: Readonly<Record<string, string>>): string
  /** Stops it and removes everything it wrote. */
  remove(): Promise<void>
}

export interface Login {
  readonly user: string
  readonly password: string
}

export interface ServerOptions {
  /** Paths of a certificate and its key, PEM: then TLS is offered. */
  readonly tls?: { readonly cert: string; readonly key: string }
  /** Flush to the disk at each commit. Off is right for tests: what a killed server wrote is in the page cache anyway. */
  readonly durable?: boolean
  /** Of memory for tables; 64 when left out. */
  readonly cacheMib?: number
  /** Have PostgreSQL count its statements (`pg_stat_statements`), which MariaDB does anyway. */
  readonly statistics?: boolean
}

/** The server around its process. */
export function databaseServer(
  process: Daemon,
  of: Pick<DatabaseServer, 'kind' | 'dir' | 'port' | 'admin'>,
): DatabaseServer {
  return daemonWith(process, {
    ...of,
    url(database, { user, password } = of.admin, parameters = {}) {
      const query = new URLSearchParams(parameters).toString()
      const login = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`
      return `${of.kind}://${login}@127.0.0.1:${of.port}/${database}${query === '' ? '' : `?${query}`}`
    },
    async remove() {
      await process.stop()
      removeHome(of.dir)
    },
  })
}
