/**
 * NFSv4 as an attacker speaks it: any operations in any order with any bytes as handles, ids and names, as any user, in
 * versions 4.0 and 4.1. It promises that every call settles and answers what the server said, word by word; it judges nothing
 * and keeps nobody from anything. The client that people use is {@link file://./index.ts}.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { NfsError, statusName } from './nfs-error.ts'
import { confirmClientId, setClientId } from './operations.ts'
import {
  createSession,
  exchangeId,
  reclaimComplete,
  sequence,
  type NewSession,
  type SessionId,
} from './raw-operations.ts'
import { rpcConnect, type Claimed, type RpcConnection } from './rpc.ts'
import { XdrWriter } from './xdr.ts'
import type { Operation } from './operations.ts'

const nfsProgram = 100_003
const nfsVersion = 4
const compoundProcedure = 1
/** Of one connection, so that an attack's thousands of calls wait for no answer each. */
const callsAtOnce = 32

export interface RawOptions extends Partial<Claimed> {
  readonly host: string
  readonly port: number
  /** An address of this host to come from. */
  readonly from?: string
  /** For each call by itself, default 10 s. */
  readonly timeoutMs?: number
  readonly minor: 0 | 1
  /** Told to the server as the client's name; default one that nobody else has. */
  readonly owner?: string
}

/** What came back of one call: the results up to the first that is not OK. */
export interface RawReply {
  /** `NFS4_OK`, or how the last of the operations that were done ended. */
  readonly status: string
  readonly done: readonly { readonly name: string; readonly status: string }[]
  /** The result of that very operation; undefined when it was not reached or failed. */
  of<Result>(operation: Operation<Result>): Result | undefined
}

export class RawNfs {
  readonly minor: 0 | 1
  readonly owner: string
  readonly #rpc: RpcConnection
  #clientId = 0n
  #session: NewSession | null = null
  /** Slots that no call is using, with the number of their last call. */
  #idle: { readonly slot: number; number: number }[] = []
  #waiting: (() => void)[] = []

  constructor(rpc: RpcConnection, { minor, owner = `raw-${randomUUID()}` }: RawOptions) {
    this.#rpc = rpc
    this.minor = minor
    this.owner = owner
    // Without sessions nothing limits them but this.
    this.#idle = Array.from({ length: callsAtOnce }, (_, slot) => ({ slot, number: 0 }))
  }

  get clientId(): bigint {
    return this.#clientId
  }

  /** Throws where there is none, as in version 4.0. */
  get sessionId(): SessionId {
    if (this.#session === null) throw new NfsError('PROTOCOL', 'this client has no session')
    return this.#session.sessionId
  }

  /** Makes itself known: a client id, and a session in 4.1. `verifier`: of the client's boot. Throws {@link NfsError}. */
  async introduce(verifier: Buffer = randomBytes(8)): Promise<this> {
    if (this.minor === 0) {
      const ask = setClientId(verifier, this.owner)
      const identity = needed(await this.send([ask]), ask)
      const confirm = confirmClientId(identity)
      needed(await this.send([confirm]), confirm)
      this.#clientId = identity.clientId
      return this
    }
    const ask = exchangeId(verifier, this.owner)
    const introduced = needed(await this.send([ask]), ask)
    const create = createSession(introduced, callsAtOnce)
    this.#session = needed(await this.send([create]), create)
    this.#clientId = introduced.clientId
    this.#idle = this.#idle.slice(0, this.#session.slots)
    needed(await this.compound([reclaimComplete]), reclaimComplete)
    return this
  }

  /** One call, as the client it is: in 4.1 after a SEQUENCE of its session. Many may be under way; some wait for others. */
  async compound(operations: readonly Operation<unknown>[], as?: Claimed): Promise<RawReply> {
    const slot = await this.#slot()
    try {
      if (this.#session === null) return await this.send(operations, as)
      const { sessionId, slots } = this.#session
      const first = sequence(sessionId, slot.slot, ++slot.number, slots - 1)
      return await this.send([first, ...operations], as)
    } catch (error) {
      // What RPC refused was not seen by the session.
      if (error instanceof NfsError && error.code === 'DENIED') slot.number--
      throw error
    } finally {
      this.#idle.push(slot)
      this.#waiting.shift()?.()
    }
  }

  /** One call of exactly these operations. Throws {@link NfsError} when what came back is no NFS reply. */
  async send(operations: readonly Operation<unknown>[], as?: Claimed): Promise<RawReply> {
    const args = new XdrWriter().string('').u32(this.minor).u32(operations.length)
    for (const operation of operations) operation.write(args.u32(operation.number))
    const reply = await this.#rpc.call(nfsProgram, nfsVersion, compoundProcedure, args.pieces(), as)
    const whole = reply.u32()
    reply.opaque()
    const answered = reply.u32()
    const done: { name: string; status: string }[] = []
    const values = new Map<Operation<unknown>, unknown>()
    for (const operation of operations.slice(0, answered)) {
      reply.u32()
      const status = reply.u32()
      done.push({ name: operation.name, status: nameOf(status) })
      // Of what failed nothing is read: it is the last.
      if (status !== 0) break
      values.set(operation, operation.read(reply))
    }
    return {
      status: nameOf(whole),
      done,
      of: <Result>(operation: Operation<Result>) => values.get(operation) as Result | undefined,
    }
  }

  close(): Promise<void> {
    return this.#rpc.close()
  }

  async #slot(): Promise<{ readonly slot: number; number: number }> {
    for (;;) {
      const slot = this.#idle.pop()
      if (slot !== undefined) return slot
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}

/** Connects; the server knows nobody yet. Throws {@link NfsError} `CONNECTION` or `DEADLINE`. */
export async function openRaw(options: RawOptions): Promise<RawNfs> {
  const { host, port, from, timeoutMs = 10_000, uid = 0, gid = 0, groups = [] } = options
  const source = from === undefined ? {} : { from }
  return new RawNfs(await rpcConnect({ host, port, timeoutMs, uid, gid, groups, ...source }), options)
}

const nameOf = (status: number): string => (status === 0 ? 'NFS4_OK' : statusName(status))

/** What the operation answered. Throws {@link NfsError} with the status of the call when it did not. */
export function needed<Result>(reply: RawReply, operation: Operation<Result>): Result {
  const last = reply.done.at(-1)
  if (reply.status !== 'NFS4_OK' || !reply.done.some(({ name }) => name === operation.name)) {
    const code = reply.status as `NFS4ERR_${string}`
    throw new NfsError(code, `${last?.name ?? 'the call'} failed: ${reply.status}`)
  }
  return reply.of(operation) as Result
}
