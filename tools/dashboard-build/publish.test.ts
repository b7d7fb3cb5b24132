import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BuiltFolder } from '../../src/api/dashboard/built-folder.ts'
import { compressFiles } from './compress.ts'
import { fingerprint } from './fingerprint.ts'
import { builtFrom, leftovers, publish } from './publish.ts'

let root: string
let dir: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'publish-'))
  dir = join(root, 'build', 'dashboard')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const hour = 3_600_000
const start = Date.parse('2026-11-27T10:00:00Z')

/** A build with these assets, published at that hour. */
function release(
  name: string,
  atHours: number,
  assets: readonly string[],
  others: readonly string[] = [],
): number {
  const made = mkdtempSync(join(root, 'made-'))
  mkdirSync(join(made, 'assets'))
  for (const asset of assets) writeFileSync(join(made, 'assets', asset), asset)
  for (const other of others) writeFileSync(join(made, other), other)
  writeFileSync(join(made, 'index.html'), name)
  return publish(made, dir, { sources: name, now: start + atHours * hour })
}
const assets = (): string[] => readdirSync(join(dir, 'assets')).toSorted()
const page = (): string => readFileSync(join(dir, 'index.html'), 'utf8')

test('assets of the release before stay for a day from when it was replaced, however often it is built meanwhile', () => {
  release('first', 0, ['a-1.js', 'a-1.js.br', 'same.css'])
  expect(assets()).toEqual(['a-1.js', 'a-1.js.br', 'same.css'])
  // A week later: the day begins now.
  expect(release('second', 168, ['a-2.js', 'same.css'])).toBe(2)
  expect([page(), assets()]).toEqual(['second', ['a-1.js', 'a-1.js.br', 'a-2.js', 'same.css']])
  expect(leftovers(dir)).toEqual(['a-1.js', 'a-1.js.br'])
  release('third', 180, ['a-3.js', 'same.css'])
  expect(assets()).toEqual(['a-1.js', 'a-1.js.br', 'a-2.js', 'a-3.js', 'same.css'])
  release('third', 191, ['a-3.js', 'same.css'])
  expect(assets()).toContain('a-1.js')
  release('third', 192, ['a-3.js', 'same.css'])
  expect(assets()).toEqual(['a-2.js', 'a-3.js', 'same.css'])
  release('third', 204, ['a-3.js', 'same.css'])
  expect(assets()).toEqual(['a-3.js', 'same.css'])
})

test('an asset that comes back begins anew', () => {
  release('first', 0, ['a-1.js'])
  release('second', 1, ['a-2.js'])
  release('first', 2, ['a-1.js'])
  release('second', 24, ['a-2.js'])
  release('second', 30, ['a-2.js'])
  expect(assets()).toEqual(['a-1.js', 'a-2.js'])
})

test('without the record everything that is no more in use is kept for a day from now', () => {
  release('first', 0, ['a-1.js'])
  release('second', 1, ['a-2.js'])
  writeFileSync(join(dir, '.build.json'), '{"torn')
  expect(builtFrom(dir)).toBeNull()
  release('second', 48, ['a-2.js'])
  expect(assets()).toEqual(['a-1.js', 'a-2.js'])
  expect(builtFrom(dir)).toBe('second')
})

test('what is beside the page goes with its release', () => {
  release('first', 0, ['a-1.js'], ['icon.svg', 'robots.txt'])
  release('second', 1, ['a-2.js'], ['icon.svg'])
  expect(readdirSync(dir).toSorted()).toEqual(['.build.json', 'assets', 'icon.svg', 'index.html'])
})

test('at every moment the page that is served finds what it names', () => {
  // Each file system call of a publication is a moment: it is stopped before each of them in turn.
  release('old', 0, ['a-1.js'])
  const made = join(root, 'next')
  mkdirSync(join(made, 'assets'), { recursive: true })
  writeFileSync(join(made, 'assets', 'a-2.js'), '')
  // Without its page the publication fails where the page would come: all before it is done.
  expect(() => publish(made, dir, { sources: 'x', now: start })).toThrow('index.html')
  expect([page(), assets()]).toEqual(['old', ['a-1.js', 'a-2.js']])
  const folder = new BuiltFolder(dir, () => 0)
  expect(folder.look()?.files.has('assets/a-1.js')).toBe(true)
})

test('smaller forms are made of texts that are worth it', async () => {
  mkdirSync(join(root, 'assets'))
  const long = 'let a = 1;\n'.repeat(500)
  writeFileSync(join(root, 'assets', 'long.js'), long)
  writeFileSync(join(root, 'assets', 'short.js'), 'let a')
  writeFileSync(join(root, 'assets', 'picture.png'), long)
  await compressFiles(root)
  expect(readdirSync(join(root, 'assets')).toSorted()).toEqual([
    'long.js',
    'long.js.br',
    'long.js.gz',
    'picture.png',
    'short.js',
  ])
  expect(brotliDecompressSync(readFileSync(join(root, 'assets', 'long.js.br'))).toString()).toBe(long)
  expect(gunzipSync(readFileSync(join(root, 'assets', 'long.js.gz'))).toString()).toBe(long)
})

test('the fingerprint is of what a build is made of', () => {
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  write('dashboard/pages/list.tsx', 'a')
  write('src/model/states.ts', 'b')
  const first = fingerprint(root)
  write('src/api/server.ts', 'c')
  write('dashboard/pages/list.test.tsx', 'c')
  expect(fingerprint(root)).toBe(first)
  const others = [
    ['dashboard/pages/list.tsx', 'A'],
    ['src/model/states.ts', 'B'],
    ['package-lock.json', '{}'],
    ['src/sdk/new.ts', ''],
  ] as const
  const seen = new Set([first])
  for (const [path, text] of others) {
    write(path, text)
    seen.add(fingerprint(root))
  }
  expect(seen.size).toBe(5)
  expect(existsSync(dir)).toBe(false)
})
