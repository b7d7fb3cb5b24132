/**
 * PostgreSQL's CancelRequest: a connection of its own that carries 16 bytes and is closed by the server. It needs none of the pool's
 * connections, which may all be busy with what is to be ended, and no TLS: it names a process and a number that
 * only its client was told, and libpq sends it the same way.
 */
import { connect } from 'node:net'
import type { ServerAddress } from './server-url.ts'

/** What the server told the client when it connected. */
export interface BackendKey {
  readonly processID: number
  readonly secretKey: number | Buffer
}

/** Milliseconds to reach the server; past them the connection whose statement it is gets dropped anyway. */
const limitMs = 1000
/** 1234 in the upper 16 bits, 5678 in the lower: what the protocol calls a CancelRequest. */
const cancelCode = 80_877_102

/** Best effort: nothing is answered, and an error means that the statement goes on. */
export function requestCancel(address: ServerAddress, { processID, secretKey }: BackendKey): void {
  const key = Buffer.isBuffer(secretKey) ? secretKey : Buffer.alloc(4)
  if (typeof secretKey === 'number') key.writeInt32BE(secretKey)
  const head = Buffer.alloc(12)
  head.writeInt32BE(12 + key.length, 0)
  head.writeInt32BE(cancelCode, 4)
  head.writeInt32BE(processID, 8)
  const { host, port, socket: path } = address
  // A socket is named by its directory, as libpq does it.
  const socket = path === null ? connect({ host, port }) : connect({ path: `${path}/.s.PGSQL.${port}` })
  socket.setTimeout(limitMs, () => socket.destroy())
  socket.on('error', () => {})
  socket.end(Buffer.concat([head, key]))
}
