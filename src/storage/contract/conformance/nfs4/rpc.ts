/**
 * ONC RPC (RFC 5531) over one TCP connection: record marking, AUTH_SYS, many calls in flight at once.
 *
 * It promises that every call settles: with its reply, with its deadline, or with the end of the connection. A reply
 * larger than the limit ends the connection, whatever it announces. It refuses to know NFS, and it doesn't reconnect.
 */
import { connect, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { NfsError } from './nfs-error.ts'
import { RecordReader, recordMark } from './records.ts'
import { XdrReader, XdrWriter } from './xdr.ts'

export interface RpcOptions {
  readonly host: string
  readonly port: number
  /** An address of this host to dial from: the server takes it for the client's. */
  readonly from?: string
  readonly timeoutMs: number
  readonly uid: number
  readonly gid: number
  /** Further groups, at most 16. */
  readonly groups?: readonly number[]
}

/** Whom a call claims to be of: nothing proves it. */
export type Claimed = Pick<RpcOptions, 'uid' | 'gid' | 'groups'>

interface Waiting {
  readonly succeed: (reply: XdrReader) => void
  readonly fail: (error: NfsError) => void
  readonly timer: NodeJS.Timeout
}

const rpcVersion = 2
const authNone = 0
const authSys = 1
const messageCall = 0
const messageReply = 1

/** Opens the connection. Throws {@link NfsError} `CONNECTION` or `DEADLINE`. */
export async function rpcConnect(options: RpcOptions): Promise<RpcConnection> {
  const where = `${options.host}:${options.port}`
  const socket = connect({
    host: options.host,
    port: options.port,
    noDelay: true,
    ...(options.from === undefined ? {} : { localAddress: options.from }),
  })
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new NfsError('DEADLINE', `${where} did not accept a connection in ${options.timeoutMs} ms`))
    }, options.timeoutMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve()
    })
    socket.once('error', (cause) => {
      clearTimeout(timer)
      reject(new NfsError('CONNECTION', `no connection to ${where}: ${cause.message}`, { cause }))
    })
  })
  return new RpcConnection(socket, options)
}

export class RpcConnection {
  readonly #socket: Socket
  readonly #options: RpcOptions
  readonly #credential: Buffer
  readonly #waiting = new Map<number, Waiting>()
  #transaction = Math.floor(Math.random() * 0x7fffffff)
  #ended: NfsError | null = null

  constructor(socket: Socket, options: RpcOptions) {
    this.#socket = socket
    this.#options = options
    this.#credential = credential(options)
    const records = new RecordReader((record) => this.#receive(record))
    socket.on('data', (chunk: Buffer) => this.#guarded(() => records.push(chunk)))
    socket.on('error', (cause) =>
      this.#end(new NfsError('CONNECTION', `the connection broke: ${cause.message}`, { cause })),
    )
    socket.on('close', () => this.#end(new NfsError('CONNECTION', 'the server closed the connection')))
  }

  /** Calls one procedure and answers a reader that stands at the first byte of its results. `as`: not as its options say. */
  call(
    program: number,
    version: number,
    procedure: number,
    args: readonly Uint8Array[],
    as?: Claimed,
  ): Promise<XdrReader> {
    if (this.#ended !== null) return Promise.reject(this.#ended)
    const transaction = (this.#transaction = (this.#transaction + 1) >>> 0)
    const header = new XdrWriter().u32(transaction).u32(messageCall).u32(rpcVersion)
    header.u32(program).u32(version).u32(procedure)
    header
      .fixed(as === undefined ? this.#credential : credential(as))
      .u32(authNone)
      .u32(0)
    const pieces = [...header.pieces(), ...args]
    const length = pieces.reduce((sum, part) => sum + part.length, 0)
    return new Promise((succeed, fail) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(transaction)
        fail(new NfsError('DEADLINE', `the server did not answer in ${this.#options.timeoutMs} ms`))
      }, this.#options.timeoutMs)
      this.#waiting.set(transaction, { succeed, fail, timer })
      this.#socket.cork()
      this.#socket.write(recordMark(length))
      for (const part of pieces) this.#socket.write(part)
      this.#socket.uncork()
    })
  }

  /** Ends the connection; calls still waiting fail. Settles when the socket is closed. */
  async close(): Promise<void> {
    this.#end(new NfsError('CONNECTION', 'the connection was closed by this side'))
    if (this.#socket.closed) return
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.end()
    // A server that never answers the end of the connection must not keep the caller.
    const timer = setTimeout(() => this.#socket.destroy(), 500)
    await closed
    clearTimeout(timer)
  }

  #receive(record: Buffer): void {
    const reader = new XdrReader(record)
    const transaction = reader.u32()
    const call = this.#waiting.get(transaction)
    // The answer to a call that ran out of time comes to nobody.
    if (call === undefined) return
    this.#waiting.delete(transaction)
    clearTimeout(call.timer)
    try {
      checkAccepted(reader)
    } catch (error) {
      return call.fail(error as NfsError)
    }
    call.succeed(reader)
  }

  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#end(error instanceof NfsError ? error : new NfsError('PROTOCOL', String(error)))
      this.#socket.destroy()
    }
  }

  #end(why: NfsError): void {
    this.#ended ??= why
    for (const { fail, timer } of this.#waiting.values()) {
      clearTimeout(timer)
      fail(why)
    }
    this.#waiting.clear()
  }
}

/** AUTH_SYS with flavour and length in front: stamp, machine, user, group, further groups. */
function credential({ uid, gid, groups = [] }: Claimed): Buffer {
  const body = new XdrWriter().u32(0).string(hostname().slice(0, 255)).u32(uid).u32(gid).u32(groups.length)
  for (const group of groups) body.u32(group)
  return Buffer.concat(new XdrWriter().u32(authSys).opaque(Buffer.concat(body.pieces())).pieces())
}

function checkAccepted(reader: XdrReader): void {
  if (reader.u32() !== messageReply)
    throw new NfsError('PROTOCOL', 'the server sent a call where a reply was due')
  if (reader.u32() !== 0) {
    const why = reader.u32() === 0 ? 'another RPC version' : `credentials (auth_stat ${reader.u32()})`
    throw new NfsError('DENIED', `the server refused the call: ${why}`)
  }
  reader.u32()
  reader.opaque()
  const status = reader.u32()
  if (status === 0) return
  const meanings = ['', 'no such program', 'no such version', 'no such procedure', 'arguments not understood']
  throw new NfsError('DENIED', `the server refused the call: ${meanings[status] ?? `accept_stat ${status}`}`)
}
