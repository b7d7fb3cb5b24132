/** `npm run golden`: writes what outsiders see as files, so that a review reads what a change does to it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cliGoldens } from '../../src/cli/golden.ts'
import { exporterNames, loadExporter } from '../../src/storage/exporters/index.ts'
import { driverNames, loadDriver } from '../../src/storage/drivers/index.ts'
import { referenceOf } from '../../src/manage/config-reference.ts'
import { document, documentFile } from '../routes/personas/document.ts'
import { samplePolicy } from '../../src/policy/listing.ts'
import { documentOf, fileOf, keptMinors } from './openapi.ts'

const root = join(import.meta.dirname, '..', '..')
for (const minor of keptMinors) writeFileSync(fileOf(minor), documentOf(minor))
for (const [path, text] of Object.entries(await cliGoldens())) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

writeFileSync(join(root, 'test/golden/policy.sample.yaml'), samplePolicy())

const reference = await referenceOf({ driverNames, exporterNames, loadDriver, loadExporter })
writeFileSync(join(root, 'docs/guide/configuration.md'), reference)
writeFileSync(documentFile, document())
