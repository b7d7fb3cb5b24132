/**
 * `npm run build`: the dashboard in build/dashboard, the programs in dist/manila, and the package of both in dist. `npm run build:deb` makes the
 * Debian package there, too.
 */
import { statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { buildDashboard } from '../dashboard-build/build.ts'
import { buildDebian } from './debian.ts'
import { layOut, pack } from './package.ts'
import { root } from './programs.ts'

// Whatever started this is: otherwise the libraries come as they are for their own developers, slow and large.
process.env.NODE_ENV = 'production'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const megabytes = (file: string): string => (statSync(file).size / 1_000_000).toFixed(1)

const { kept, took } = await buildDashboard()
say(
  `The dashboard is built: ${took} s. ${kept === 0 ? '' : `${kept} files of builds before it are kept for a day. `}The API serves it at /dashboard/.`,
)
const dist = join(root, 'dist')
await layOut(join(dist, 'manila'), join(root, 'build/dashboard'))
const packed = await pack(join(dist, 'manila'), dist)
say(`The programs are bundled: npm install -g ./${relative(root, packed)} (${megabytes(packed)} MB)`)
if (process.argv.includes('--deb')) {
  const deb = await buildDebian(join(dist, 'manila'), dist)
  say(`The Debian package is built: apt install ./${relative(root, deb)} (${megabytes(deb)} MB)`)
}
