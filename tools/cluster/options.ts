/** The cluster's command line. */
import { parseArgs } from 'node:util'
import { resolve } from 'node:path'

export type DatabaseKind = 'postgres' | 'mariadb'

export interface ClusterOptions {
  readonly dir: string
  readonly database: DatabaseKind
  /** Port of the balancer in front of the two APIs; 0 takes a free one. */
  readonly port: number
  readonly once: boolean
  readonly noInstall: boolean
}

export const usage = `npm run cluster -- [options]

  --database NAME   postgres (default) or mariadb
  --dir DIR         where configuration, logs and pools are kept (default ./var-cluster)
  --port N          port of the balancer in front of both APIs (default 8786; 0 takes a free one)
  --once            make a share on each backend, show it, and end
  --no-install      never install packages
  --help            this text

The database and the broker are private and end with the cluster; Ctrl-C stops everything and unmounts what was mounted.
`

/** Throws a sentence for anything it does not know. */
export function clusterOptions(argv: readonly string[]): ClusterOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      dir: { type: 'string', default: 'var-cluster' },
      database: { type: 'string', default: 'postgres' },
      port: { type: 'string', default: '8786' },
      once: { type: 'boolean', default: false },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.database !== 'postgres' && values.database !== 'mariadb')
    throw new Error('--database must be postgres or mariadb')
  if (!/^[0-9]{1,5}$/.test(values.port) || Number(values.port) > 65_535)
    throw new Error('--port must be a whole number up to 65535')
  return {
    dir: resolve(values.dir),
    database: values.database,
    port: Number(values.port),
    once: values.once,
    noInstall: values['no-install'],
  }
}
