import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostLock } from './host-lock.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host-lock-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe('a host lock', () => {
  test('is one holder at a time, in the order of letting go', async () => {
    const file = join(dir, 'one')
    const first = await hostLock(file, { waitMs: 5000 })
    const order: string[] = []
    const second = hostLock(file, { waitMs: 5000 }).then((release) => {
      order.push('second')
      return release
    })
    await expect(hostLock(file, { waitMs: 100 })).rejects.toMatchObject({ kind: 'deadline' })
    order.push('first lets go')
    await first()
    await (
      await second
    )()
    expect(order).toEqual(['first lets go', 'second'])
  })

  test('goes with the process that held it', async () => {
    const file = join(dir, 'dying')
    const script = `const { hostLock } = await import(${JSON.stringify(new URL('host-lock.ts', import.meta.url).href)});
      await hostLock(${JSON.stringify(file)}, { waitMs: 5000 }); console.log('held'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await expect(hostLock(file, { waitMs: 100 })).rejects.toMatchObject({ kind: 'deadline' })
    child.kill('SIGKILL')
    const release = await hostLock(file, { waitMs: 5000 })
    await release()
  })

  test('is refused with a reason when its file can not be', async () => {
    const file = join(dir, 'no-such-folder', 'lock')
    await expect(hostLock(file, { waitMs: 5000 })).rejects.toMatchObject({ kind: 'missing' })
  })

  test('is not waited for once the call is stopped', async () => {
    const file = join(dir, 'stopped')
    const release = await hostLock(file, { waitMs: 5000 })
    const stop = AbortSignal.timeout(50)
    await expect(hostLock(file, { waitMs: 5000, signal: stop })).rejects.toMatchObject({ kind: 'aborted' })
    await release()
    // Nor taken, free as it is.
    await expect(hostLock(file, { waitMs: 5000, signal: stop })).rejects.toMatchObject({ kind: 'aborted' })
  })
})
