/**
 * The package as `npm run build` makes it, installed with npm below a folder of its own, and a place to run it where there is no
 * checkout: a mount namespace in which an empty folder lies over the tree, with an empty home and Node 24 first on PATH.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { layOut, pack } from '../../tools/release/package.ts'
import { root } from '../../tools/release/programs.ts'

const run = promisify(execFile)

/** Hides the tree ($1 over $2), then becomes the rest. */
const hidden = 'mount --bind "$1" "$2" && cd / && shift 2 && exec "$@"'

export interface Installed {
  readonly prefix: string
  readonly home: string
  /** Runs a program to its end; what it printed. Rejects when it fails, with that in the message. */
  run(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>
  /** Starts one; resolves when it has printed its first line. */
  start(argv: readonly string[]): Promise<ChildProcess>
}

/** Builds and installs into `dir`. The dashboard is a stand-in unless `dashboard` is a built one. */
export async function installPackage(dir: string, dashboard?: string): Promise<Installed> {
  const standIn = join(dir, 'dashboard')
  mkdirSync(join(standIn, 'assets'), { recursive: true })
  writeFileSync(join(standIn, 'index.html'), '<!doctype html><title>Manila</title>')
  // One asset of this build and one of a build before it, as `publish` leaves them.
  for (const name of ['now.js', 'before.js']) writeFileSync(join(standIn, 'assets', name), '')
  const replaced = { 'before.js': new Date().toISOString() }
  writeFileSync(join(standIn, '.build.json'), JSON.stringify({ sources: '', replaced }))
  await layOut(join(dir, 'manila'), dashboard ?? standIn)
  const tgz = await pack(join(dir, 'manila'), dir)
  const place = await elsewhere(dir)
  const prefix = join(dir, 'prefix')
  await place.run(['npm', 'install', '--global', '--offline', '--prefix', prefix, tgz], {
    npm_config_cache: join(dir, 'npm-cache'),
    npm_config_update_notifier: 'false',
  })
  return { ...place, prefix }
}

/** A place without the checkout: `prefix/bin` and Node first on PATH, an empty home. */
async function elsewhere(dir: string): Promise<Omit<Installed, 'prefix'>> {
  const [home, empty, node] = ['home', 'empty', 'node'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ]
  for (const one of [home, empty, node]) mkdirSync(one, { mode: 0o700 })
  copyFileSync(process.execPath, join(node, 'node'))
  const env = {
    HOME: home,
    PATH: `${join(dir, 'prefix/bin')}:${node}:/usr/sbin:/usr/bin:/sbin:/bin`,
    LANG: 'C.UTF-8',
  }
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user']
  const around = ['unshare', '--mount', ...user, 'sh', '-c', hidden, 'sh', empty, root]
  const command = (argv: readonly string[]): [string, string[]] => [around[0]!, [...around.slice(1), ...argv]]
  return {
    home,
    async run(argv, more = {}) {
      try {
        return (await run(...command(argv), { env: { ...env, ...more } })).stdout
      } catch (error) {
        const { stdout, stderr } = error as { readonly stdout: string; readonly stderr: string }
        throw new Error(`${argv.join(' ')}: ${stdout}${stderr}`, { cause: error })
      }
    },
    async start(argv) {
      const child = spawn(...command(argv), { env, stdio: ['ignore', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
      await new Promise<void>((resolve, reject) => {
        child.stdout.once('data', () => resolve())
        child.once('exit', (code) => reject(new Error(`${argv[0]} ended with ${code}: ${said}`)))
      })
      return child
    },
  }
}
