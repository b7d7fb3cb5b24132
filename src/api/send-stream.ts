/** Sends a {@link JsonStream} with backpressure: at most one part waits for its client. */
import { Readable } from 'node:stream'
import type { JsonStream } from './list-reply.ts'

/** Bytes handed to the connection at once: what is left of them tells whether the client takes anything. */
const pieceBytes = 64 * 1024

/**
 * `read` runs each further read where it belongs (the project's line, a time limit). `ended` is called once, whatever became of the
 * client; `failed` before it when a part could not be read: the client then sees an answer that was cut.
 */
export function streamOf(
  stream: JsonStream,
  around: {
    readonly read: (next: () => Promise<string | null>) => Promise<string | null>
    readonly failed: (error: unknown) => void
    readonly ended: () => void
  },
): Readable {
  const readable = Readable.from(pieces(stream, around), { objectMode: false, highWaterMark: 1 })
  readable.once('close', around.ended)
  return readable
}

async function* pieces(
  stream: JsonStream,
  { read, failed }: Pick<Parameters<typeof streamOf>[1], 'read' | 'failed'>,
): AsyncGenerator<Buffer> {
  for (;;) {
    let part: Buffer
    try {
      const text = await read(stream.next)
      if (text === null) return
      part = Buffer.from(text)
    } catch (error) {
      failed(error)
      throw error
    }
    for (let at = 0; at < part.length; at += pieceBytes) yield part.subarray(at, at + pieceBytes)
  }
}
