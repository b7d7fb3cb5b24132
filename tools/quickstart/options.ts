/** The quick start's command line. */
import { parseArgs } from 'node:util'
import { resolve } from 'node:path'

export type BackendKind = 'image' | 'btrfs' | 'directory' | 'sim'
const kinds: readonly BackendKind[] = ['image', 'btrfs', 'directory', 'sim']

export interface QuickstartOptions {
  readonly once: boolean
  readonly clean: boolean
  readonly dir: string
  readonly port: number
  /** null: the best one that the host allows. */
  readonly backend: BackendKind | null
  readonly config: string | null
  readonly noInstall: boolean
  readonly sizeGib: number
  /** Where people live: in the database, or in a private directory server. */
  readonly auth: 'db' | 'ldap'
}

export const usage = `npm run quickstart -- [options]

  --once            stop after the demonstration; ends 0 only if every byte came back
  --dir DIR         where everything is kept (default ./var)
  --backend NAME    image, btrfs, directory or sim (default: image where the host can, else directory without NFS)
  --size GIB        size of the pool's file (default 20; sparse)
  --config FILE     TOML file that adds or replaces backends and any option
  --auth NAME       db or ldap: with ldap, people are in a private directory server (default db)
  --port N          port of the API (default 8786; 0 takes a free one)
  --no-install      never install packages
  --clean           stop serving, unmount, and remove DIR
  --help            this text
`

/** Throws a sentence for anything it does not know. */
export function quickstartOptions(argv: readonly string[]): QuickstartOptions | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      once: { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      dir: { type: 'string', default: 'var' },
      port: { type: 'string', default: '8786' },
      backend: { type: 'string' },
      size: { type: 'string', default: '20' },
      config: { type: 'string' },
      auth: { type: 'string', default: 'db' },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return 'help'
  if (values.backend !== undefined && !(kinds as readonly string[]).includes(values.backend)) {
    throw new Error(`--backend must be one of ${kinds.join(', ')}`)
  }
  if (values.auth !== 'db' && values.auth !== 'ldap') throw new Error('--auth must be db or ldap')
  return {
    auth: values.auth,
    once: values.once,
    clean: values.clean,
    dir: resolve(values.dir),
    port: wholeNumber('--port', values.port, 65_535),
    backend: (values.backend as BackendKind | undefined) ?? null,
    config: values.config === undefined ? null : resolve(values.config),
    noInstall: values['no-install'],
    sizeGib: wholeNumber('--size', values.size, 1_000_000),
  }
}

function wholeNumber(name: string, text: string, max: number): number {
  if (!/^[0-9]{1,7}$/.test(text) || Number(text) > max)
    throw new Error(`${name} must be a whole number up to ${max}`)
  return Number(text)
}
