/** Makes and deletes shares in the directory it is given until it is killed. */
import { simIn } from './target.fixture.ts'

const log = () => {}
const call = {
  log: { info: log, warn: log, error: log },
  deadlineMs: 5000,
  signal: new AbortController().signal,
  fence: null,
  progress: log,
}
const sim = simIn(process.argv[2]!)
for (let turn = 0; ; turn++) {
  const share = {
    id: `churn-${process.pid}-${turn}`,
    shareId: 's',
    projectId: 'p',
    protocol: 'NFS',
    sizeGib: 1,
    pool: 'sim',
    state: {},
    specs: {},
    mountPointName: null,
  }
  await sim.create(call, share)
  if (turn === 0) process.send?.('at work')
  if (turn % 3 > 0) await sim.delete(call, share)
}
