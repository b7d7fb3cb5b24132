/** Connections that only cost, at a plain server. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import {
  beginRequest,
  endRequest,
  pipelined,
  watchConnections,
  type ConnectionLimits,
} from './connections.ts'

const log = pino({ level: 'silent' })
const ends: (() => void)[] = []
const servers: Server[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Answers `here`; a request for `/later` has no answer, one for `/soon` has its own after the second look, one for `/much` a long one: `cut` is called when its connection is over. */
async function serverWith(limits: Partial<ConnectionLimits>, cut = (): void => {}): Promise<number> {
  const server: Server = createServer((request, reply) => {
    if (!beginRequest(request.socket)) return
    reply.once('close', () => endRequest(request.socket))
    if (request.url === '/much') {
      request.socket.once('close', cut)
      reply.end(Buffer.alloc(64 * 1024 * 1024))
    } else if (request.url === '/soon') setTimeout(() => reply.end('here'), 2500)
    else if (request.url !== '/later') reply.end('here')
  })
  watchConnections(server, { writeTimeoutMs: 60_000, perAddress: 0, isProxy: () => false, ...limits }, log)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

function dial(port: number, localAddress: string): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress })
  socket.on('error', () => {})
  ends.push(() => socket.destroy())
  return socket
}

const ask = (path = '/'): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`

/** Asks and tells whether there was an answer. */
async function isServed(socket: Socket): Promise<boolean> {
  const { promise: answered, resolve } = Promise.withResolvers<boolean>()
  const closed = (): void => resolve(false)
  socket.once('data', () => resolve(true))
  socket.once('close', closed)
  socket.write(ask())
  const isThere = await answered
  socket.off('close', closed)
  return isThere
}

async function served(port: number, count: number, from: string): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let n = 0; n < count; n++) {
    const socket = dial(port, from)
    if (await isServed(socket)) sockets.push(socket)
  }
  return sockets
}

test('one address has so many connections, and as many again when it has closed some; others have theirs', async () => {
  const port = await serverWith({ perAddress: 3 })
  const first = await served(port, 6, '127.0.40.1')
  expect(first).toHaveLength(3)
  expect(await served(port, 6, '127.0.40.2')).toHaveLength(3)
  // Those that were refused are not counted: the first three still are.
  expect(await served(port, 2, '127.0.40.1')).toHaveLength(0)
  first[0]?.destroy()
  first[1]?.destroy()
  const end = performance.now() + 10_000
  let again: Socket[] = []
  // The server hears of it in its own time.
  while (again.length < 2 && performance.now() < end)
    again = [...again, ...(await served(port, 1, '127.0.40.1'))]
  expect(again).toHaveLength(2)
  expect(await served(port, 3, '127.0.40.1')).toHaveLength(0)
})

test('a proxy is not counted: its address is that of all its clients', async () => {
  const port = await serverWith({ perAddress: 3, isProxy: (address) => address === '127.0.40.9' })
  expect(await served(port, 8, '127.0.40.9')).toHaveLength(8)
  expect(await served(port, 8, '127.0.40.8')).toHaveLength(3)
})

test('0 is any number', async () => {
  const port = await serverWith({ perAddress: 0 })
  expect(await served(port, 20, '127.0.40.1')).toHaveLength(20)
})

test('so many requests may be under way on one connection; the next one ends it', async () => {
  const port = await serverWith({})
  const few = dial(port, '127.0.40.1')
  few.write(ask('/later').repeat(pipelined))
  const next = dial(port, '127.0.40.1')
  // Another connection is answered after the first one was read.
  expect(await isServed(next)).toBe(true)
  expect(few.destroyed).toBe(false)
  few.write(ask('/later'))
  await once(few, 'close')

  const patient = dial(port, '127.0.40.1')
  for (let n = 0; n < pipelined * 3; n++) expect(await isServed(patient)).toBe(true)
})

test('who takes nothing of its answer is cut off; who waits for one is not', async () => {
  const { promise: cut, resolve } = Promise.withResolvers<void>()
  const port = await serverWith({ writeTimeoutMs: 200 }, resolve)
  const [stuck, waiting] = [dial(port, '127.0.40.1'), dial(port, '127.0.40.1')]
  waiting.write(ask('/later'))
  let bytes = 0
  stuck.on('data', (data: Buffer) => (bytes += data.length))
  stuck.once('data', () => stuck.pause())
  const ended = once(stuck, 'close')
  stuck.write(ask('/much'))
  await cut
  stuck.resume()
  await ended
  expect(bytes).toBeLessThan(64 * 1024 * 1024)
  expect(waiting.destroyed).toBe(false)
})

test('a server that closes does not wait for those who have not asked, and answers those who have', async () => {
  const port = await serverWith({})
  const [silent, half, asking] = [dial(port, '127.0.0.2'), dial(port, '127.0.0.2'), dial(port, '127.0.0.3')]
  await Promise.all([silent, half, asking].map((socket) => once(socket, 'connect')))
  half.write('GET / HTTP/1.1\r\nho')
  let got = ''
  asking.on('data', (bytes: Buffer) => (got += bytes.toString()))
  asking.write(ask('/soon'))
  const server = servers.at(-1) as Server
  await once(server, 'request')
  const closed = once(server, 'close')
  server.close()
  await Promise.all([once(silent, 'close'), once(half, 'close')])
  expect(got).toBe('')
  await closed
  expect(got).toMatch(/here$/)
})
