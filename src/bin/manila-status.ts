/** `manila-status upgrade check [--config FILE] [--format json]` */
import { status } from '../manage/status.ts'
import { Policy } from '../policy/enforce.ts'
import { systemClock } from '../runtime/clock.ts'

process.exitCode = await status(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  env: process.env,
  checkPolicy: (file) => new Policy({ clock: systemClock(), file }).state().warnings,
})
