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
  /** Why a listed entry has no attributes: a status other than 0. */
  readonly status?: number
}

export type FileType = 'file' | 'directory' | 'symlink' | 'other'

const numbers = {
  type: 1,
  size: 4,
  leaseS: 10,
  status: 11,
  fileId: 20,
  maxRead: 30,
  maxWrite: 31,
  mode: 33,
} as const satisfies Record<keyof Attributes, number>

const typeOf = (value: number): FileType =>
  value === 1 ? 'file' : value === 2 ? 'directory' : value === 5 ? 'symlink' : 'other'

const decoders: Readonly<Record<number, (reader: XdrReader) => Attributes>> = {
  [numbers.type]: (reader) => ({ type: typeOf(reader.u32()) }),
  [numbers.size]: (reader) => ({ size: reader.size() }),
  [numbers.leaseS]: (reader) => ({ leaseS: reader.u32() }),
  [numbers.status]: (reader) => ({ status: reader.u32() }),
  [numbers.fileId]: (reader) => ({ fileId: reader.u64() }),
  [numbers.maxRead]: (reader) => ({ maxRead: clamp(reader.u64()) }),
  [numbers.maxWrite]: (reader) => ({ maxWrite: clamp(reader.u64()) }),
  [numbers.mode]: (reader) => ({ mode: reader.u32() }),
}

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

/** What can be set: size and permission bits. */
export interface Settable {
  readonly size?: number
  readonly mode?: number
}

/** Writes a `fattr4` of what is given. */
export function writeSettable(writer: XdrWriter, { size, mode }: Settable): void {
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
  writer.bitmap(bits).opaque(Buffer.concat(values.parts()))
}
