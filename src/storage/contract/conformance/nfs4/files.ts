/** What a client does with one mounted export: files and directories by their paths. */
import type { Attributes, FileType } from './attributes.ts'
import { NfsError, statusName } from './nfs-error.ts'
import * as operations from './operations.ts'
import { elements } from './paths.ts'
import { chunksOf, type NfsSource } from './sources.ts'
import { readChunks, writeChunks } from './transfer.ts'
import type { FileHandle, OpenRequest, Operation } from './operations.ts'
import type { OpenFile, Session } from './session.ts'

export interface NfsEntry {
  readonly name: string
  readonly type: FileType
  /** Bytes. */
  readonly size: number
}

export interface NfsFacts {
  readonly type: FileType
  /** Bytes. */
  readonly size: number
  /** Permission bits. */
  readonly mode: number
}

export interface WriteOptions {
  /** Bytes acknowledged so far, after each chunk. */
  readonly onProgress?: (bytes: number) => void
  /** Continues an existing file from this byte on; without it the file is made or replaced. */
  readonly resumeAt?: number
  /** NFS4ERR_EXIST when the file exists. */
  readonly exclusive?: boolean
  /** Permission bits of a new file, default 0644. */
  readonly mode?: number
}

/** An open file at any offset; see {@link Nfs.reading} and {@link Nfs.overwriting}. */
export interface ReadableFile {
  /** Fewer bytes at the end of the file. */
  readAt(offset: number, bytes: number): Promise<Buffer>
}
export interface WritableFile {
  /** Stable on the server when it settles; at most as much as the server takes at once. */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>
}

/** Larger requests gain nothing on a loopback connection; Ganesha's own limit is 1 MiB, too. */
const chunkLimitBytes = 1024 * 1024
const minimumChunkBytes = 4096
const maxReadBytes = 64 * 1024 * 1024
/** A server whose listing never ends must not fill the memory. */
const maxEntries = 100_000

/** One mounted export. Paths are relative to it, elements separated by `/`; `..` is refused. Calls may overlap. */
export class Nfs {
  readonly #session: Session
  readonly #root: FileHandle
  readonly #readBytes: number
  readonly #writeBytes: number

  constructor(session: Session, root: FileHandle, { maxRead, maxWrite }: Attributes) {
    this.#session = session
    this.#root = root
    this.#readBytes = chunkBytes(maxRead)
    this.#writeBytes = chunkBytes(maxWrite)
  }

  /**
   * Writes a file and commits it; answers the number of bytes. Throws {@link NfsError} with `bytesWritten`, for example
   * `NFS4ERR_DQUOT` when the share is full; what was written till then stays.
   */
  async write(path: string, source: NfsSource, options: WriteOptions = {}): Promise<number> {
    const { resumeAt, exclusive = false, mode = 0o644, onProgress = () => undefined } = options
    // A size in an exclusive creation would say nothing; in a replacing one it cuts the old file off.
    const size = resumeAt === undefined && !exclusive ? { size: 0 } : {}
    const create = resumeAt === undefined ? { exclusive, mode, ...size } : null
    const chunks = chunksOf(source, this.#writeBytes, resumeAt)
    return this.#withFile(path, { access: 'write', create }, (file) =>
      writeChunks(this.#session, file, chunks, resumeAt ?? 0, onProgress),
    )
  }

  /** A file's bytes. Throws RangeError above 64 MiB: use {@link readTo}. */
  async read(path: string): Promise<Buffer> {
    const pieces: Buffer[] = []
    let bytes = 0
    await this.readTo(path, {
      update(piece) {
        bytes += piece.length
        if (bytes > maxReadBytes) throw new RangeError(`${path} is larger than ${maxReadBytes} bytes`)
        pieces.push(piece)
      },
    })
    return Buffer.concat(pieces)
  }

  /** Hands a file of any size to `sink` (a hash, for example) in order; answers the number of bytes. */
  async readTo(path: string, sink: { update(piece: Buffer): unknown }): Promise<number> {
    return this.#withFile(path, { access: 'read', create: null }, async (file) => {
      let bytes = 0
      for await (const piece of readChunks(this.#session, file, this.#readBytes)) {
        sink.update(piece)
        bytes += piece.length
      }
      return bytes
    })
  }

