import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isLiving } from './process.ts'

const linux = process.platform === 'linux'

test.skipIf(!linux)('a process that begins one program after the other is alive all the time', async () => {
  const again = 'if [ "$1" -gt 0 ]; then exec sh -c "$0" "$0" $(($1 - 1)); fi; exec sleep 60'
  const child = spawn('sh', ['-c', again, again, '300'], { stdio: 'ignore' })
  const pid = Number(child.pid)
  let [asked, silent] = [0, 0]
  let command = ''
  for (; command !== 'sleep\x0060\x00'; asked++) {
    expect(isLiving(pid)).toBe(true)
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (command === '') silent++
  }
  // It was seen between two programs, too, where it has no command line.
  expect([asked > 100, silent > 0]).toEqual([true, true])
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(isLiving(pid)).toBe(false)
})
