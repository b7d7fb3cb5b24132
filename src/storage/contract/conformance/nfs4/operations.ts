/**
 * The NFSv4.0 operations this client uses (RFC 7530 §16), each as a value that writes its arguments and reads its
 * result. A compound is a list of them; see {@link file://./session.ts}.
 */
import { attributeBits, readAttributes, writeSettable } from './attributes.ts'
import type { Attributes, Settable } from './attributes.ts'
import { NfsError } from './nfs-error.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

export interface Operation<Result> {
  /** As in the RFC, for messages. */
  readonly name: string
  readonly number: number
  write(to: XdrWriter): void
  read(from: XdrReader): Result
}

export type FileHandle = Buffer
export type StateId = Buffer

const stateIdBytes = 16
const verifierBytes = 8
const nothing = (): void => undefined
const skipChangeInfo = (from: XdrReader): void => void from.fixed(20)

const plain = (name: string, number: number): Operation<void> => ({
  name,
  number,
  write: nothing,
  read: nothing,
})

const named = <Result>(
  name: string,
  number: number,
  argument: string,
  read: (from: XdrReader) => Result,
): Operation<Result> => ({ name, number, write: (to) => void to.string(argument), read })

// -------------------------------------------------------------------------------------------- where one stands

export const putRootFh = plain('PUTROOTFH', 24)
export const saveFh = plain('SAVEFH', 32)
export const lookup = (element: string): Operation<void> => named('LOOKUP', 15, element, nothing)

export const putFh = (handle: FileHandle): Operation<void> => ({
  name: 'PUTFH',
  number: 22,
  write: (to) => void to.opaque(handle),
  read: nothing,
})

export const getFh: Operation<FileHandle> = {
  name: 'GETFH',
  number: 10,
  write: nothing,
  // Copied: the reply it stands in may hold a mebibyte more.
  read: (from) => Buffer.from(from.opaque()),
}

// -------------------------------------------------------------------------------------------------- attributes

export const getAttributes = (names: readonly (keyof Attributes)[]): Operation<Attributes> => ({
  name: 'GETATTR',
  number: 9,
  write: (to) => void to.bitmap(attributeBits(names)),
  read: readAttributes,
})

/** Without an open file the anonymous state id does; the server checks the mode as for any client. */
export const setAttributes = (values: Settable): Operation<void> => ({
  name: 'SETATTR',
  number: 34,
  write: (to) => writeSettable(to.fixed(Buffer.alloc(stateIdBytes)), values),
  read: (from) => void from.bitmap(),
})

// -------------------------------------------------------------------------------------------------- directories

export interface DirectoryPage {
  readonly verifier: Buffer
  readonly entries: readonly {
    readonly cookie: bigint
    readonly name: string
    readonly attributes: Attributes
  }[]
  readonly end: boolean
}

export const readDirectory = (
  cookie: bigint,
  verifier: Buffer,
  names: readonly (keyof Attributes)[],
): Operation<DirectoryPage> => ({
  name: 'READDIR',
  number: 26,
  write: (to) => void to.u64(cookie).fixed(verifier).u32(65_536).u32(262_144).bitmap(attributeBits(names)),
  read(from) {
    const verifier = Buffer.from(from.fixed(verifierBytes))
    const entries: DirectoryPage['entries'][number][] = []
    while (from.bool()) {
      entries.push({ cookie: from.u64(), name: from.string(), attributes: readAttributes(from) })
    }
    return { verifier, entries, end: from.bool() }
  },
})

export const makeDirectory = (name: string, mode: number): Operation<void> => ({
  name: 'CREATE',
  number: 6,
  write: (to) => writeSettable(to.u32(2).string(name), { mode }),
  read(from) {
    skipChangeInfo(from)
    from.bitmap()
  },
})

export const remove = (name: string): Operation<void> => named('REMOVE', 28, name, skipChangeInfo)

/** From the saved directory to the one stood in. */
export const rename = (from: string, to: string): Operation<void> => ({
  name: 'RENAME',
  number: 29,
  write: (writer) => void writer.string(from).string(to),
  read(reader) {
    skipChangeInfo(reader)
    skipChangeInfo(reader)
  },
})

// -------------------------------------------------------------------------------------------------------- state

