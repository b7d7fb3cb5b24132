import { mkdtempSync, appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { startMeasured } from './service.ts'
import { create, untilAvailable } from './creates.ts'
const dir = mkdtempSync('/tmp/ms-')
const log = join(dir, 'sql.log')
process.env.SQL_LOG = log
const s = await startMeasured(dir, 'sim')
try {
  for (let n = 0; n < 3; n++) await untilAvailable(s, await create(s), 50)
  await new Promise((r) => setTimeout(r, 1500))
  appendFileSync(log, '=====\n')
  const id = await create(s)
  await new Promise((r) => setTimeout(r, 700))
  appendFileSync(log, '=====\n')
  await untilAvailable(s, id, 50)
} finally { await s.stop() }
console.log(log)
