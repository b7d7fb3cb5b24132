/** Attacks with connections: those that take nothing, those that give little, and too many of them. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { pipelined } from '../../../src/api/connections.ts'
import { memoryOf } from '../../perf/report.ts'
import type { Attack } from '../attack.ts'
import { crowdLimits, toldOf, wereServed, type Crowd } from './crowd.ts'
import type { ApiWorld } from './world.ts'

/** A connection from `from` that counts what it gets. */
class Line {
  readonly socket: Socket
  /** What was received; the first of it, and its end. */
  head = ''
  tail = ''
  bytes = 0
  closed = false
  readonly connected: Promise<void>

  constructor(url: string, from: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), localAddress: from })
    this.socket.setEncoding('latin1')
    this.socket.on('error', () => {})
    this.socket.on('data', (text: string) => {
      if (this.head.length < 100) this.head += text
      this.tail = (this.tail + text).slice(-16)
      this.bytes += text.length
    })
    this.connected = new Promise((resolve) => {
      this.socket.once('connect', () => resolve())
      this.socket.once('close', () => {
        this.closed = true
        resolve()
      })
    })
  }

  /** `200`, once the first bytes are there; empty when it was closed without any. */
  async status(): Promise<string> {
    while (this.head.length < 12 && !this.closed) await sleep(10)
    return this.head.slice(9, 12)
  }
}

const opened = async (crowd: Crowd, count: number, from: string): Promise<Line[]> => {
  const lines = Array.from({ length: count }, () => new Line(crowd.url, from))
  await Promise.all(lines.map(({ connected }) => connected))
  return lines
}

const closeAll = (lines: readonly Line[]): void => {
  for (const { socket } of lines) socket.destroy()
}

