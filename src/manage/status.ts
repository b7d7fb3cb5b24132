/** The command line of `manila-status`. */
import { parseArgs } from 'node:util'
import { loadSettings } from '../config/load.ts'
import { withStore } from './database.ts'
import { checkUpgrade, exitCodeOf, upgradeTable } from './upgrade-check.ts'
import type { World } from './verb.ts'

const usage = `manila-status upgrade check [--config FILE] [--format table|json]

  Says whether this release can run on this deployment: schema, work in flight, processes of other releases, policy, keys, backends,
  counts. Changes nothing. Ends 0 (success), 1 (warning), 2 (failure) or 255 when it could not be asked.
`

/** Runs one command line and answers its exit code. Never throws. */
export async function status(
  argv: readonly string[],
  world: Pick<World, 'out' | 'err' | 'env' | 'checkPolicy'>,
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        config: { type: 'string' },
        format: { type: 'string', short: 'f', default: 'table' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      world.out(usage)
      return 0
    }
    if (positionals.join(' ') !== 'upgrade check' || !['table', 'json'].includes(values.format)) {
      world.err(usage)
      return 255
    }
    const settings = loadSettings({
      ...(values.config === undefined ? {} : { file: values.config }),
      environment: world.env,
    })
    const results = await withStore(settings, 'any', (store) =>
      checkUpgrade({ settings, store, checkPolicy: (file) => world.checkPolicy(file) }),
    )
    world.out(values.format === 'json' ? `${JSON.stringify(results, null, 2)}\n` : upgradeTable(results))
    return exitCodeOf(results)
  } catch (error) {
    world.err(`manila-status: ${error instanceof Error ? error.message : String(error)}\n`)
    return 255
  }
}
