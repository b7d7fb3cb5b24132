#!/usr/bin/env node
/** Small programs for an operator: `manila-manage --help`. */
const { text } = await import('node:stream/consumers')
const { driverNames, loadDriver } = await import('../drivers/index.ts')
const { exporterNames, loadExporter } = await import('../exporters/index.ts')
const { manage } = await import('../manage/manage.ts')
const { Policy } = await import('../policy/enforce.ts')
const { systemClock } = await import('../runtime/clock.ts')

process.exitCode = await manage(process.argv.slice(2), {
  out: (printed) => void process.stdout.write(printed),
  err: (printed) => void process.stderr.write(printed),
  env: process.env,
  stdin: () => text(process.stdin),
  driverNames,
  exporterNames,
  loadDriver,
  loadExporter,
  checkPolicy: (file) => void new Policy({ clock: systemClock(), file }),
})
