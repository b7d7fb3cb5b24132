/** What `manila-api`, `manila-scheduler`, `manila-share` and `manila-data` have in common: `--config FILE`, `--log FILE`, signals. */
import { parseArgs } from 'node:util'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import { startRole, type Running } from '../main.ts'
import type { RoleName } from '../roles/role.ts'
import { giveBackAtRest } from '../runtime/memory-at-rest.ts'
import { onSignal } from '../runtime/shutdown.ts'

export interface RoleArguments {
  readonly settings: Settings
  readonly logFile: string | undefined
}

/** The settings that the command line names; ends the process with a sentence when they can't be used. */
export function roleArguments(role: RoleName): RoleArguments {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' }, log: { type: 'string' } } })
    return {
      settings: loadSettings({ file: values.config, environment: process.env }),
      logFile: values.log,
    }
  } catch (error) {
    return giveUp(role, error)
  }
}

/** Runs the role until a signal ends it. */
export async function runRole(role: RoleName, { settings, logFile }: RoleArguments): Promise<Running> {
  try {
    const running = await startRole(settings, role, { logFile })
    process.stdout.write(`manila-${role} runs at ${running.url}\n`)
    onSignal(() => running.stop())
    giveBackAtRest()
    return running
  } catch (error) {
    return giveUp(role, error)
  }
}

function giveUp(role: RoleName, error: unknown): never {
  process.stderr.write(`manila-${role}: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
