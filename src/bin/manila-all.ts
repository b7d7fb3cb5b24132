#!/usr/bin/env node
/** All roles in one process: `manila-all --config manila.toml`. */
import { parseArgs } from 'node:util'
const { loadSettings } = await import('../config/load.ts')
const { giveBackAtRest } = await import('../runtime/memory-at-rest.ts')
const { onSignal } = await import('../runtime/shutdown.ts')
const { startService } = await import('../main.ts')

try {
  const { values } = parseArgs({ options: { config: { type: 'string' }, log: { type: 'string' } } })
  const settings = loadSettings({ file: values.config, environment: process.env })
  const service = await startService(settings, { logFile: values.log })
  process.stdout.write(`manila serves at ${service.url}\n`)
  onSignal(() => service.stop())
  giveBackAtRest()
} catch (error) {
  process.stderr.write(`manila-all: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}
