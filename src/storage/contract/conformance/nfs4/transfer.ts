/**
 * Moves the bytes of one open file: several reads or writes in flight, in order for the caller. What the server answers
 * short is asked again; what it acknowledged without storing is committed.
 */
import { NfsError } from './nfs-error.ts'
import { commit, putFh, read, write } from './operations.ts'
import type { OpenFile, Session } from './session.ts'

/** Enough to keep a server on this machine busy while the next chunk is made; bounds memory to as many chunks. */
const inFlight = 4
/** A commit of more than this could outlast the deadline of one call on a slow disk. */
const commitEveryBytes = 128 * 1024 * 1024

interface Chunk {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Writes the chunks from `start` on and commits them. Answers how many bytes were written. Throws {@link NfsError} with
 * `bytesWritten`: the length, from `start`, of what is stored without a gap.
 */
export async function writeChunks(
  session: Session,
  file: OpenFile,
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  onProgress: (bytes: number) => void,
): Promise<number> {
  const verifier = new Verifier()
  const pending: { readonly chunk: Chunk; readonly done: Promise<void> }[] = []
  let written = 0
  let committed = 0
  let offset = start

  const settleOldest = async (): Promise<void> => {
    const [oldest] = pending
    if (oldest === undefined) return
    await oldest.done
    pending.shift()
    written += oldest.chunk.bytes.length
    onProgress(written)
  }
  const store = async (): Promise<void> => {
    const [, stored] = await session.compound([putFh(file.handle), commit])
    verifier.check(stored)
    committed = written
  }

  try {
    for await (const bytes of chunks) {
      const chunk = { offset, bytes }
      offset += bytes.length
      const done = writeWhole(session, file, chunk, verifier)
      // Its failure is seen when its turn comes.
      done.catch(() => undefined)
      pending.push({ chunk, done })
      if (pending.length >= inFlight) await settleOldest()
      if (written - committed >= commitEveryBytes) await store()
    }
    while (pending.length > 0) await settleOldest()
    await store()
    return written
  } catch (error) {
    for (const [index, result] of (await Promise.allSettled(pending.map(({ done }) => done))).entries()) {
      if (result.status === 'fulfilled') {
        written += pending[index]?.chunk.bytes.length ?? 0
      } else {
        if (result.reason instanceof ShortWrite) written += result.reason.bytes
        break
      }
    }
    // A server that left one call unanswered isn't asked for another.
    if (!isDeadline(error)) await store().catch(() => undefined)
    throw withProgress(error, committed)
  }
}

/** A write that began before it failed. */
class ShortWrite extends Error {
  readonly bytes: number
  constructor(bytes: number, cause: unknown) {
    super('only a part of the chunk was written', { cause })
    this.bytes = bytes
  }
}

async function writeWhole(session: Session, file: OpenFile, chunk: Chunk, verifier: Verifier): Promise<void> {
  let done = 0
  while (done < chunk.bytes.length) {
    const rest = chunk.bytes.subarray(done)
    try {
      const asked = write(file.stateId, chunk.offset + done, rest)
      const [, { count, verifier: seen }] = await session.compound([putFh(file.handle), asked])
      if (count === 0 || count > rest.length) {
        throw new NfsError('PROTOCOL', `the server wrote ${count} of ${rest.length} bytes`)
      }
      verifier.check(seen)
      done += count
    } catch (error) {
      throw done === 0 ? error : new ShortWrite(done, error)
    }
  }
}

/** Also of a write that had begun. */
const isDeadline = (error: unknown): boolean =>
  error instanceof ShortWrite
    ? isDeadline(error.cause)
    : error instanceof NfsError && error.code === 'DEADLINE'

function withProgress(error: unknown, bytesWritten: number): unknown {
  const reason = error instanceof ShortWrite ? error.cause : error
  if (!(reason instanceof NfsError)) return reason
  return new NfsError(reason.code, `${reason.message} (after ${bytesWritten} bytes)`, {
    cause: reason,
    bytesWritten,
  })
}

/** Notices that the server restarted between two answers, so that uncommitted bytes may be gone. */
class Verifier {
  #first: Buffer | null = null

  check(seen: Buffer): void {
    this.#first ??= seen
    if (!this.#first.equals(seen)) {
      throw new NfsError('CONNECTION', 'the server restarted while the file was written: write it again')
    }
  }
}

/** The file's bytes in order, to its end. */
export async function* readChunks(
  session: Session,
  file: OpenFile,
  chunkBytes: number,
): AsyncGenerator<Buffer, void, void> {
  const pending: Promise<{ readonly pieces: readonly Buffer[]; readonly end: boolean }>[] = []
  let offset = 0
  try {
    for (;;) {
      while (pending.length < inFlight) {
        const part = readWhole(session, file, offset, chunkBytes)
        // Its failure is seen when its turn comes.
        part.catch(() => undefined)
        pending.push(part)
        offset += chunkBytes
      }
      const { pieces, end } = (await pending.shift()) ?? { pieces: [], end: true }
      yield* pieces
      if (end) return
    }
  } finally {
    // Reads beyond the end, or that nobody waits for any more: the file must not be closed under them.
    await Promise.allSettled(pending)
  }
}

async function readWhole(session: Session, file: OpenFile, offset: number, bytes: number) {
  const pieces: Buffer[] = []
  let done = 0
  while (done < bytes) {
    const asked = read(file.stateId, offset + done, bytes - done)
    const [, { end, bytes: piece }] = await session.compound([putFh(file.handle), asked])
    if (piece.length > bytes - done)
      throw new NfsError('PROTOCOL', 'the server sent more bytes than asked for')
    if (piece.length > 0) pieces.push(piece)
    done += piece.length
    if (end) return { pieces, end: true }
    if (piece.length === 0)
      throw new NfsError('PROTOCOL', 'the server sent no bytes before the end of the file')
  }
  return { pieces, end: false }
}
