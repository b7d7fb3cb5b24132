/** From the sources to what is given to others: `dist/manila`, a package that needs Node 24 and nothing else. */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { leftovers } from '../dashboard-build/publish.ts'
import { noticesOf } from './notices.ts'
import { bundlePrograms, root, scriptsFolder } from './programs.ts'
import { declareTypes } from './types.ts'

const run = promisify(execFile)

interface Manifest {
  readonly name: string
  readonly version: string
  readonly description: string
  readonly license: string
  readonly engines: Readonly<Record<string, string>>
  readonly bin: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** Modules that outside drivers import: paths below `src` by the name after `manila/`. */
const exported: Readonly<Record<string, string>> = {
  driver: 'storage/contract/driver.ts',
  'driver/conformance': 'storage/contract/conformance.ts',
}
const fileOf = (name: string): string => name.replace('/', '-')

/**
 * Lays the package out in `dir`, which is made anew. `dashboard` is a folder that `buildDashboard` made. Throws a sentence about what is
 * missing.
 */
export async function layOut(dir: string, dashboard: string): Promise<void> {
  if (!existsSync(join(dashboard, 'index.html'))) throw new Error(`no dashboard in ${dashboard}`)
  rmSync(dir, { recursive: true, force: true })
  const names = Object.keys(manifest.bin)
  const { modules, scripts } = await bundlePrograms(
    {
      ...Object.fromEntries(names.map((name) => [name, join(root, 'src/bin', `${name}.ts`)])),
      ...Object.fromEntries(
        Object.entries(exported).map(([name, file]) => [fileOf(name), join(root, 'src', file)]),
      ),
    },
    join(dir, 'lib'),
  )
  mkdirSync(join(dir, 'bin'))
  cpSync(join(import.meta.dirname, 'start.cjs'), join(dir, 'bin/start.cjs'))
  for (const name of names) program(join(dir, 'bin', `${name}.cjs`), name)
  for (const script of scripts) {
    const place = join(dir, scriptsFolder, script)
    mkdirSync(dirname(place), { recursive: true })
    cpSync(join(root, 'src', script), place)
  }
  // What is kept of builds before it is for who has their pages open.
  const old = new Set(leftovers(dashboard).map((name) => join(dashboard, 'assets', name)))
  cpSync(dashboard, join(dir, 'build/dashboard'), {
    recursive: true,
    filter: (from) => !old.has(from) && !basename(from).startsWith('.build.json'),
  })
  for (const file of ['LICENSE', 'README.md']) cpSync(join(root, file), join(dir, file))
  writeFileSync(join(dir, 'THIRD-PARTY-NOTICES'), noticesOf(modules))
  const types = await declareTypes(Object.values(exported), join(dir, 'types'))
  const { name, version, description, license, engines } = manifest
  const own = {
    name,
    version,
    description,
    license,
    type: 'module',
    engines,
    ...(await revision()),
    bin: Object.fromEntries(names.map((one) => [one, `bin/${one}.cjs`])),
    exports: Object.fromEntries(
      Object.keys(exported).map((one, index) => [
        `./${one}`,
        { types: `./types/${types[index]}`, default: `./lib/${fileOf(one)}.mjs` },
      ]),
    ),
  }
  writeFileSync(join(dir, 'package.json'), `${JSON.stringify(own, null, 2)}\n`)
}

function program(file: string, name: string): void {
  writeFileSync(file, `#!/usr/bin/env node\nrequire('./start.cjs').startOnNode('${name}')\n`)
  chmodSync(file, 0o755)
}

/** Which commit it is of, where npm looks for that; nothing outside a checkout. */
async function revision(): Promise<{ readonly gitHead?: string }> {
  try {
    const { stdout } = await run('git', ['-C', root, 'rev-parse', 'HEAD'])
    const changed = await run('git', ['-C', root, 'status', '--porcelain', '--untracked-files=no'])
    return { gitHead: `${stdout.trim()}${changed.stdout === '' ? '' : '-changed'}` }
  } catch {
    return {}
  }
}

/** `npm pack`: `manila-VERSION.tgz` in `into`; answers its path. */
export async function pack(dir: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true })
  for (const old of readdirSync(into)) if (/^manila-.*\.tgz$/.test(old)) rmSync(join(into, old))
  await run('npm', ['pack', resolve(dir), '--pack-destination', resolve(into), '--silent', '--offline'])
  return join(into, `${manifest.name}-${manifest.version}.tgz`)
}
