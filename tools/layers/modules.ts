/** The modules of the tree and what each imports, read from their text. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

export const root = join(import.meta.dirname, '../..')

export interface Import {
  /** As it is written: `../model/share.ts`, `kysely`. */
  readonly specifier: string
  /** Path from the root of the repository; null for a library. */
  readonly target: string | null
  /** `import(…)`: read when it is needed, and not before. */
  readonly lazy: boolean
}

export interface Module {
  /** From the root of the repository: `src/model/share.ts`. */
  readonly path: string
  readonly imports: readonly Import[]
}

/** Every file below a folder of the repository, as paths from its root. */
export function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

export const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** What an import in a comment names is an example. */
export const withoutComments = (text: string): string =>
  text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')

const statement = /(?:from|import)\s*(\(?)\s*'([^']+)'/g

/** What a module imports, types included: whoever reads it has to know them, too. */
export const importsOf = (path: string, text = textOf(path)): Import[] =>
  [...withoutComments(text).matchAll(statement)].map(([, bracket = '', specifier = '']) => ({
    specifier,
    target: specifier.startsWith('.') ? relative(root, resolve(root, dirname(path), specifier)) : null,
    lazy: bracket !== '',
  }))

/** A test, or what only tests use; the conformance kit runs in a driver's tests. */
export const isForTests = (path: string): boolean =>
  /\.(?:test|fixture)\.tsx?$/.test(path) || path.startsWith('src/storage/contract/conformance')

/** The modules below these folders that run in the service, in a tool or in the browser, and not only under a test. */
export const modulesOf = (...folders: readonly string[]): Module[] =>
  folders
    .flatMap(filesBelow)
    .filter((path) => /\.tsx?$/.test(path) && !isForTests(path))
    .map((path) => ({ path, imports: importsOf(path) }))

/** `api`, `main`, `storage/drivers`, `tools/programs`, `dashboard`. */
export function layerOf(path: string): string {
  const [top = '', folder = '', below = ''] = path.replace(/\.tsx?$/, '').split('/')
  if (top === 'dashboard') return top
  if (top !== 'src') return `${top}/${folder}`
  return folder === 'storage' ? `${folder}/${below}` : folder
}