  /** Opens an existing file, for reads at any offset, and closes it after `work`. */
  reading<T>(path: string, work: (file: ReadableFile) => Promise<T>): Promise<T> {
    return this.#withFile(path, { access: 'read', create: null }, ({ handle, stateId }) =>
      work({
        readAt: async (offset, bytes) => {
          const asked = operations.read(stateId, offset, bytes)
          return Buffer.from((await this.#session.compound([operations.putFh(handle), asked]))[1].bytes)
        },
      }),
    )
  }

  /** Opens an existing file, for synced writes at any offset, and closes it after `work`. */
  overwriting<T>(path: string, work: (file: WritableFile) => Promise<T>): Promise<T> {
    return this.#withFile(path, { access: 'write', create: null }, ({ handle, stateId }) =>
      work({
        writeAt: async (offset, bytes) => {
          const asked = operations.write(stateId, offset, bytes)
          const [, { count }] = await this.#session.compound([
            operations.putFh(handle),
            asked,
            operations.commit,
          ])
          if (count !== bytes.length)
            throw new NfsError('PROTOCOL', `the server wrote ${count} of ${bytes.length} bytes`)
        },
      }),
    )
  }

  /** The entries of a directory, `.` and `..` left out, in the server's order. */
  async list(path = ''): Promise<readonly NfsEntry[]> {
    const directory = await this.#find(elements(path))
    const found: NfsEntry[] = []
    let cookie = 0n
    let verifier: Buffer = Buffer.alloc(8)
    for (;;) {
      const asked = operations.readDirectory(cookie, verifier, ['type', 'size', 'status'])
      const [, page] = await this.#session.compound([operations.putFh(directory), asked])
      for (const { name, attributes } of page.entries) {
        if (attributes.status !== undefined && attributes.status !== 0) {
          throw new NfsError(
            statusName(attributes.status),
            `listing ${name}: ${statusName(attributes.status)}`,
          )
        }
        found.push({ name, type: attributes.type ?? 'other', size: attributes.size ?? 0 })
      }
      const last = page.entries.at(-1)
      if (page.end) return found
      if (last === undefined || found.length > maxEntries) {
        throw new NfsError('PROTOCOL', `the listing of ${path === '' ? 'the share' : path} does not end`)
      }
      cookie = last.cookie
      verifier = page.verifier
    }
  }

  async stat(path: string): Promise<NfsFacts> {
    const handle = await this.#find(elements(path))
    const asked = operations.getAttributes(['type', 'size', 'mode'])
    const [, { type = 'other', size = 0, mode = 0 }] = await this.#session.compound([
      operations.putFh(handle),
      asked,
    ])
    return { type, size, mode }
  }

  /** Cuts a file off or extends it with zeros, sets its permission bits, or both. */
  async set(path: string, values: { readonly size?: number; readonly mode?: number }): Promise<void> {
    const handle = await this.#find(elements(path))
    await this.#session.compound([operations.putFh(handle), operations.setAttributes(values)])
  }

  async mkdir(path: string, mode = 0o755): Promise<void> {
    const [directory, name] = await this.#parent(path)
    await this.#session.compound([operations.putFh(directory), operations.makeDirectory(name, mode)])
  }

  /** A file or an empty directory. */
  async remove(path: string): Promise<void> {
    const [directory, name] = await this.#parent(path)
    await this.#session.compound([operations.putFh(directory), operations.remove(name)])
  }

  /** Replaces what has the new name. */
  async rename(from: string, to: string): Promise<void> {
    const [source, oldName] = await this.#parent(from)
    const [target, newName] = await this.#parent(to)
    await this.#session.compound([
      operations.putFh(source),
      operations.saveFh,
      operations.putFh(target),
      operations.rename(oldName, newName),
    ])
  }

  /** Ends the connection; calls still running fail with `CONNECTION`. */
  close(): Promise<void> {
    return this.#session.end()
  }

  async #withFile<T>(
    path: string,
    opening: Pick<OpenRequest, 'access' | 'create'>,
    work: (file: OpenFile) => Promise<T>,
  ): Promise<T> {
    const [directory, name] = await this.#parent(path)
    const file = await this.#session.open(directory, { name, ...opening })
    let result: T
    try {
      result = await work(file)
    } catch (error) {
      // The first failure is the one to tell; the server forgets an open file with the client's lease.
      const closed = this.#session.close(file).catch(() => undefined)
      if (!(error instanceof NfsError && error.code === 'DEADLINE')) await closed
      throw error
    }
    await this.#session.close(file)
    return result
  }

  async #parent(path: string): Promise<readonly [FileHandle, string]> {
    const way = elements(path)
    const name = way.pop()
    if (name === undefined) throw new RangeError('a path names something in the share')
    return [await this.#find(way), name]
  }

  async #find(way: readonly string[]): Promise<FileHandle> {
    if (way.length === 0) return this.#root
    const walk: readonly Operation<unknown>[] = way.map((element) => operations.lookup(element))
    const results = await this.#session.compound([operations.putFh(this.#root), ...walk, operations.getFh])
    return results.at(-1) as FileHandle
  }
}

const chunkBytes = (limit = chunkLimitBytes): number =>
  Math.max(minimumChunkBytes, Math.min(limit, chunkLimitBytes))
