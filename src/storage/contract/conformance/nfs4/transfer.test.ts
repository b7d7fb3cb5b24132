/** What a transfer makes of a server that takes less than it is given, refuses, stalls and restarts. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NfsError } from './nfs-error.ts'
import { chunksOf } from './sources.ts'
import { readChunks, writeChunks } from './transfer.ts'
import { XdrReader, XdrWriter } from './xdr.ts'
import type { Operation } from './operations.ts'
import type { OpenFile, Session } from './session.ts'

const file: OpenFile = {
  handle: Buffer.from('h'),
  stateId: Buffer.alloc(16),
  owner: { name: 'o', sequence: 1 },
}

/** What the server does with one WRITE: takes so many bytes at most, or refuses. */
type Answer = number | 'NFS4ERR_DQUOT'

/** A server with a file in memory; a WRITE takes the next answer, or everything when there is none left. */
function server(answers: Answer[] = [], { limit = Infinity, restartAfter = Infinity } = {}) {
  const stored = new Map<number, number>()
  let calls = 0
  let commits = 0
  const verifier = () => Buffer.alloc(8, calls > restartAfter ? 2 : 1)
  const answer = (operation: Operation<unknown>): unknown => {
    calls++
    const args = new XdrWriter()
    operation.write(args)
    const reader = new XdrReader(Buffer.concat(args.pieces()))
    if (operation.name === 'COMMIT') {
      commits++
      return verifier()
    }
    reader.fixed(16)
    const offset = reader.size()
    if (operation.name === 'READ') {
      const bytes = Buffer.from([...stored.values()].slice(offset, offset + Math.min(reader.u32(), limit)))
      return { end: offset + bytes.length >= stored.size, bytes }
    }
    reader.u32()
    const bytes = reader.opaque()
    const next = answers.shift() ?? bytes.length
    if (next === 'NFS4ERR_DQUOT') throw new NfsError(next, 'full')
    const count = Math.min(next, bytes.length)
    for (let index = 0; index < count; index++) stored.set(offset + index, bytes[index] ?? 0)
    return { count, verifier: verifier() }
  }
  const session = {
    async compound(operations: readonly Operation<unknown>[]) {
      const last = operations.at(-1) as Operation<unknown>
      // Answers come later than the next calls are sent.
      await new Promise((resolve) => setImmediate(resolve))
      return [undefined, answer(last)]
    },
  } as unknown as Session
  return { session, stored, commits: () => commits }
}

const content = (length: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 251))

describe('writing', () => {
  test('every byte is stored at its place, or the error tells how many are without a gap', async () => {
    const answer: fc.Arbitrary<Answer> = fc.oneof(
      { weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) },
      { weight: 1, arbitrary: fc.constant('NFS4ERR_DQUOT' as const) },
    )
    await fc.assert(
      fc.asyncProperty(fc.nat(80), fc.array(answer, { maxLength: 40 }), async (length, answers) => {
        const bytes = content(length)
        const { session, stored, commits } = server(answers)
        const seen: number[] = []
        const result = await writeChunks(session, file, chunksOf(bytes, 8), 0, (count) =>
          seen.push(count),
        ).catch((error: unknown) => error as NfsError)
        const count = result instanceof NfsError ? (result.bytesWritten ?? -1) : result
        if (!(result instanceof NfsError)) expect(count).toBe(length)
        expect(count).toBeGreaterThanOrEqual(seen.at(-1) ?? 0)
        expect(commits()).toBe(1)
        for (let at = 0; at < count; at++) expect(stored.get(at)).toBe(bytes[at])
        // A refused byte right after the prefix is what made it end.
        if (result instanceof NfsError) expect(stored.has(count)).toBe(false)
      }),
    )
  })

  test('a server that restarts in between loses nothing unnoticed', async () => {
    const { session } = server([], { restartAfter: 5 })
    const writing = writeChunks(session, file, chunksOf(content(100), 8), 0, () => undefined)
    await expect(writing).rejects.toMatchObject({ code: 'CONNECTION', bytesWritten: 0 })
  })

  test('a source that fails ends the write with its own error', async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield content(8)
      throw new TypeError('no more')
    }
    const { session, stored } = server()
    await expect(writeChunks(session, file, source(), 0, () => undefined)).rejects.toThrow(TypeError)
    expect(stored.size).toBe(8)
  })

  test('a server that takes nothing is not asked for ever', async () => {
    const { session } = server([0])
    const writing = writeChunks(session, file, chunksOf(content(4), 8), 0, () => undefined)
    await expect(writing).rejects.toMatchObject({ code: 'PROTOCOL' })
  })
})

test('reading gives every byte once and in order, however short the answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(100), fc.integer({ min: 1, max: 12 }), async (length, limit) => {
      const bytes = content(length)
      const { session, stored } = server([], { limit })
      for (const [at, byte] of bytes.entries()) stored.set(at, byte)
      const pieces: Buffer[] = []
      for await (const piece of readChunks(session, file, 8)) pieces.push(piece)
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
    }),
  )
})