export interface OpenRequest {
  readonly clientId: bigint
  readonly owner: string
  readonly sequence: number
  readonly name: string
  readonly access: 'read' | 'write'
  /** Null: the file must exist. `exclusive`: it must not. */
  readonly create: ({ readonly exclusive: boolean } & Settable) | null
}

export interface Opened {
  readonly stateId: StateId
  readonly mustConfirm: boolean
}

export const open = (request: OpenRequest): Operation<Opened> => ({
  name: 'OPEN',
  number: 18,
  write(to) {
    to.u32(request.sequence)
      .u32(request.access === 'read' ? 1 : 2)
      .u32(0)
    to.u64(request.clientId).string(request.owner)
    if (request.create === null) to.u32(0)
    else writeSettable(to.u32(1).u32(request.create.exclusive ? 1 : 0), request.create)
    to.u32(0).string(request.name)
  },
  read(from) {
    const stateId = Buffer.from(from.fixed(stateIdBytes))
    skipChangeInfo(from)
    const flags = from.u32()
    from.bitmap()
    // No callback address was given, so a delegation could never be recalled.
    if (from.u32() !== 0) throw new NfsError('PROTOCOL', 'the server delegated a file unasked')
    return { stateId, mustConfirm: (flags & 2) !== 0 }
  },
})

const stateful = (name: string, number: number, write: (to: XdrWriter) => void): Operation<StateId> => ({
  name,
  number,
  write,
  read: (from) => Buffer.from(from.fixed(stateIdBytes)),
})

export const confirmOpen = (stateId: StateId, sequence: number): Operation<StateId> =>
  stateful('OPEN_CONFIRM', 20, (to) => void to.fixed(stateId).u32(sequence))

export const close = (stateId: StateId, sequence: number): Operation<StateId> =>
  stateful('CLOSE', 4, (to) => void to.u32(sequence).fixed(stateId))

// --------------------------------------------------------------------------------------------------------- data

export interface Read {
  readonly end: boolean
  readonly bytes: Buffer
}

export const read = (stateId: StateId, offset: number, count: number): Operation<Read> => ({
  name: 'READ',
  number: 25,
  write: (to) => void to.fixed(stateId).u64(offset).u32(count),
  read: (from) => ({ end: from.bool(), bytes: from.opaque() }),
})

export interface Written {
  readonly count: number
  /** Changes when the server restarted: what it had not committed may be lost. */
  readonly verifier: Buffer
}

/** UNSTABLE: the server may keep the bytes in memory until {@link commit}. */
export const write = (stateId: StateId, offset: number, bytes: Uint8Array): Operation<Written> => ({
  name: 'WRITE',
  number: 38,
  write: (to) => void to.fixed(stateId).u64(offset).u32(0).opaque(bytes),
  read(from) {
    const count = from.u32()
    from.u32()
    return { count, verifier: Buffer.from(from.fixed(verifierBytes)) }
  },
})

/** The whole file. */
export const commit: Operation<Buffer> = {
  name: 'COMMIT',
  number: 5,
  write: (to) => void to.u64(0).u32(0),
  read: (from) => Buffer.from(from.fixed(verifierBytes)),
}

// ------------------------------------------------------------------------------------------------------- client

export interface ClientIdentity {
  readonly clientId: bigint
  readonly verifier: Buffer
}

/** No callback can reach this client (address 0.0.0.0, port 0), so the server must not delegate files. */
export const setClientId = (verifier: Buffer, id: string): Operation<ClientIdentity> => ({
  name: 'SETCLIENTID',
  number: 35,
  write: (to) =>
    void to.fixed(verifier).string(id).u32(0x4000_0000).string('tcp').string('0.0.0.0.0.0').u32(0),
  read: (from) => ({ clientId: from.u64(), verifier: Buffer.from(from.fixed(verifierBytes)) }),
})

export const confirmClientId = ({ clientId, verifier }: ClientIdentity): Operation<void> => ({
  name: 'SETCLIENTID_CONFIRM',
  number: 36,
  write: (to) => void to.u64(clientId).fixed(verifier),
  read: nothing,
})

/** Keeps the lease while no other call does. */
export const renew = (clientId: bigint): Operation<void> => ({
  name: 'RENEW',
  number: 30,
  write: (to) => void to.u64(clientId),
  read: nothing,
})
