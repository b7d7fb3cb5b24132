/**
 * Keeps a test file and all that it starts on one processor, where there are no more of them than files at a time. A process
 * whose threads run on two processors interrupts the other for each change of its memory: the suite took a fifth more
 * processor time (docs/decisions/0015-time-of-the-suite.md).
 */
import { spawnSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

const worker = Number(process.env.VITEST_POOL_ID ?? 0)
if (process.platform === 'linux' && availableParallelism() === 2 && worker > 0) {
  const { status, stderr } = spawnSync('taskset', ['-acp', String((worker - 1) % 2), String(process.pid)])
  if (status !== 0) console.log(`not kept on one processor: ${stderr}`)
}
