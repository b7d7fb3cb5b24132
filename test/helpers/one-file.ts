/**
 * The service that tests start and kill, in one file and what that loads only when it is needed. A start from the sources is
 * mostly the loading of some 1,600 modules; this loads the same code in a fifth of the time, and the suite starts it some four
 * hundred times.
 */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { rolldown, type Plugin } from 'rolldown'
import { asciiOnly, leftOutside, partsOfNode } from '../../tools/release/bundle-plugins.ts'

const folder = join(import.meta.dirname, '../../node_modules/.cache/one-file')
/** Modules of ours find scripts beside themselves: each keeps the address it has among the sources. */
const ownAddress: Plugin = {
  name: 'own address',
  transform: (code: string, id: string) =>
    code.includes('import.meta.')
      ? code
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(id)))
      : null,
}

const sources = join(import.meta.dirname, '../../src')

/** Bundles the program `entry` (absolute); answers the file to run instead. */
export async function oneFile(entry: string, name: string): Promise<string> {
  return join(await bundled(name, { [name]: entry }), `${name}.mjs`)
}

/** Bundles the programs of a cluster; answers what stands in for the checkout: they are in its `src/bin`. */
export function bundlePrograms(): Promise<string> {
  const names = ['api', 'scheduler', 'share', 'data', 'manage'].map((role) => `manila-${role}`)
  const input = names.map((name) => [`src/bin/${name}`, join(sources, 'bin', `${name}.ts`)] as const)
  return bundled('programs', Object.fromEntries(input))
}

let made: Promise<string> | null = null

/** As {@link bundlePrograms}, once: `before-all.ts` may have done it for all. */
export async function programs(): Promise<string> {
  return process.env.MANILA_TEST_PROGRAMS ?? (await (made ??= bundlePrograms()))
}

/** Bundles entries (name to absolute file) into a folder of this process; answers the folder. */
async function bundled(name: string, input: Readonly<Record<string, string>>): Promise<string> {
  const bundle = await rolldown({
    input,
    platform: 'node',
    external: [leftOutside],
    plugins: [ownAddress, partsOfNode, asciiOnly],
    logLevel: 'silent',
  })
  // Another run may be reading the earlier one.
  const own = join(folder, `${name}.${process.pid}`)
  mkdirSync(own, { recursive: true })
  // What is imported when it is needed stays a file of its own: no start pays for a database that it doesn't use.
  await bundle.write({
    dir: own,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name].mjs',
    minify: { compress: false, mangle: false, codegen: true },
  })
  await bundle.close()
  for (const old of readdirSync(folder)) {
    const pid = Number(/\.(\d+)$/.exec(old)?.[1] ?? process.pid)
    if (!existsSync(`/proc/${pid}`)) rmSync(join(folder, old), { recursive: true, force: true })
  }
  return own
}
