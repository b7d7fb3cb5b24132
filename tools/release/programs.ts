/** Bundles the programs: JavaScript that needs Node and nothing else, in a few dozen files of which each start loads what it needs. */
import { existsSync, readdirSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { rolldown, type OutputChunk, type Plugin } from 'rolldown'
import { asciiOnly, leftOutside, partsOfNode } from './bundle-plugins.ts'

export const root = join(import.meta.dirname, '../..')
const sources = join(root, 'src')

/** Where the package has what bundled modules find beside themselves. As deep as `src`, so that `../../` leads to the same place. */
export const scriptsFolder = 'scripts'

export interface Bundled {
  /** Absolute paths of the modules that are in it. */
  readonly modules: readonly string[]
  /** Paths below `src` of the scripts that they run. */
  readonly scripts: readonly string[]
}

/** What these do with their own address is for others: worker threads of transports, which nobody configures here, and subcommands in files. */
const addressUnused =
  /\/node_modules\/(?:pino\/lib\/transport|thread-stream\/index|commander\/lib\/command)\.js$/

/** Bundles `entries` (name to absolute file) into `dir`. Throws a sentence about whatever would be missing when it runs. */
export async function bundlePrograms(
  entries: Readonly<Record<string, string>>,
  dir: string,
): Promise<Bundled> {
  const beside = new Set<string>()
  const bundle = await rolldown({
    input: { ...entries },
    platform: 'node',
    external: [leftOutside],
    plugins: [addressAmongScripts(beside), partsOfNode, asciiOnly],
    logLevel: 'silent',
  })
  // Lines and names stay: a stack in somebody's log says where it was without a map.
  const { output } = await bundle.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
    comments: false,
    // Under the LGPL: whoever wants another one puts it in the place of this file, with what it stands on.
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        {
          name: 'mariadb-connector',
          test: /\/node_modules\/(?:mariadb|denque|iconv-lite|lru-cache|safer-buffer)\/|^\0node:zlib$/,
        },
      ],
    },
  })
  await bundle.close()
  const chunks = output.filter((one) => one.type === 'chunk')
  refuseForeign(chunks)
  refuseCircles(chunks)
  const modules = [...new Set(chunks.flatMap(({ moduleIds }) => moduleIds))].filter((id) =>
    id.startsWith('/'),
  )
  return { modules, scripts: scriptsOf(beside) }
}

/** Modules of ours find scripts beside themselves. In the package each finds them as if it were in `scripts`. */
function addressAmongScripts(beside: Set<string>): Plugin {
  return {
    name: 'address among scripts',
    transform(code: string, id: string) {
      const uses = /\bimport\.meta\.\w+|\b__(?:dirname|filename)\b/.test(code)
      if (!uses || !id.startsWith('/') || addressUnused.test(id)) return null
      if (!id.startsWith(`${sources}/`))
        throw new Error(
          `${relative(root, id)} looks for files beside itself: see what they are before it is bundled`,
        )
      for (const [, name = ''] of code.matchAll(/'([^']+\.(?:sh|pl|py))'/g)) {
        const file = join(dirname(id), name)
        if (!existsSync(file)) throw new Error(`${relative(root, id)} names ${name}, which is not there`)
        beside.add(file)
      }
      const path = `../${scriptsFolder}/${relative(sources, id)}`
      return code
        .replaceAll('import.meta.url', `new URL('${path}', import.meta.url).href`)
        .replaceAll(
          'import.meta.dirname',
          `process.getBuiltinModule('node:path').join(import.meta.dirname, '${dirname(path)}')`,
        )
    },
  }
}

/** The scripts that are named, and those in the same folders: scripts load one another. */
function scriptsOf(named: ReadonlySet<string>): string[] {
  return [...new Set([...named].map((file) => dirname(file)))]
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => /\.(?:sh|pl|py)$/.test(file) && !file.includes('.fixture.'))
    .map((file) => relative(sources, file))
    .toSorted()
}

/** Every import is of Node, or of a file of the bundle. */
function refuseForeign(chunks: readonly OutputChunk[]): void {
  const own = new Set(chunks.map(({ fileName }) => fileName))
  for (const { fileName, imports, dynamicImports } of chunks) {
    for (const one of [...imports, ...dynamicImports]) {
      const known = own.has(one) || one.startsWith('node:') || builtinModules.includes(one)
      if (!known && !leftOutside.test(one))
        throw new Error(`${fileName} imports ${one}, which the package does not hold`)
    }
  }
}

/** A file that needs one which is not there yet fails when it is loaded, not when it is bundled. */
function refuseCircles(chunks: readonly OutputChunk[]): void {
  const imports = new Map(chunks.map(({ fileName, imports }) => [fileName, imports]))
  const done = new Set<string>()
  const visit = (file: string, above: readonly string[]): void => {
    if (above.includes(file))
      throw new Error(`files of the package import one another: ${[...above, file].join(' → ')}`)
    if (done.has(file)) return
    for (const one of imports.get(file) ?? []) visit(one, [...above, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
}
