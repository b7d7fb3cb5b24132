/**
 * Connections that only cost: those that take nothing of their answer, those that send request after request without reading, more than
 * anybody needs from one address, and, when the server closes, those that have not asked anything yet: Node waits for them without end.
 * They are ended without an answer, since they would not read it.
 */
import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'

export interface ConnectionLimits {
  readonly writeTimeoutMs: number
  /** 0 = any number. */
  readonly perAddress: number
  /** A proxy has one address for all its clients. */
  isProxy(address: string): boolean
}

/** Requests of one connection that may be under way: clients that send the next one before an answer send a few. */
export const pipelined = 8

interface Open {
  /** Bytes the client has taken, when last looked at. */
  taken: number
  /** When that number last changed; performance.now(). */
  since: number
  requests: number
}

const opened = new WeakMap<Socket, Open>()

/** Looks after the connections of `server` until it closes. */
export function watchConnections(server: Server, limits: ConnectionLimits, log: FastifyBaseLogger): void {
  const sockets = new Set<Socket>()
  const perAddress = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    const count = (perAddress.get(address) ?? 0) + 1
    if (limits.perAddress > 0 && count > limits.perAddress && !limits.isProxy(address)) {
      log.info({ address, limit: limits.perAddress }, 'too many connections from one address: refused')
      socket.destroy()
      return
    }
    perAddress.set(address, count)
    socket.once('close', () => {
      const left = (perAddress.get(address) ?? 1) - 1
      if (left === 0) perAddress.delete(address)
      else perAddress.set(address, left)
    })
  })
  // Under TLS requests come on another socket than the one that arrived.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (socket.destroyed) return
    sockets.add(socket)
    opened.set(socket, { taken: 0, since: performance.now(), requests: 0 })
    socket.once('close', () => sockets.delete(socket))
  })
  const look = setInterval(
    () => {
      for (const socket of sockets) {
        if (!server.listening && asksNothing(socket)) socket.destroy()
        if (!isStuck(socket, limits.writeTimeoutMs)) continue
        log.info(
          { address: socket.remoteAddress },
          'a client takes nothing of its answer: its connection is ended',
        )
        socket.destroy()
      }
    },
    Math.min(1000, limits.writeTimeoutMs / 4),
  )
  look.unref()
  server.once('close', () => clearInterval(look))
}

/** Nothing of it is under way, and it takes no answer any more. */
const asksNothing = (socket: Socket): boolean =>
  opened.get(socket)?.requests === 0 && socket.writableLength === 0

function isStuck(socket: Socket, limitMs: number): boolean {
  const state = opened.get(socket)
  if (state === undefined) return false
  const taken = socket.bytesWritten - socket.writableLength
  if (socket.writableLength === 0 || taken !== state.taken) {
    state.taken = taken
    state.since = performance.now()
    return false
  }
  return performance.now() - state.since >= limitMs
}

/** Counts a request of the connection; false, and the end of the connection, when too many are under way. */
export function beginRequest(socket: Socket): boolean {
  const state = opened.get(socket)
  if (state === undefined) return true
  if (++state.requests <= pipelined) return true
  socket.destroy()
  return false
}

export function endRequest(socket: Socket): void {
  const state = opened.get(socket)
  if (state !== undefined) state.requests--
}
