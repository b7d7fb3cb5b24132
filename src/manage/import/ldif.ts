/**
 * Reads LDIF (RFC 2849) as a stream: entries one at a time, of whatever length the file is. Kept of an entry is what is asked for;
 * photographs and certificates pass by. It promises a sentence with a line number for what it can't read, and never guesses:
 * changes, values behind URLs and text that is no UTF-8 are refused. docs/decisions/0048-imports.md says why it is ours.
 */

/** What a file is that can't be read, and in which line. */
export class LdifError extends Error {
  override readonly name = 'LdifError'
  readonly line: number
  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

export interface LdifRecord {
  /** Of its `dn:`. */
  readonly line: number
  readonly dn: string
  /** Names in small letters, without `;binary`; values as bytes in the order of the file. */
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>
}

export interface LdifOptions {
  /** Whether values of this attribute are wanted; its name is in small letters. */
  wants(name: string): boolean
  /** Bytes of one value that is wanted. */
  readonly maxValueBytes?: number
  /** Bytes of all wanted values of one entry: a group of half a million members has some 30 MB. */
  readonly maxEntryBytes?: number
}

/** Of UTF-8. */
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
const [space, lineFeed, carriageReturn, hash] = [0x20, 0x0a, 0x0d, 0x23]
/** Longest name of an attribute with its options, and longest DN, bytes. */
const maxHeadBytes = 512
const maxDnBytes = 65_536
/** Parts of one value that are kept apart. */
const maxPieces = 4096

/** A line with those that go on from it. */
interface Line {
  readonly line: number
  readonly text: Buffer
}

/** Throws {@link LdifError}. */
export async function* readLdif(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: LdifOptions,
): AsyncGenerator<LdifRecord> {
  const reader = new Reader(options)
  for await (const chunk of chunks) {
    yield* reader.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
  }
  yield* reader.end()
}

class Reader {
  readonly #lines: Unfolder
  readonly #records: Records

  constructor(options: LdifOptions) {
    this.#records = new Records(options)
    this.#lines = new Unfolder(options)
  }

