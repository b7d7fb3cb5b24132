/**
 * Asks a running NFS server for the handle of an export's root: one NFSv4.0 compound (PUTROOTFH, LOOKUP, GETFH; RFC 7530 §16),
 * which needs no client id and no lease. What a server says of itself in logs may change with its version; what it
 * gives to clients is what counts.
 */
import { connect } from 'node:net'

export interface Ask {
  readonly host: string
  readonly port: number
  /** The export's name below the pseudo root. */
  readonly name: string
  /** Milliseconds in all. */
  readonly timeoutMs: number
}

const lastFragment = 0x8000_0000
/** The server's answer is some 100 bytes. */
const longestAnswer = 4096

/** The handle (at most 128 bytes). Rejects with a sentence when there is none. */
export async function rootHandle({ host, port, name, timeoutMs }: Ask): Promise<Buffer> {
  const body = Buffer.concat([callHeader, compound(name)])
  const answer = await exchange(host, port, timeoutMs, Buffer.concat([u32(lastFragment | body.length), body]))
  return handleIn(answer)
}

function exchange(host: string, port: number, timeoutMs: number, call: Buffer): Promise<Buffer> {
  return new Promise((succeed, fail) => {
    // A server that is asked under one of its own addresses is asked from it.
    const socket = connect({ host, port, localAddress: host })
    let got = Buffer.alloc(0)
    const end = (error: Error | null, answer = got): void => {
      clearTimeout(timer)
      socket.destroy()
      if (error === null) succeed(answer)
      else fail(error)
    }
    const timer = setTimeout(() => end(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    socket.on('error', end)
    socket.on('end', () => end(new Error('the server closed the connection')))
    socket.on('data', (piece) => {
      got = Buffer.concat([got, piece])
      const length = got.length < 4 ? 0 : got.readUInt32BE() & 0x7fff_ffff
      if (length > longestAnswer) end(new Error('the answer is too long'))
      else if (got.length >= 4 + length && length > 0) end(null, got.subarray(4, 4 + length))
    })
    socket.write(call)
  })
}

/** Steps over the reply's header and the results of the three operations. Throws when one of them failed. */
function handleIn(answer: Buffer): Buffer {
  let at = 0
  const next = (): number => answer.readUInt32BE((at += 4) - 4)
  const opaque = (): Buffer => {
    const length = next()
    const bytes = answer.subarray(at, at + length)
    if (bytes.length < length) throw new Error('the answer was cut off')
    at += Math.ceil(length / 4) * 4
    return bytes
  }
  next() // Transaction.
  if (next() !== 1 || next() !== 0) throw new Error('the server refused the call')
  next() // Its verifier's kind and body.
  opaque()
  if (next() !== 0) throw new Error('the server did not understand the call')
  next() // Status of the whole; those of the operations follow.
  opaque()
  const answered = next()
  for (let nth = 1; nth <= answered; nth++) {
    const [operation, status] = [next(), next()]
    if (status !== 0) throw new Error(`operation ${operation} failed with NFSv4 status ${status}`)
  }
  if (answered !== 3) throw new Error('the server answered only a part')
  return Buffer.from(opaque())
}

const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, at) => bytes.writeUInt32BE(value >>> 0, at * 4))
  return bytes
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([u32(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)])
}

/** RPC version 2 to NFS version 4, procedure COMPOUND, AUTH_SYS as root of a machine without a name, no verifier. */
const callHeader = Buffer.concat([u32(1, 0, 2, 100_003, 4, 1), u32(1, 20, 0, 0, 0, 0, 0), u32(0, 0)])

const compound = (name: string): Buffer =>
  Buffer.concat([u32(0, 0, 3), u32(24), u32(15), text(name), u32(10)])