const get = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nhost: x\r\nx-auth-token: ${token}\r\nx-openstack-manila-api-version: 2.99\r\n\r\n`

/** MiB; each list is some 40 of them. */
const mayGrowMib = 120

export const unreadLists: Attack<ApiWorld> = {
  name: 'lists that nobody reads',
  tries: 'asks for everything it has thirty times at once and reads nothing of it',
  async run(world) {
    const crowd = await world.crowd()
    const before = memoryOf(crowd.pid).now
    const lines = await opened(crowd, 30, '127.0.21.1')
    try {
      const work = async (): Promise<string[]> => {
        const statuses = lines.map(async (line) => {
          line.socket.write(get('/v2/shares/detail', crowd.noisy.token))
          const status = await line.status()
          line.socket.pause()
          return status
        })
        return Promise.all(statuses)
      }
      const { result, others } = await crowd.beside(work())
      const grownMib = (memoryOf(crowd.pid).now - before) / 1_048_576
      const held = result.filter((status) => status === '200').length
      return {
        through:
          grownMib > mayGrowMib ||
          held > crowdLimits.streams_per_project ||
          held === 0 ||
          !wereServed(others),
        tried: `${lines.length} lists`,
        cameBack: `${held} of them, ${result.length - held} × ${result.find((status) => status !== '200')}; ${grownMib.toFixed(0)} MiB more; ${toldOf(others)}`,
      }
    } finally {
      closeAll(lines)
    }
  },
}

export const slowReaders: Attack<ApiWorld> = {
  name: 'an answer kept for ever',
  tries: 'takes the beginning of a long list and then nothing, so that connection and memory stay its own',
  async run(world) {
    const crowd = await world.crowd()
    const lines = await opened(crowd, 4, '127.0.21.2')
    try {
      for (const line of lines) {
        line.socket.write(get('/v2/shares/detail', crowd.noisy.token))
        if ((await line.status()) !== '200') throw new Error(`no list: ${line.head}`)
        line.socket.pause()
      }
      const { others } = await crowd.beside(sleep(crowdLimits.write_timeout_s * 1000 + 3000))
      // What the kernel had taken is read first; then the rest comes, or the end does.
      for (const { socket } of lines) socket.resume()
      const isOver = (line: Line): boolean => line.closed || line.tail.endsWith('0\r\n\r\n')
      while (!lines.every(isOver)) await sleep(20)
      const whole = lines.filter((line) => line.tail.endsWith('0\r\n\r\n')).length
      return {
        through: whole > 0 || !wereServed(others),
        tried: `${lines.length} lists, ${crowdLimits.write_timeout_s} s allowed`,
        cameBack: `${whole} still to be had after ${crowdLimits.write_timeout_s + 3} s; ${toldOf(others)}`,
      }
    } finally {
      closeAll(lines)
    }
  },
}

export const manyConnections: Attack<ApiWorld> = {
  name: 'connections without end',
  tries: 'opens twice as many connections from one address as one may have',
  async run(world) {
    const crowd = await world.crowd()
    const allowed = crowdLimits.connections_per_address
    const lines = await opened(crowd, allowed * 2, '127.0.21.3')
    try {
      // Those that are refused are accepted by the kernel first. An answer tells that the service has looked at all before.
      const { result, others } = await crowd.beside(
        Promise.all(
          lines.map((line) => {
            line.socket.write(get('/v2/', ''))
            return line.status()
          }),
        ),
      )
      const served = result.filter((status) => status !== '').length
      return {
        through: served > allowed || served === 0 || !wereServed(others),
        tried: `${lines.length} connections`,
        cameBack: `${served} served, ${lines.length - served} ended; ${toldOf(others)}`,
      }
    } finally {
      closeAll(lines)
    }
  },
}

export const sentAhead: Attack<ApiWorld> = {
  name: 'requests sent ahead',
  tries: 'sends five hundred requests on one connection without waiting for an answer',
  async run(world) {
    const crowd = await world.crowd()
    const { noisy } = crowd
    const [line] = await opened(crowd, 1, '127.0.21.4')
    if (line === undefined) throw new Error('no connection')
    const got = { answers: 0 }
    line.socket.on('data', (text: string) => (got.answers += text.split('HTTP/1.1 ').length - 1))
    try {
      const work = async (): Promise<void> => {
        line.socket.write(get(`/v2/shares/${noisy.shareId}`, noisy.token).repeat(500))
        while (!line.closed && got.answers < 500) await sleep(10)
      }
      const { others } = await crowd.beside(work())
      return {
        through: got.answers > pipelined || !line.closed || !wereServed(others),
        tried: '500 requests',
        cameBack: `${got.answers} answers, ${line.closed ? 'the connection was ended' : 'the connection is open'}; ${toldOf(others)}`,
      }
    } finally {
      closeAll([line])
    }
  },
}

/** Sends a byte of `text` every 200 ms on each of the lines for as long as they are open, `forMs` at most. */
async function drip(lines: readonly Line[], text: string, forMs: number): Promise<void> {
  const end = performance.now() + forMs
  for (let at = 0; performance.now() < end && lines.some(({ closed }) => !closed); at++) {
    for (const { socket, closed } of lines) if (!closed) socket.write(text[at % text.length] ?? 'x')
    await sleep(200)
  }
}

const dripping = (given: {
  readonly name: string
  readonly tries: string
  readonly from: string
  readonly begin: string
  readonly allowedS: number
}): Attack<ApiWorld> => ({
  name: given.name,
  tries: given.tries,
  async run(world) {
    const crowd = await world.crowd()
    const lines = await opened(crowd, 150, given.from)
    try {
      for (const { socket } of lines) socket.write(given.begin)
      const forMs = given.allowedS * 1000 + 4000
      const { others } = await crowd.beside(drip(lines, 'x', forMs))
      const open = lines.filter(({ closed }) => !closed).length
      return {
        through: open > 0 || !wereServed(others),
        tried: `${lines.length} connections, ${given.allowedS} s allowed`,
        cameBack: `${open} open after ${forMs / 1000} s; ${toldOf(others)}`,
      }
    } finally {
      closeAll(lines)
    }
  },
})

export const drippingHeads = dripping({
  name: 'headers that drip',
  tries: 'sends a byte of a header now and then, so that the request never begins',
  from: '127.0.21.5',
  begin: 'GET /v2/shares HTTP/1.1\r\nhost: x\r\nx-a: ',
  allowedS: crowdLimits.head_timeout_s,
})

export const drippingBodies = dripping({
  name: 'bodies that drip',
  tries: 'promises a body and sends a byte of it now and then, without saying who it is',
  from: '127.0.21.6',
  begin:
    'POST /v2/shares HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n"',
  allowedS: crowdLimits.request_timeout_s,
})
