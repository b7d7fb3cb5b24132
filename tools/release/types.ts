/**
 * What outside drivers written in TypeScript are checked against: declarations of the modules that the package exports, of what those
 * name, and of nothing else. Those of libraries lie among them, so that nobody has to install any.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { root } from './programs.ts'

const run = promisify(execFile)
const libraries = join(root, 'node_modules')

/** `from './errors.ts'`, `import("typebox")`: what is before the name, the name, what is behind. */
const named = /((?:\bfrom |\bimport\(|\bimport )['"])([^'"\n]+)(['"])/g

/**
 * Writes the declarations of `entries` (paths below `src`) and of all they name into `dir`; answers where each entry's lie, below `dir`.
 * The types that are Node's own stay outside. Throws a sentence about a name that leads nowhere.
 */
export async function declareTypes(entries: readonly string[], dir: string): Promise<readonly string[]> {
  const made = mkdtempSync(join(tmpdir(), 'manila-types-'))
  try {
    await run(join(libraries, '.bin/tsc'), ['-p', join(import.meta.dirname, 'types.json'), '--outDir', made])
    const placeOf = (file: string): string =>
      file.startsWith(`${made}/`) ? relative(made, file) : join('libraries', relative(libraries, file))
    const files = entries.map((entry) => join(made, entry.replace(/\.ts$/, '.d.ts')))
    // Grows while it is walked: each file brings those that it names.
    const wanted = new Set(files)
    for (const file of wanted) {
      const text = readFileSync(file, 'utf8').replaceAll(named, (_, before, name: string, after) => {
        if (isBuiltin(name)) return `${before}${name}${after}`
        const other = declarationOf(name, file)
        wanted.add(other)
        return `${before}${asImported(relative(dirname(placeOf(file)), placeOf(other)))}${after}`
      })
      const place = join(dir, placeOf(file))
      mkdirSync(dirname(place), { recursive: true })
      writeFileSync(place, text)
    }
    return files.map(placeOf)
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

function declarationOf(name: string, from: string): string {
  const module = name.startsWith('.') ? join(dirname(from), name) : fileURLToPath(import.meta.resolve(name))
  const file = module.replace(/\.(m?)[jt]s$/, '.d.$1ts')
  if (!existsSync(file)) throw new Error(`${from} names ${name}, of which there are no declarations`)
  return file
}

/** Names of declarations as every TypeScript finds them: by the JavaScript that they are of. */
function asImported(path: string): string {
  const name = path.replace(/\.d\.(m?)ts$/, '.$1js')
  return name.startsWith('.') ? name : `./${name}`
}
