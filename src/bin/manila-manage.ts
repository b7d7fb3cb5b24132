/** The operator's verbs: `manila-manage --help`. */
import { writeFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Exporter, StorageDriver } from '../storage/contract/driver.ts'
import { driverNames, loadDriver } from '../storage/drivers/index.ts'
import { exporterNames, loadExporter } from '../storage/exporters/index.ts'
import { manage } from '../manage/manage.ts'
import { askHidden } from '../manage/terminal.ts'
import { Policy } from '../policy/enforce.ts'
import { systemClock } from '../runtime/clock.ts'
import { chainProblems, functionProblems } from '../scheduler/configured.ts'
import { readKeystone } from '../sdk/keystone-reader.ts'
import { publishedBy, untrusted } from '../share-manager/admission.ts'
import { mismatch } from '../share-manager/exporter-table.ts'

const say = (_fields: object, message: string): void => void process.stderr.write(`${message}\n`)
const toStderr = { info: say, warn: say, error: say }

process.exitCode = await manage(process.argv.slice(2), {
  out: (printed) => void process.stdout.write(printed),
  write: (file, written) => writeFileSync(file, written, { mode: 0o600 }),
  err: (printed) => void process.stderr.write(printed),
  env: process.env,
  stdin: () => text(process.stdin),
  prompt: askHidden,
  keystone: (cloud) => readKeystone(cloud === undefined ? {} : { cloud }),
  driverNames,
  exporterNames,
  loadDriver,
  loadExporter,
  async moveShare({ store, settings }, request) {
    // The share manager and its drivers are for this verb alone.
    const { moveShare } = await import('../share-manager/move-share.ts')
    return moveShare({ store, settings, clock: systemClock(), log: toStderr }, request)
  },
  objection: ({ driver, exporters, ...backend }) =>
    untrusted({
      ...backend,
      driver: driver as StorageDriver,
      published: publishedBy(driver as StorageDriver, exporters as readonly Exporter[]),
    }),
  mismatch: (table, { protocols }, driver) => mismatch(table, protocols, (driver as StorageDriver).native),
  checkPolicy: (file) => new Policy({ clock: systemClock(), file }).state().warnings,
  chainProblems,
  functionProblems,
})
