/**
 * One client as an NFSv4.0 server knows it: a client id with a lease, open-owners with their sequence numbers, and
 * compounds. It refuses to know paths and file contents.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { NfsError, statusName } from './nfs-error.ts'
import { close, confirmClientId, confirmOpen, getFh, open, putFh, renew, setClientId } from './operations.ts'
import { rpcConnect, type RpcConnection, type RpcOptions } from './rpc.ts'
import { XdrWriter } from './xdr.ts'
import type { FileHandle, OpenRequest, Operation, StateId } from './operations.ts'

const nfsProgram = 100_003
const nfsVersion = 4
const compoundProcedure = 1
/** RFC 7530 §16.18: the server asks to try again soon. */
const delayMs = 50

type Results<Operations extends readonly Operation<unknown>[]> = {
  -readonly [Key in keyof Operations]: Operations[Key] extends Operation<infer Result> ? Result : never
}

export interface OpenFile {
  readonly handle: FileHandle
  readonly stateId: StateId
  readonly owner: OpenOwner
}

interface OpenOwner {
  readonly name: string
  sequence: number
}

/** Connects and makes the client known to the server. Throws {@link NfsError}. */
export async function openSession(options: RpcOptions): Promise<Session> {
  const rpc = await rpcConnect(options)
  try {
    const session = new Session(rpc, options.timeoutMs)
    await session.introduce()
    return session
  } catch (error) {
    await rpc.close()
    throw error
  }
}

export class Session {
  readonly #rpc: RpcConnection
  readonly #timeoutMs: number
  /** Owners without an open file: sequence numbers allow each one call at a time. */
  #idle: OpenOwner[] = []
  #owners = 0
  #clientId = 0n
  #renewal: NodeJS.Timeout | undefined

  constructor(rpc: RpcConnection, timeoutMs: number) {
    this.#rpc = rpc
    this.#timeoutMs = timeoutMs
  }

  async introduce(): Promise<void> {
    const [identity] = await this.compound([setClientId(randomBytes(8), `manila-${randomUUID()}`)])
    await this.compound([confirmClientId(identity)])
    this.#clientId = identity.clientId
  }

  /** Renews the lease from now on, three times in its length. */
  keepLease(leaseS: number): void {
    clearInterval(this.#renewal)
    const everyMs = (Math.max(leaseS, 3) * 1000) / 3
    this.#renewal = setInterval(() => {
      // A lease that can't be renewed shows in the next call that needs it.
      this.compound([renew(this.#clientId)]).catch(() => undefined)
    }, everyMs)
    this.#renewal.unref()
  }

  /**
   * Sends the operations as one call and answers the result of each. Throws {@link NfsError} with the status of the
   * first that failed. NFS4ERR_DELAY is waited out until the deadline of a call, unless the operations carry a sequence
   * number, which may not be sent twice.
   */
  async compound<const Operations extends readonly Operation<unknown>[]>(
    operations: Operations,
    options: { readonly repeatable?: boolean } = {},
  ): Promise<Results<Operations>> {
    const giveUp = performance.now() + this.#timeoutMs
    for (;;) {
      try {
        return await this.#once(operations)
      } catch (error) {
        const wait = options.repeatable !== false && isDelay(error) && performance.now() < giveUp
        if (!wait) throw error
        await sleep(delayMs)
      }
    }
  }

  async #once<const Operations extends readonly Operation<unknown>[]>(
    operations: Operations,
  ): Promise<Results<Operations>> {
    const args = new XdrWriter().string('').u32(0).u32(operations.length)
    for (const operation of operations) operation.write(args.u32(operation.number))
    const reply = await this.#rpc.call(nfsProgram, nfsVersion, compoundProcedure, args.pieces())
    const whole = reply.u32()
    reply.opaque()
    const answered = reply.u32()
    const results: unknown[] = []
    for (const operation of operations.slice(0, answered)) {
      const number = reply.u32()
      const status = reply.u32()
      if (status !== 0) throw refused(operation.name, status)
      if (number !== operation.number)
        throw new NfsError('PROTOCOL', `${operation.name} was answered by ${number}`)
      results.push(operation.read(reply))
    }
    if (whole !== 0) throw refused('COMPOUND', whole)
    if (results.length !== operations.length)
      throw new NfsError('PROTOCOL', 'the server answered only some operations')
    return results as Results<Operations>
  }

  /** Opens a file in the directory. What it answers must be given to {@link close}. */
  async open(
    directory: FileHandle,
    request: Pick<OpenRequest, 'name' | 'access' | 'create'>,
  ): Promise<OpenFile> {
    const giveUp = performance.now() + this.#timeoutMs
    for (;;) {
      try {
        return await this.#openOnce(directory, request)
      } catch (error) {
        if (!isDelay(error) || performance.now() >= giveUp) throw error
        await sleep(delayMs)
      }
    }
  }

  async #openOnce(
    directory: FileHandle,
    request: Pick<OpenRequest, 'name' | 'access' | 'create'>,
  ): Promise<OpenFile> {
    // An owner whose call failed is not used again: whether its sequence number counts depends on the failure.
    const owner = this.#idle.pop() ?? { name: `owner-${++this.#owners}`, sequence: 0 }
    const asked = open({
      ...request,
      clientId: this.#clientId,
      owner: owner.name,
      sequence: owner.sequence++,
    })
    const [, opened, handle] = await this.compound([putFh(directory), asked, getFh], { repeatable: false })
    if (!opened.mustConfirm) return { handle, stateId: opened.stateId, owner }
    const confirm = confirmOpen(opened.stateId, owner.sequence++)
    const [, stateId] = await this.compound([putFh(handle), confirm], { repeatable: false })
    return { handle, stateId, owner }
  }

  async close({ handle, stateId, owner }: OpenFile): Promise<void> {
    await this.compound([putFh(handle), close(stateId, owner.sequence++)], { repeatable: false })
    this.#idle.push(owner)
  }

  /** Ends the connection. The server forgets the client when its lease ends. */
  async end(): Promise<void> {
    clearInterval(this.#renewal)
    await this.#rpc.close()
  }
}

const isDelay = (error: unknown): boolean => error instanceof NfsError && error.code === 'NFS4ERR_DELAY'

const refused = (operation: string, status: number): NfsError =>
  new NfsError(statusName(status), `${operation} failed: ${statusName(status)}`)
