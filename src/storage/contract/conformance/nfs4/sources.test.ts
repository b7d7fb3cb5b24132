import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunksOf, type NfsSource } from './sources.ts'

async function collected(source: NfsSource, chunkBytes: number, start = 0): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of chunksOf(source, chunkBytes, start)) chunks.push(chunk)
  return chunks
}

test('every kind of source gives the same bytes in chunks of one size', async () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(pieces, fc.integer({ min: 1, max: 16 }), async (chunks, chunkBytes) => {
      const whole = Buffer.concat(chunks)
      async function* asPieces(): AsyncGenerator<Uint8Array> {
        yield* chunks
      }
      const fillWith = (into: Uint8Array, offset: number): void =>
        into.set(whole.subarray(offset, offset + into.length))
      for (const source of [whole, asPieces(), { size: whole.length, fillWith }]) {
        const chunks = await collected(source, chunkBytes)
        expect(Buffer.concat(chunks).equals(whole)).toBe(true)
        expect(chunks.slice(0, -1).every((chunk) => chunk.length === chunkBytes)).toBe(true)
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true)
      }
    }),
  )
})

test('a made source knows the place in the file', async () => {
  const offsets: number[] = []
  await collected({ size: 10, fillWith: (_, offset) => void offsets.push(offset) }, 4, 100)
  expect(offsets).toEqual([100, 104, 108])
  await expect(collected({ size: 1.5, fillWith: () => undefined }, 4)).rejects.toThrow(RangeError)
})
