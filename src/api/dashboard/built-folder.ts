/**
 * The built dashboard as a list of files. What a request names is looked up in the list and never becomes a path. The list is made
 * anew when the build changed; a build puts assets there before the page that names them, and takes old ones away a day later.
 */
import { hash } from 'node:crypto'
import { lstatSync, readdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

export type Encoding = 'br' | 'gzip'

export interface Content {
  readonly bytes: Buffer
  /** Quoted, as the header has it; of the content, so that every process says the same. */
  readonly etag: string
}

/** One file, and the smaller forms of it that the build has made. */
export class BuiltFile {
  readonly type: string
  readonly encodings: ReadonlyMap<Encoding, string>
  readonly #path: string
  readonly #contents = new Map<string, Promise<Content>>()

  constructor(path: string, type: string, encodings: ReadonlyMap<Encoding, string>) {
    this.#path = path
    this.type = type
    this.encodings = encodings
  }

  /** Read once. Null when it is gone. */
  async content(encoding: Encoding | null): Promise<Content | null> {
    const path = encoding === null ? this.#path : (this.encodings.get(encoding) ?? this.#path)
    const known = this.#contents.get(path) ?? read(path)
    this.#contents.set(path, known)
    try {
      return await known
    } catch {
      this.#contents.delete(path)
      return null
    }
  }
}

async function read(path: string): Promise<Content> {
  const bytes = await readFile(path)
  return { bytes, etag: `"${hash('sha256', bytes, 'base64url').slice(0, 22)}"` }
}

export interface BuiltFiles {
  /** The page itself, with its placeholders. */
  readonly page: BuiltFile
  /** By name below the folder: `assets/index-abc123.js`, `icon.svg`. */
  readonly files: ReadonlyMap<string, BuiltFile>
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

const smaller: readonly (readonly [Encoding, string])[] = [
  ['br', '.br'],
  ['gzip', '.gz'],
]

/** Files of a build and of those before it that are still served; a folder with more is another one. */
const maxFiles = 5000
/** Microseconds between two looks at the folder. */
const lookEveryUs = 1_000_000

export class BuiltFolder {
  readonly #dir: string
  readonly #now: () => number
  #files: BuiltFiles | null = null
  #mark: string | null = null
  #lookedAt = -Infinity

  /** `now` in microseconds. */
  constructor(dir: string, now: () => number) {
    this.#dir = dir
    this.#now = now
  }

  /** Null while nothing is built there. Looks at the folder at most once a second, and reads its names only when it changed. */
  look(): BuiltFiles | null {
    const now = this.#now()
    if (now - this.#lookedAt < lookEveryUs) return this.#files
    this.#lookedAt = now
    const mark = ['index.html', 'assets'].map((name) => markOf(join(this.#dir, name))).join(' ')
    if (mark === this.#mark) return this.#files
    this.#mark = mark
    this.#files = list(this.#dir)
    return this.#files
  }
}

/** Another text for another file, or another content of the same; `-` without one. */
function markOf(path: string): string {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found === undefined ? '-' : `${found.ino}:${found.mtimeMs}:${found.size}`
}

function list(dir: string): BuiltFiles | null {
  const paths = new Map(
    [...namesIn(dir, ''), ...namesIn(dir, 'assets')].map((name) => [name, join(dir, name)]),
  )
  const files = new Map<string, BuiltFile>()
  for (const [name, path] of paths) {
    const type = types[extname(name)]
    if (type === undefined) continue
    const made = smaller.flatMap(([encoding, ending]): [Encoding, string][] => {
      const there = paths.get(`${name}${ending}`)
      return there === undefined ? [] : [[encoding, there]]
    })
    files.set(name, new BuiltFile(path, type, new Map(made)))
  }
  const page = files.get('index.html')
  files.delete('index.html')
  return page === undefined ? null : { page, files }
}

/** Names of plain files; what is a link may lead anywhere. */
function namesIn(dir: string, below: string): string[] {
  try {
    const folder = join(dir, below)
    if (!lstatSync(folder).isDirectory() && below !== '') return []
    const entries = readdirSync(folder, { withFileTypes: true })
    if (entries.length > maxFiles) return []
    return entries
      .filter((entry) => entry.isFile() && /^[\w-][\w.-]*$/.test(entry.name))
      .map(({ name }) => (below === '' ? name : `${below}/${name}`))
  } catch {
    // Nothing is built, or it is being replaced: the next look finds it.
    return []
  }
}
