/** Smaller forms of what is sent often, made once: nothing is compressed while somebody waits. */
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'

const [br, gz] = [promisify(brotliCompress), promisify(gzip)]

/** Pictures and fonts are compressed already. */
const texts: ReadonlySet<string> = new Set(['.css', '.js', '.json', '.svg', '.txt', '.wasm', '.webmanifest'])
/** Below it a packet is a packet. */
const worthBytes = 1000

/** Makes `x.br` and `x.gz` beside each `x` below `dir` for which it is worth it. */
export async function compressFiles(dir: string): Promise<void> {
  const names = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  const worth = names.filter(
    (name) => texts.has(extname(name)) && statSync(join(dir, name)).size >= worthBytes,
  )
  // Four threads of the pool take them in turn.
  await Promise.all(worth.map((name) => compress(join(dir, name))))
}

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path)
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
  const forms = [
    ['.br', await br(bytes, { params })],
    ['.gz', await gz(bytes, { level: 9 })],
  ] as const
  for (const [ending, made] of forms) if (made.length < bytes.length) writeFileSync(`${path}${ending}`, made)
}
