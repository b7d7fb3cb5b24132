/** The few file attributes this client asks for, and how they stand on the wire (RFC 7530 §5). */
import { NfsError } from './nfs-error.ts'
import { XdrReader, XdrWriter } from './xdr.ts'

/** What is known of a file; what wasn't asked for or isn't supported is absent. */
export interface Attributes {
  readonly type?: FileType
  readonly size?: number
  readonly mode?: number
  readonly fileId?: bigint
  readonly leaseS?: number
  readonly maxRead?: number
  readonly maxWrite?: number
  /** Which file system it is in, as the server counts them. */
  readonly fileSystem?: string
  /** A number that changes with the file. */
  readonly change?: bigint
  /** A user's number, or a name. */
  readonly owner?: string
  /** Nanoseconds since the epoch. */
  readonly modifiedAt?: bigint
  readonly handle?: Buffer
  /** Why a listed entry has no attributes: a status other than 0. */
  readonly status?: number
}

export type FileType = 'file' | 'directory' | 'symlink' | 'other'

const numbers = {
  type: 1,
  change: 3,
  size: 4,
  fileSystem: 8,
  leaseS: 10,
  status: 11,
  handle: 19,
  fileId: 20,
  maxRead: 30,
  maxWrite: 31,
  mode: 33,
  owner: 36,
  modifiedAt: 53,
} as const satisfies Record<keyof Attributes, number>

const typeOf = (value: number): FileType =>
  value === 1 ? 'file' : value === 2 ? 'directory' : value === 5 ? 'symlink' : 'other'

const decoders: Readonly<Record<number, (reader: XdrReader) => Attributes>> = {
  [numbers.type]: (reader) => ({ type: typeOf(reader.u32()) }),
  [numbers.change]: (reader) => ({ change: reader.u64() }),
  [numbers.size]: (reader) => ({ size: reader.size() }),
  [numbers.fileSystem]: (reader) => ({ fileSystem: `${reader.u64()}.${reader.u64()}` }),
  [numbers.leaseS]: (reader) => ({ leaseS: reader.u32() }),
  [numbers.status]: (reader) => ({ status: reader.u32() }),
  [numbers.handle]: (reader) => ({ handle: Buffer.from(reader.opaque()) }),
  [numbers.fileId]: (reader) => ({ fileId: reader.u64() }),
  [numbers.maxRead]: (reader) => ({ maxRead: clamp(reader.u64()) }),
  [numbers.maxWrite]: (reader) => ({ maxWrite: clamp(reader.u64()) }),
  [numbers.mode]: (reader) => ({ mode: reader.u32() }),
  [numbers.owner]: (reader) => ({ owner: reader.string() }),
  [numbers.modifiedAt]: (reader) => ({ modifiedAt: time(reader) }),
}

const time = (reader: XdrReader): bigint =>
  BigInt.asIntN(64, reader.u64()) * 1_000_000_000n + BigInt(reader.u32())

/** Servers without a limit say 2^64 - 1. */
const clamp = (value: bigint): number => Number(value > 0x7fff_ffffn ? 0x7fff_ffffn : value)

/** Attribute numbers of a request. */
export const attributeBits = (names: readonly (keyof Attributes)[]): readonly number[] =>
  names.map((name) => numbers[name])

/** Reads a `fattr4`. Values stand in ascending order of their numbers, so an unknown one ends the reading. */
export function readAttributes(reader: XdrReader): Attributes {
  const bits = reader.bitmap()
  const values = new XdrReader(reader.opaque())
  let found: Attributes = {}
  for (const bit of bits) {
    const decode = decoders[bit]
    if (decode === undefined) throw new NfsError('PROTOCOL', `the server sent attribute ${bit} unasked`)
    found = { ...found, ...decode(values) }
  }
  return found
}

/** What can be set: size, permission bits, the owner's number, and when it was last changed. */
export interface Settable {
  readonly size?: number
  readonly mode?: number
  readonly owner?: number
  /** Nanoseconds since the epoch. */
  readonly modifiedAt?: bigint
}

const setModifiedAt = 54
const byClient = 1

/** Writes a `fattr4` of what is given. */
export function writeSettable(writer: XdrWriter, { size, mode, owner, modifiedAt }: Settable): void {
  const bits: number[] = []
  const values = new XdrWriter()
  if (size !== undefined) {
    bits.push(numbers.size)
    values.u64(size)
  }
  if (mode !== undefined) {
    bits.push(numbers.mode)
    values.u32(mode & 0o7777)
  }
  if (owner !== undefined) {
    bits.push(numbers.owner)
    values.string(String(owner))
  }
  if (modifiedAt !== undefined) {
    bits.push(setModifiedAt)
    const seconds = modifiedAt / 1_000_000_000n
    values
      .u32(byClient)
      .u64(seconds)
      .u32(Number(modifiedAt % 1_000_000_000n))
  }
  writer.bitmap(bits).opaque(Buffer.concat(values.pieces()))
}
