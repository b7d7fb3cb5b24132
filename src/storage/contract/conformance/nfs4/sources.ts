/** What a file can be written from, cut into chunks of one size. */

export type NfsSource =
  | Uint8Array
  /** Pieces of any size, in order; the reader is asked for more only as fast as the server takes them. */
  | AsyncIterable<Uint8Array>
  /** `size` bytes made on the way; `offset` is the place in the file of the first byte of `into`. */
  | { readonly size: number; readonly fillWith: (into: Uint8Array, offset: number) => void }

/** Chunks of exactly `chunkBytes`, the last one shorter; each stands on its own memory until the caller drops it. */
export async function* chunksOf(
  source: NfsSource,
  chunkBytes: number,
  startOffset = 0,
): AsyncGenerator<Uint8Array, void, void> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += chunkBytes) yield source.subarray(at, at + chunkBytes)
  } else if ('fillWith' in source) {
    if (!Number.isSafeInteger(source.size) || source.size < 0) {
      throw new RangeError(`a size is a whole number of bytes, not ${source.size}`)
    }
    for (let at = 0; at < source.size; at += chunkBytes) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, source.size - at))
      source.fillWith(chunk, startOffset + at)
      yield chunk
    }
  } else {
    yield* regrouped(source, chunkBytes)
  }
}

async function* regrouped(
  pieces: AsyncIterable<Uint8Array>,
  chunkBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  let chunk = Buffer.allocUnsafe(chunkBytes)
  let filled = 0
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunkBytes - filled)
      chunk.set(part, filled)
      filled += part.length
      at += part.length
      if (filled === chunkBytes) {
        yield chunk
        chunk = Buffer.allocUnsafe(chunkBytes)
        filled = 0
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
