/**
 * A hundred clients ask for everything and never read: 40 MB each, which one answer in one piece would keep for each of
 * them. What the process holds then is printed, and others are served meanwhile.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryOf } from '../perf/report.ts'
import { percentile, timed } from '../perf/timing.ts'
import { startWide, type WideService } from '../perf/wide-shares.ts'

const clients = 100
const dir = mkdtempSync(join(tmpdir(), 'manila-unread-'))
let service: WideService
beforeAll(async () => {
  const limits = {
    streams_per_project: clients,
    streams: clients,
    write_timeout_s: 600,
    connections_per_address: 0,
  }
  service = await startWide(dir, 2000, limits)
})
afterAll(async () => {
  await service?.process.stop()
  rmSync(dir, { recursive: true, force: true })
})

const mib = (bytes: number): number => Math.round(bytes / 1_048_576)

test('100 lists that nobody reads cost little memory, and the lists are whole', async () => {
  const { process, token } = service
  const headers = { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.99' }
  const whole = await (await fetch(`${process.url}/v2/shares/detail`, { headers })).text()
  const { shares } = JSON.parse(whole) as { shares: { id: string }[] }
  expect([shares.length, new Set(shares.map(({ id }) => id)).size]).toEqual([2000, 2000])
  expect(whole.length).toBeGreaterThan(40_000_000)

  const before = memoryOf(process.pid)
  const { port } = new URL(process.url)
  const sockets: Socket[] = []
  for (let n = 0; n < clients; n++) {
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      `GET /v2/shares/detail HTTP/1.1\r\nhost: x\r\nx-auth-token: ${token}\r\nx-openstack-manila-api-version: 2.99\r\n\r\n`,
    )
    sockets.push(socket)
  }
  await Promise.all(
    sockets.map(async (socket) => {
      const [first] = (await once(socket, 'data')) as [Buffer]
      expect(first.toString('latin1')).toMatch(/^HTTP\/1.1 200/)
      socket.pause()
    }),
  )
  const id = shares[0]?.id ?? ''
  const gets = await timed(300, async () => {
    const answer = await fetch(`${process.url}/v2/shares/${id}`, { headers })
    expect(answer.status).toBe(200)
    await answer.text()
  })
  const { now, most } = memoryOf(process.pid)
  console.log(
    `${clients} unread lists of ${mib(whole.length)} MiB: ${mib(before.now)} MiB before, ${mib(now)} MiB now, at most ${mib(most)} MiB; GET beside them p50 ${percentile(gets, 50).toFixed(1)} ms, p99 ${percentile(gets, 99).toFixed(1)} ms`,
  )
  expect(mib(now - before.now)).toBeLessThan(300)
  expect(mib(most - before.now)).toBeLessThan(400)
  for (const socket of sockets) socket.destroy()
})
