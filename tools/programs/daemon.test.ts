import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { daemon, runs } from './daemon.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-daemon-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Field 5 of /proc/PID/stat (proc(5)): the group that a terminal's signals go to. */
const groupOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2])

test.skipIf(process.platform !== 'linux')('Ctrl-C does not reach a daemon; its owner does', async () => {
  const one = daemon({
    name: 'sleep',
    account: 'daemon',
    command: ['sleep', '60'],
    logFile: join(dir, 'log'),
    endSignal: 'SIGTERM',
    probe: ['true'],
  })
  await one.start()
  expect(groupOf(one.pid)).toBe(one.pid)
  expect(groupOf(process.pid)).not.toBe(one.pid)
  const { pid } = one
  await one.stop()
  expect(one.pid).toBe(0)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test.skipIf(process.platform !== 'linux')('nothing that a killed daemon started is left', async () => {
  const child = join(dir, 'child')
  const one = daemon({
    name: 'a server with a process of its own',
    account: 'daemon',
    // In a session of its own, as PostgreSQL's are.
    command: ['sh', '-c', 'setsid sleep 60 & echo "<$!>"; wait'],
    logFile: child,
    endSignal: 'SIGTERM',
    probe: ['grep', '-q', '>', child],
  })
  await one.start()
  const started = Number(/<(\d+)>/.exec(readFileSync(child, 'utf8'))?.[1])
  expect(runs(started)).toBe(true)
  await one.kill()
  expect(one.pid).toBe(0)
  expect(runs(started)).toBe(false)
})
