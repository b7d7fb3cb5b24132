/** RPC record marking on TCP (RFC 5531 §11): messages cut into fragments, put together again under a limit. */
import { NfsError } from './nfs-error.ts'

/** Replies above this are refused: four times the largest read that {@link file://./transfer.ts} asks for. */
export const maxRecordBytes = 4 * 1024 * 1024
const lastFragment = 0x8000_0000
const markBytes = 4

/** What goes before a message that is sent whole. */
export function recordMark(length: number): Buffer {
  const mark = Buffer.allocUnsafe(markBytes)
  mark.writeUInt32BE((lastFragment | length) >>> 0)
  return mark
}

/** Takes bytes as they come and hands on whole messages. Throws {@link NfsError} `PROTOCOL` above the limit. */
export class RecordReader {
  readonly #deliver: (record: Buffer) => void
  /** Pieces of the mark while it is incomplete, then of the message. */
  #pieces: Buffer[] = []
  #mark: Buffer = Buffer.alloc(0)
  #missing = 0
  #gathered = 0
  #last = false
  #fragments = 0

  constructor(deliver: (record: Buffer) => void) {
    this.#deliver = deliver
  }

  push(chunk: Buffer): void {
    let rest = chunk
    while (rest.length > 0) {
      if (this.#missing === 0) {
        const wanted = markBytes - this.#mark.length
        this.#mark = Buffer.concat([this.#mark, rest.subarray(0, wanted)])
        rest = rest.subarray(wanted)
        if (this.#mark.length < markBytes) return
        this.#begin(this.#mark.readUInt32BE(0))
        this.#mark = Buffer.alloc(0)
      } else {
        const piece = rest.subarray(0, this.#missing)
        rest = rest.subarray(piece.length)
        this.#pieces.push(piece)
        this.#gathered += piece.length
        this.#missing -= piece.length
      }
      if (this.#missing === 0 && this.#last) this.#finish()
    }
  }

  #begin(mark: number): void {
    this.#last = mark >= lastFragment
    this.#missing = mark % lastFragment
    this.#fragments++
    if (this.#gathered + this.#missing > maxRecordBytes || this.#fragments > 4096) {
      throw new NfsError('PROTOCOL', `the server sent a record of more than ${maxRecordBytes} bytes`)
    }
  }

  #finish(): void {
    const [first, ...more] = this.#pieces
    const record = first !== undefined && more.length === 0 ? first : Buffer.concat(this.#pieces)
    this.#pieces = []
    this.#gathered = 0
    this.#fragments = 0
    this.#last = false
    this.#deliver(record)
  }
}
