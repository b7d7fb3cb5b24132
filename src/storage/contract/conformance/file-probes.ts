import { createCipheriv, createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { MIB } from './bench.ts'
import type { Content, Place, Probes } from './target.ts'

const headerBytes = 256

/**
 * Probes for real trees: one file per tree, named `payload`, that begins with what it is and goes on with bytes that
 * neither compress nor deduplicate. It is written in place and synced, so that a limit shows. Runs in the process of
 * the kit: use it only where a hanging file system may hang the test.
 */
export function fileProbes(): Probes {
  return { write, read }
}

async function write(place: Place, content: Content): Promise<'written' | 'full'> {
  const path = payloadOf(place)
  const file = await open(path, 'r+').catch(() => open(path, 'w+'))
  try {
    const there = await headerOf(file)
    // Content of the same seed begins alike: what is there of it isn't written again, but for the header.
    const kept = there?.seed === content.seed ? Math.min(there.bytes, (await file.stat()).size) : 0
    for (const [offset, block] of blocks(content)) {
      if (offset === 0 || offset + block.length > kept) await file.write(block, 0, block.length, offset)
    }
    await file.truncate(content.bytes)
    await file.sync()
    return 'written'
  } catch (error) {
    if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) return 'full'
    throw error
  } finally {
    // A file system over its limit may refuse the flush on close as well; the first error has been seen.
    await file.close().catch(() => {})
  }
}

async function read(place: Place): Promise<Content | null> {
  let file: FileHandle
  try {
    file = await open(payloadOf(place), 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    const content = await headerOf(file)
    if (content === null) throw new Error(`${payloadOf(place)} does not say what it holds`)
    const { size } = await file.stat()
    if (size !== content.bytes) throw new Error(`${payloadOf(place)} has ${size} bytes, not ${content.bytes}`)
    const buffer = Buffer.alloc(MIB)
    for (const [offset, block] of blocks(content)) {
      const there = buffer.subarray(0, block.length)
      await file.read(there, 0, block.length, offset)
      if (!there.equals(block)) throw new Error(`${payloadOf(place)} is damaged in the MiB at ${offset}`)
    }
    return content
  } finally {
    await file.close()
  }
}

/** What the file says it holds; null when it says nothing. */
async function headerOf(file: FileHandle): Promise<Content | null> {
  const header = Buffer.alloc(headerBytes)
  const { bytesRead } = await file.read(header, 0, headerBytes, 0)
  try {
    return JSON.parse(header.toString('utf8', 0, bytesRead).trimEnd()) as Content
  } catch {
    return null
  }
}

function payloadOf({ id, tree }: Place): string {
  if (!tree) throw new Error(`${id} has no tree: a driver of a native protocol needs probes of its own`)
  return join(tree.path, 'payload')
}

const pageBytes = 4096

/**
 * The file as `[offset, bytes]`, a MiB at a time. Every page is the same noise under a stamp of its own: nothing repeats
 * within a page, and no page is another's, which is all that a file system looks for.
 */
function* blocks(content: Content): Generator<[number, Buffer]> {
  const key = createHash('sha256').update(content.seed).digest()
  const block = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(MIB))
  for (let offset = 0; offset < content.bytes; offset += MIB) {
    for (let page = 0; page < MIB; page += pageBytes) block.writeDoubleLE(offset + page, page)
    const bytes = block.subarray(0, Math.min(MIB, content.bytes - offset))
    yield [offset, offset === 0 ? headed(bytes, content) : bytes]
  }
}

function headed(bytes: Buffer, content: Content): Buffer {
  const first = Buffer.from(bytes)
  Buffer.from(JSON.stringify(content).padEnd(headerBytes)).copy(first)
  return first
}
