/**
 * XDR (RFC 4506), as far as ONC RPC and NFSv4 need it: big-endian words, padded byte strings. Large byte strings are
 * kept by reference, so that a mebibyte of file data is never copied on its way out.
 */
import { NfsError } from './nfs-error.ts'

const wordBytes = 4
/** Byte strings from here on are passed on rather than copied. */
const byReferenceFrom = 1024
const zeros = Buffer.alloc(wordBytes)

const paddingOf = (length: number): number => (wordBytes - (length % wordBytes)) % wordBytes

/** Collects an encoded message as a list of parts, for one gathered write. */
export class XdrWriter {
  readonly #done: Uint8Array[] = []
  #open: Buffer = Buffer.allocUnsafe(512)
  #used = 0

  /** An unsigned word; booleans are 0 and 1. Throws a RangeError when the value doesn't fit. */
  u32(value: number): this {
    this.#room(wordBytes).writeUInt32BE(value, this.#used)
    this.#used += wordBytes
    return this
  }

  /** An unsigned 64-bit number. Throws a RangeError when the value doesn't fit. */
  u64(value: bigint | number): this {
    this.#room(8).writeBigUInt64BE(BigInt(value), this.#used)
    this.#used += 8
    return this
  }

  /** Bytes without a length in front of them: padded, fixed by the protocol. */
  fixed(bytes: Uint8Array): this {
    if (bytes.length >= byReferenceFrom) {
      this.#seal()
      this.#done.push(bytes)
    } else {
      this.#room(bytes.length).set(bytes, this.#used)
      this.#used += bytes.length
    }
    const padding = paddingOf(bytes.length)
    this.#room(padding).set(zeros.subarray(0, padding), this.#used)
    this.#used += padding
    return this
  }

  /** Bytes with their length in front. */
  opaque(bytes: Uint8Array): this {
    return this.u32(bytes.length).fixed(bytes)
  }

  string(text: string): this {
    return this.opaque(Buffer.from(text, 'utf8'))
  }

  /** Bit numbers as NFSv4 counts them: bit 0 is the lowest of the first word. */
  bitmap(bits: readonly number[]): this {
    const words: number[] = []
    for (const bit of bits) {
      const index = bit >>> 5
      while (words.length <= index) words.push(0)
      words[index] = ((words[index] ?? 0) | (1 << (bit & 31))) >>> 0
    }
    this.u32(words.length)
    for (const word of words) this.u32(word)
    return this
  }

  /** Everything written so far, in order. */
  pieces(): readonly Uint8Array[] {
    this.#seal()
    return this.#done
  }

  #seal(): void {
    if (this.#used === 0) return
    this.#done.push(this.#open.subarray(0, this.#used))
    this.#open = this.#open.subarray(this.#used)
    this.#used = 0
  }

  #room(bytes: number): Buffer {
    if (this.#used + bytes > this.#open.length) {
      this.#seal()
      this.#open = Buffer.allocUnsafe(Math.max(512, bytes))
    }
    return this.#open
  }
}

/** Reads an encoded message. Every length is checked against what is there; a lie is an {@link NfsError} `PROTOCOL`. */
export class XdrReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(wordBytes))
  }

  u64(): bigint {
    return this.#bytes.readBigUInt64BE(this.#take(8))
  }

  /** A 64-bit size or offset as a number; beyond 2^53 it is refused rather than rounded. */
  size(): number {
    const value = this.u64()
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed(`a size of ${value} bytes`)
    return Number(value)
  }

  bool(): boolean {
    return this.u32() !== 0
  }

  fixed(length: number): Buffer {
    const at = this.#take(length + paddingOf(length))
    return this.#bytes.subarray(at, at + length)
  }

  opaque(): Buffer {
    return this.fixed(this.u32())
  }

  string(): string {
    return this.opaque().toString('utf8')
  }

  /** Bit numbers, ascending. */
  bitmap(): readonly number[] {
    const words = this.u32()
    // NFSv4.0 defines 56 attributes; no honest server sends more than a few words.
    if (words > 8) throw malformed(`a bitmap of ${words} words`)
    const bits: number[] = []
    for (let index = 0; index < words; index++) {
      const word = this.u32()
      for (let bit = 0; bit < 32; bit++) if ((word >>> bit) & 1) bits.push(index * 32 + bit)
    }
    return bits
  }

  #take(length: number): number {
    const at = this.#at
    if (at + length > this.#bytes.length)
      throw malformed(`${length} bytes announced, ${this.#bytes.length - at} left`)
    this.#at = at + length
    return at
  }
}

const malformed = (what: string): NfsError =>
  new NfsError('PROTOCOL', `the server's reply is malformed: ${what}`)
