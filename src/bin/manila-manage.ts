/** The operator's verbs: `manila-manage --help`. */
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { driverNames, loadDriver } from '../drivers/index.ts'
import { exporterNames, loadExporter } from '../exporters/index.ts'
import { manage } from '../manage/manage.ts'
import { Policy } from '../policy/enforce.ts'
import { systemClock } from '../runtime/clock.ts'

process.exitCode = await manage(process.argv.slice(2), {
  out: (printed) => void process.stdout.write(printed),
  write: (file, written) => writeFileSync(file, written, { mode: 0o600 }),
  err: (printed) => void process.stderr.write(printed),
  env: process.env,
  stdin: () => text(process.stdin),
  driverNames,
  exporterNames,
  loadDriver,
  loadExporter,
  checkPolicy: (file) => void new Policy({ clock: systemClock(), file }),
})