  *take(chunk: Buffer): Generator<LdifRecord> {
    for (const line of this.#lines.take(chunk)) yield* this.#records.take(line)
  }

  *end(): Generator<LdifRecord> {
    for (const line of this.#lines.end()) yield* this.#records.take(line)
    yield* this.#records.end()
  }
}

/** Bytes to whole lines; what nobody wants is dropped as it comes, so that no line needs more memory than its limit. */
class Unfolder {
  readonly #options: LdifOptions
  readonly #maxBytes: number
  /** Of the line that is being read. */
  #pieces: Buffer[] = []
  #bytes = 0
  #startsAt = 1
  /** Dropped: a comment, or an attribute that nobody wants. */
  #isDropped: boolean | null = null
  /** Within the present physical line: how many bytes it had so far, but for the end. */
  #column = 0
  #physical = 1
  #hasLine = false
  #heldReturn = false
  /** The first bytes, until there are enough to tell what text this is; null after that. */
  #head: Buffer | null = Buffer.alloc(0)

  constructor(options: LdifOptions) {
    this.#options = options
    this.#maxBytes = options.maxValueBytes ?? 1_048_576
  }

  *take(whole: Buffer): Generator<Line> {
    if (this.#head === null) return yield* this.#lines(whole)
    this.#head = Buffer.concat([this.#head, whole])
    if (this.#head.length >= byteOrderMark.length) yield* this.#begin()
  }

  *#begin(): Generator<Line> {
    const head = this.#head ?? Buffer.alloc(0)
    this.#head = null
    if (head[0] === 0xff || head[0] === 0xfe || head[1] === 0) {
      throw new LdifError(1, 'this is UTF-16 text: convert it to UTF-8 first')
    }
    const isMarked = head.subarray(0, byteOrderMark.length).equals(byteOrderMark)
    yield* this.#lines(isMarked ? head.subarray(byteOrderMark.length) : head)
  }

  *#lines(chunk: Buffer): Generator<Line> {
    let from = 0
    while (from < chunk.length) {
      const end = chunk.indexOf(lineFeed, from)
      const piece = chunk.subarray(from, end === -1 ? chunk.length : end)
      yield* this.#piece(piece)
      if (end === -1) return
      yield* this.#endOfLine()
      from = end + 1
    }
  }

  *end(): Generator<Line> {
    if (this.#head !== null) yield* this.#begin()
    if (this.#column > 0 || this.#heldReturn) yield* this.#endOfLine()
    yield* this.#flush()
  }

  /** Bytes of one physical line, or of a part of it. */
  *#piece(bytes: Buffer): Generator<Line> {
    if (bytes.length === 0) return
    let piece = bytes
    // A return is part of the line's end only if nothing but the end follows.
    if (this.#heldReturn) piece = Buffer.concat([Buffer.from([carriageReturn]), piece])
    this.#heldReturn = piece.at(-1) === carriageReturn
    if (this.#heldReturn) piece = piece.subarray(0, -1)
    if (piece.length === 0) return
    if (this.#column === 0) {
      if (piece[0] === space) {
        if (!this.#hasLine) throw new LdifError(this.#physical, 'goes on from a line that is not there')
        this.#column += piece.length
        this.#append(piece.subarray(1))
        return
      }
      yield* this.#flush()
      this.#startsAt = this.#physical
      this.#hasLine = true
    }
    this.#column += piece.length
    this.#append(piece)
  }

  *#endOfLine(): Generator<Line> {
    this.#heldReturn = false
    if (this.#column === 0) {
      // Nothing between two ends: the entry is over.
      yield* this.#flush()
      yield { line: this.#physical, text: Buffer.alloc(0) }
    }
    this.#column = 0
    this.#physical++
  }

  #append(bytes: Buffer): void {
    if (this.#isDropped === true || bytes.length === 0) return
    this.#pieces.push(Buffer.from(bytes))
    this.#bytes += bytes.length
    // Each part has a price of its own: a value of a million lines must not cost a million of them.
    if (this.#pieces.length > maxPieces) this.#pieces = [Buffer.concat(this.#pieces)]
    this.#isDropped ??= this.#look()
    if (this.#isDropped === true) this.#pieces = []
    else if (this.#bytes > Math.ceil(this.#maxBytes * 1.4) + maxHeadBytes)
      throw new LdifError(this.#startsAt, `has more than ${this.#maxBytes} bytes in one value`)
  }

  /** Whether it is wanted; null until its name is there. */
  #look(): boolean | null {
    const [first] = this.#pieces
    if (first?.[0] === hash) return true
    const head = this.#pieces.length === 1 ? (first ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces)
    const colon = head.indexOf(':')
    if (colon === -1) {
      if (head.length > maxHeadBytes) throw new LdifError(this.#startsAt, noColon)
      return null
    }
    const written = head.toString('latin1', 0, Math.min(colon, maxHeadBytes))
    const name = baseOf(written)
    if (structural.has(name) || this.#options.wants(name)) return false
    // What it is must be known of those, too; how it ends need not.
    if (!isName(written)) {
      throw new LdifError(this.#startsAt, 'has no name of an attribute before the colon')
    }
    if (head[colon + 1] === 0x3c) throw new LdifError(this.#startsAt, fromUrl)
    return true
  }

  *#flush(): Generator<Line> {
    if (!this.#hasLine) return
    const dropped = this.#isDropped === true
    const line = { line: this.#startsAt, text: Buffer.concat(this.#pieces) }
    this.#hasLine = false
    this.#isDropped = null
    this.#pieces = []
    this.#bytes = 0
    if (!dropped) yield line
  }
}

const noColon =
  'has no colon: neither an attribute, nor a comment (#), nor the rest of a value (a blank in front)'
const fromUrl = 'takes its value from a URL (":<"), which is not read: write the value itself'
/** Lines that say what the others are. */
const structural = new Set(['dn', 'version', 'changetype', 'control', 'search', 'ref', 'result', 'text'])

/** RFC 2849: a name or an OID, and options. */
const isName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9.-]*(;[A-Za-z0-9=*-]+)*$/.test(text)

/** In small letters and without `;binary`, which changes nothing here. */
const baseOf = (name: string): string => name.toLowerCase().replaceAll(';binary', '')

/** Lines to entries. */
class Records {
  readonly #options: LdifOptions
  readonly #maxBytes: number
  #dn: { readonly text: string; readonly line: number } | null = null
  #attributes = new Map<string, Buffer[]>()
  #bytes = 0
  /** Within a block that is no entry: what ldapsearch says about its search. */
  #isSkipped = false
  #isFirst = true

  constructor(options: LdifOptions) {
    this.#options = options
    this.#maxBytes = options.maxEntryBytes ?? 64 * 1_048_576
  }

  *take({ line, text }: Line): Generator<LdifRecord> {
    if (text.length === 0) {
      yield* this.end()
      return
    }
    const { name, value } = readLine(line, text)
    if (name === 'version' && this.#isFirst) {
      if (value.toString() !== '1')
        throw new LdifError(line, `LDIF of version ${show(value)} is not known here`)
      this.#isFirst = false
      return
    }
    this.#isFirst = false
    if (this.#isSkipped) return
    if (this.#dn === null) {
      if (name === 'search' || name === 'ref') {
        this.#isSkipped = true
        return
      }
      if (name !== 'dn') throw new LdifError(line, `an entry begins with dn:, not with ${name}:`)
      if (value.length > maxDnBytes) throw new LdifError(line, `has a DN of more than ${maxDnBytes} bytes`)
      this.#dn = { text: textOf(line, value), line }
      return
    }
    if (name === 'dn') throw new LdifError(line, 'begins an entry within another: an empty line is missing')
    if (name === 'changetype' || name === 'control') {
      throw new LdifError(
        line,
        'this is a list of changes, not of entries: dump the directory instead (slapcat, ldapsearch)',
      )
    }
    if (name.includes(';range=')) {
      throw new LdifError(line, `${name} is only a part of the values: dump with a tool that reads them all`)
    }
    if (!this.#options.wants(name)) return
    this.#bytes += value.length
    if (this.#bytes > this.#maxBytes) {
      throw new LdifError(this.#dn.line, `has more than ${this.#maxBytes} bytes in one entry`)
    }
    const values = this.#attributes.get(name)
    if (values === undefined) this.#attributes.set(name, [value])
    else values.push(value)
  }

  *end(): Generator<LdifRecord> {
    this.#isSkipped = false
    if (this.#dn === null) return
    const { text: dn, line } = this.#dn
    const attributes = this.#attributes
    this.#dn = null
    this.#attributes = new Map()
    this.#bytes = 0
    yield { line, dn, attributes }
  }
}

function readLine(line: number, text: Buffer): { name: string; value: Buffer } {
  const colon = text.indexOf(':')
  if (colon === -1) throw new LdifError(line, noColon)
  const written = text.toString('latin1', 0, Math.min(colon, maxHeadBytes + 1))
  if (colon > maxHeadBytes || !isName(written)) {
    throw new LdifError(line, 'has no name of an attribute before the colon')
  }
  const name = baseOf(written)
  const kind = text[colon + 1]
  if (kind === 0x3c) throw new LdifError(line, fromUrl)
  const from = kind === 0x3a ? colon + 2 : colon + 1
  let at = from
  while (text[at] === space) at++
  const raw = text.subarray(at)
  if (kind !== 0x3a) {
    if (raw.includes(0) || raw.includes(carriageReturn)) {
      throw new LdifError(line, 'has a byte that only base64 may have')
    }
    if (!isUtf8(raw)) throw new LdifError(line, 'is no UTF-8: convert the file, or write the value in base64')
    return { name, value: raw }
  }
  const base64 = raw.toString('latin1').trimEnd()
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) {
    throw new LdifError(line, 'has two colons, but no base64 behind them')
  }
  return { name, value: Buffer.from(base64, 'base64') }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a value. Throws {@link LdifError} where it is none. */
export function textOf(line: number, value: Buffer): string {
  try {
    return decoder.decode(value)
  } catch {
    throw new LdifError(line, 'has a value that is no UTF-8 where text must be')
  }
}

function isUtf8(bytes: Buffer): boolean {
  try {
    decoder.decode(bytes)
    return true
  } catch {
    return false
  }
}

const show = (value: Buffer): string => JSON.stringify(value.toString('utf8', 0, 40))
