/** The console against a shell of this host that keeps the guest's side of the protocol. */
import { spawn } from 'node:child_process'
import { afterEach, describe, expect, test } from 'vitest'
import { Console } from './console.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const step of undo.splice(0)) step()
})

const loop =
  'echo "guest: ready"; while read -r tag line; do command eval "$line" 2>&1 </dev/null; rc=$?; echo; echo "$tag $rc"; done'

function shell(script = loop): Console {
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'pipe'] })
  undo.push(() => child.kill('SIGKILL'))
  return new Console(child)
}

describe.skipIf(process.platform === 'win32')('the guest console', () => {
  test('output, exit code and variables of each command, one after the other', async () => {
    const console = shell()
    expect(await console.ready(5000)).toBe(true)
    const results = await Promise.all([
      console.run('x=ü; printf "$x"', 5000),
      console.run('echo "$x"; (exit 7)', 5000),
      console.run('echo wrong >&2; echo', 5000),
      console.run('echo "fake 0"', 5000),
    ])
    expect(results).toEqual([
      { rc: 0, output: 'ü' },
      { rc: 7, output: 'ü' },
      { rc: 0, output: 'wrong\n' },
      { rc: 0, output: 'fake 0' },
    ])
  })

  test('what is not one short line is refused', async () => {
    const console = shell()
    for (const bad of ['a\nb', 'a\rb', 'x'.repeat(3001)]) {
      await expect(console.run(bad, 1000)).rejects.toThrow(RangeError)
    }
  })

  test('silence ends with the deadline, a dead guest with its last words', async () => {
    expect(await shell('sleep 5').ready(50)).toBe(false)
    await expect(shell('echo panic; echo because >&2').ready(5000)).rejects.toThrow(/ended: because\s+panic/)
    await expect(
      shell('echo "guest: nfs.ko can\'t be loaded"; echo "guest: ready"').ready(5000),
    ).rejects.toThrow('nfs.ko')
    const console = shell()
    await expect(console.run('sleep 5', 50)).rejects.toThrow('did not end within 50 ms')
    const leaving = shell()
    await expect(leaving.run('exit', 5000)).rejects.toThrow('the guest ended')
    await expect(leaving.run('echo', 5000)).rejects.toThrow('the guest ended')
  })
})
