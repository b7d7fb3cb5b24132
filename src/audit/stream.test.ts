import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../runtime/clock.ts'
import { AuditStream } from './stream.ts'

let dir: string
let stream: AuditStream
const told: [boolean, string][] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'audit-'))
  told.length = 0
})
afterEach(async () => {
  await stream.close()
  rmSync(dir, { recursive: true, force: true })
})

const clock = systemClock()
const open = (path: string): AuditStream => {
  stream = new AuditStream(
    path,
    () => clock.now(),
    (isOk, reason) => void told.push([isOk, reason]),
  )
  return stream
}
const lines = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)
const empty = () => vi.waitFor(() => expect(stream.state).toMatchObject({ state: 'ok', waiting: 0 }), 5000)

test('each event is a whole line of a file that others can not read, and in order', async () => {
  const path = join(dir, 'sub', 'audit.log')
  open(path)
  const all = Array.from({ length: 5000 }, (_, index) =>
    JSON.stringify({ index, text: 'x'.repeat(index % 300) }),
  )
  for (const line of all) stream.line(line)
  await empty()
  expect(lines(path)).toEqual(all)
  expect(statSync(path).mode & 0o777).toBe(0o640)
})

test('a file that was moved away is left alone after reopen, and nothing is lost', async () => {
  const path = join(dir, 'audit.log')
  open(path)
  stream.line('one')
  await empty()
  renameSync(path, `${path}.1`)
  stream.reopen()
  stream.line('two')
  await empty()
  expect([lines(`${path}.1`), lines(path)]).toEqual([['one'], ['two']])
})

test('a pipe without a reader and a full one cost nobody a wait; what waits comes when it is read', async () => {
  const path = join(dir, 'pipe')
  execFileSync('mkfifo', [path])
  open(path)
  stream.line('first')
  await vi.waitFor(() => expect(stream.state).toMatchObject({ state: 'failing', reason: 'ENXIO' }))
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  await empty()
  // A pipe holds 64 KiB.
  const began = performance.now()
  for (let index = 0; index < 1000; index++) stream.line('y'.repeat(200))
  expect(performance.now() - began).toBeLessThan(500)
  await vi.waitFor(() => expect(stream.state).toMatchObject({ state: 'failing', reason: 'EAGAIN' }))
  let read = ''
  const chunk = Buffer.alloc(65_536)
  await vi.waitFor(() => {
    for (;;) {
      try {
        const count = readSync(reader, chunk)
        if (count === 0) break
        read += chunk.toString('utf8', 0, count)
      } catch {
        break
      }
    }
    expect(read.split('\n')).toHaveLength(1002)
  }, 10_000)
  expect(new Set(read.split('\n').slice(1, -1))).toEqual(new Set(['y'.repeat(200)]))
  const toldSoFar = () => told.map(([isOk]) => isOk)
  await vi.waitFor(() => expect(toldSoFar()).toEqual([false, true, false, true]))
  // Somebody who closes his end ends no service.
  closeSync(reader)
  stream.line('nobody')
  await vi.waitFor(() => expect(toldSoFar()).toEqual([false, true, false, true, false]))
  expect(stream.state.state).toBe('failing')
}, 30_000)

test('a full disk is told, and lines beyond what is kept are counted as lost', async () => {
  open('/dev/full')
  stream.line('one')
  await vi.waitFor(() => expect(stream.state).toMatchObject({ state: 'failing', reason: 'ENOSPC' }))
  const line = 'z'.repeat(1024 * 1024)
  for (let index = 0; index < 20; index++) stream.line(line)
  expect(stream.state.dropped).toBeGreaterThan(10)
  expect(stream.state.waiting).toBeLessThan(10)
})

test('of two that write one file no line is torn', async () => {
  const path = join(dir, 'audit.log')
  const other = new AuditStream(path, () => clock.now())
  open(path)
  for (let index = 0; index < 2000; index++) {
    stream.line(`a${'a'.repeat(index % 97)}`)
    other.line(`b${'b'.repeat(index % 89)}`)
  }
  await empty()
  await vi.waitFor(() => expect(other.state.waiting).toBe(0))
  await other.close()
  const all = lines(path)
  expect(all).toHaveLength(4000)
  expect(all.filter((line) => !/^(a+|b+)$/.test(line))).toEqual([])
})
