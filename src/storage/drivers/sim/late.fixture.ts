/** Creates, as owner 1 of its lane, the share it is given; says how that went. */
import type { ShareRef } from '../../contract/driver.ts'
import { simIn } from './target.fixture.ts'

const share = JSON.parse(process.argv[3]!) as ShareRef
const log = () => {}
const call = {
  log: { info: log, warn: log, error: log },
  deadlineMs: 60_000,
  signal: new AbortController().signal,
  fence: { lockFile: `/locks/${share.id}`, number: 1 },
  progress: log,
}
const outcome = await simIn(process.argv[2]!)
  .create(call, share)
  .then(
    () => 'created',
    (error: unknown) => (error as Error).message,
  )
process.send?.(outcome)
