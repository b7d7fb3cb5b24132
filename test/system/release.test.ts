/** What is given to others works where nothing of ours is: installed with npm, the checkout out of reach, no package beside Node. */
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { isDriverError } from '../../src/storage/contract/driver.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { buildDebian } from '../../tools/release/debian.ts'
import { root } from '../../tools/release/programs.ts'
import { bareDebian, follow, type BareDebian, type Followed } from '../helpers/bare-debian.ts'
import { installPackage, type Installed } from '../helpers/installed.ts'
import { long } from '../helpers/long.ts'
import { obstacleOf } from './nfs-bench.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-release-'))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
}
let place: Installed
beforeAll(async () => {
  place = await installPackage(dir)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const own = (): string => join(place.prefix, 'lib/node_modules/manila')

describe('the package', () => {
  test('holds programs that need nothing beside Node, and no TypeScript but declarations', () => {
    const { dependencies, gitHead, bin } = JSON.parse(readFileSync(join(own(), 'package.json'), 'utf8')) as {
      readonly dependencies?: unknown
      readonly gitHead?: string
      readonly bin: object
    }
    expect(dependencies).toBeUndefined()
    expect(gitHead).toMatch(/^[0-9a-f]{40}(?:-changed)?$/)
    expect(Object.keys(bin)).toEqual(Object.keys(manifest.bin))
    const names = readdirSync(own(), { recursive: true, encoding: 'utf8' })
    expect(names.filter((name) => /(?<!\.d)\.tsx?$|\/node_modules\//.test(name))).toEqual([])
    expect(names).toContain('scripts/exec/launcher.pl')
    expect(readdirSync(join(own(), 'build/dashboard')).toSorted()).toEqual(['assets', 'index.html'])
    expect(readdirSync(join(own(), 'build/dashboard/assets'))).toEqual(['now.js'])
  })

  test('says whose libraries are in it, with their licences', () => {
    const text = readFileSync(join(own(), 'THIRD-PARTY-NOTICES'), 'utf8')
    for (const name of ['fastify', 'pg', 'mariadb', 'kysely', 'commander', '@opentelemetry/api'])
      expect(text).toMatch(
        new RegExp(`^${name} [0-9.]+ \\((?:MIT|Apache-2\\.0|LGPL-2\\.1-or-later)\\)$`, 'm'),
      )
    expect(text).not.toContain('no licence named')
  })

  test('the checkout is out of reach where it runs', async () => {
    await expect(place.run(['cat', join(root, 'package.json')])).rejects.toThrow('No such file')
    expect(await place.run(['manila', '--version'])).toBe(`${manifest.version}\n`)
  })

  test.each(Object.keys(manifest.bin).filter((name) => name !== 'manila'))(
    '%s starts, and says what it lacks',
    async (name) => {
      const argv =
        name === 'manila-status' ? ['upgrade', 'check'] : name === 'manila-manage' ? ['config', 'check'] : []
      await expect(place.run([name, ...argv, '--config', '/nowhere.toml'])).rejects.toThrow(
        /\/nowhere\.toml: ENOENT/,
      )
    },
  )

  test.each(Object.keys(manifest.bin))(
    '%s says its version, and a sentence about an unknown option',
    async (name) => {
      expect(await place.run([name, '--version'])).toBe(`${manifest.version}\n`)
      // A reader that is gone by then is no error.
      const unread = `exec 3>&1; { sleep 0.2; ${name} --version 2>&3; } | true`
      expect(await place.run(['sh', '-c', unread])).toBe('')
      const said = await place.run([name, '--unheard-of']).catch((error: unknown) => String(error))
      expect(said).toMatch(/unknown option '--unheard-of'/i)
      expect(said).not.toMatch(/^ +at /m)
    },
  )

  /** A folder of somebody else's, in which the package is installed. */
  const outsider = (): string => {
    const outside = mkdtempSync(join(dir, 'outside-'))
    mkdirSync(join(outside, 'node_modules'))
    symlinkSync(own(), join(outside, 'node_modules/manila'))
    return outside
  }

  test('an outside driver finds the contract and the kit, and what it throws is known here', async () => {
    const outside = outsider()
    const file = join(outside, 'try.mjs')
    writeFileSync(
      file,
      `import { DriverError, driverFactory } from 'manila/driver'
import { conformance } from 'manila/driver/conformance'
console.log(typeof driverFactory, typeof conformance, new DriverError('full', 'no-room-here').outcome)`,
    )
    expect(await place.run(['node', file])).toBe('function function no-room-here\n')
    const { DriverError } = (await import(join(own(), 'lib/driver.mjs'))) as {
      readonly DriverError: new (message: string, outcome: string) => Error
    }
    expect(isDriverError(new DriverError('full', 'no-room-here'))).toBe(true)
  })

  test('an outside driver in TypeScript is checked against the contract, and needs the types of Node alone', async () => {
    const outside = outsider()
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2024',
      module: 'nodenext',
      types: ['node'],
    }
    writeFileSync(join(outside, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(outside, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
    cpSync(join(import.meta.dirname, 'outside-driver.ts'), join(outside, 'driver.ts'))
    // The compiler, too: where it runs there is no checkout.
    for (const name of ['typescript', '@typescript', '@types/node', 'undici-types'])
      cpSync(join(root, 'node_modules', name), join(outside, 'node_modules', name), { recursive: true })
    const compiler = join(outside, 'node_modules/typescript/bin/tsc')
    await place.run(['node', compiler, '--checkers', '1', '--project', outside])
  })

  test('an older Node is told what is wanted', async () => {
    const old = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.1.0'}})`
    await expect(
      place.run(['node', '--import', old, join(own(), 'bin/manila.cjs'), '--version']),
    ).rejects.toThrow('manila needs Node 24 or newer and this is 20.1.0')
  })

  test('compiled code is kept in a home of its own, and in none that others may write to', async () => {
    const kept = (home: string): boolean => existsSync(join(home, '.cache/manila/compiled'))
    expect(kept(place.home)).toBe(true)
    const shared = mkdtempSync(join(dir, 'shared-'))
    await place.run(['chmod', '0777', shared])
    await place.run(['manila', 'share', '--help'], { HOME: shared })
    expect(kept(shared)).toBe(false)
  })
})

const lacks = obstacleOf('image')
describe.skipIf(lacks !== null)(`five lines of configuration (${lacks ?? 'image and NFS-Ganesha'})`, () => {
  test('serve, and make a share of real storage', async () => {
    // Whatever it leaves running and attached is ended with its folder.
    const storage = scratch()
    onTestFinished(() => storage.clean())
    const [port, nfs, metrics] = [await freePort(), await freePort(), await freePort()]
    const config = join(storage.dir, 'manila.toml')
    writeFileSync(
      config,
      `state_dir = "${join(storage.dir, 's')}"
api.port = ${port}
metrics.port = ${metrics}
backends.pool1 = { driver = "image", exporter = "ganesha", driver_options = { loop_file = "${join(storage.dir, 'pool')}", size_gib = 4 }, exporter_options = { bind_address = "127.0.0.1", port = ${nfs} } }
shares.default_share_type = "default"
`,
    )
    const [, password = ''] =
      /password: (\S+)/.exec(await place.run(['manila-manage', '--config', config, 'bootstrap'])) ?? []
    const service = await place.start(['manila-all', '--config', config])
    try {
      const env = {
        OS_AUTH_URL: `http://127.0.0.1:${port}/identity/v3`,
        OS_USERNAME: 'admin',
        OS_PASSWORD: password,
        OS_PROJECT_NAME: 'admin',
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_NAME: 'Default',
      }
      const manila = (...argv: string[]): Promise<string> => place.run(['manila', ...argv], env)
      await manila('type', 'create', 'default', 'false')
      // The pool is made while it serves already.
      await expect.poll(() => manila('pool', 'list'), { timeout: 60_000 }).toContain('@pool1#')
      await manila('share', 'create', 'NFS', '1', '--name', 'mine', '--wait')
      expect(await manila('share', 'show', 'mine', '--format', 'value', '--column', 'status')).toBe(
        'available\n',
      )
      const page = await fetch(`http://127.0.0.1:${port}/dashboard/`)
      expect([page.status, await page.text()]).toEqual([
        200,
        expect.stringContaining('<title>Manila</title>'),
      ])
      await manila('share', 'delete', 'mine', '--wait')
    } finally {
      const ended = once(service, 'exit')
      service.kill('SIGTERM')
      await ended
    }
  })
})

if (long) {
  describe('a Debian with nothing in it', () => {
    let debian: BareDebian
    let followed: Followed
    beforeAll(async () => {
      await buildDebian(join(dir, 'manila'), mkdtempSync(join(dir, 'dist-')))
      const context = mkdtempSync(join(dir, 'context-'))
      mkdirSync(join(context, 'dist'))
      const [deb = ''] = globSync(join(dir, 'dist-*/*.deb'))
      renameSync(deb, join(context, 'dist', basename(deb)))
      debian = await bareDebian(join(dir, 'debian'))
      // OpenStack's client has a program of that name.
      const other = join(debian.dir, 'usr/bin/manila')
      writeFileSync(other, '#!/bin/sh\necho another\n', { mode: 0o755 })
      followed = await follow(join(root, 'Dockerfile'), context, debian)
    }, 900_000)
    afterAll(() => debian.remove())

    test('the Dockerfile gives an image whose programs run as nobody in particular', async () => {
      const { user, command } = followed
      expect([user, command[0]]).toEqual(['manila', 'manila-api'])
      expect(await debian.run(['manila', '--version'], { user })).toBe(`${manifest.version}\n`)
      expect(await debian.run(['manila.python3-manilaclient'], { user })).toBe('another\n')
      // One process of several needs a database for several.
      await expect(debian.run(command, { user })).rejects.toThrow(/set \[database\] url/)
    })

    test('what it configures serves', async () => {
      const ask = `fetch('http://127.0.0.1:8786/healthcheck').then((one) => process.exit(one.status === 200 ? 0 : 1), () => process.exit(1))`
      const script = `manila-all --config /etc/manila/manila.toml > /tmp/said & until node -e "$1" 2> /dev/null; do kill -0 $! || exit 1; done; cat /tmp/said; kill $!; wait`
      const path = 'PATH=/usr/lib/manila/node/bin:/usr/bin:/bin'
      expect(
        await debian.run(['env', path, 'sh', '-c', script, 'sh', ask], { user: followed.user }),
      ).toContain('manila serves at http://127.0.0.1:8786\n')
      expect(existsSync(join(debian.dir, 'var/lib/manila/manila.db'))).toBe(true)
    })

    test('purging it takes away what it brought, and nothing of what people keep', async () => {
      writeFileSync(join(debian.dir, 'var/lib/manila/pool1.img'), 'precious')
      await debian.run(['dpkg', '--purge', 'manila'])
      expect(readFileSync(join(debian.dir, 'var/lib/manila/pool1.img'), 'utf8')).toBe('precious')
      expect(existsSync(join(debian.dir, 'var/lib/manila/manila.db'))).toBe(true)
      expect(await debian.run(['manila'])).toBe('another\n')
      const search =
        'find /etc /usr /var -xdev -name *manila* -not -path /var/lib/manila/* -not -path /usr/share/zoneinfo/*'
      const left = await debian.run(search.split(' '))
      expect(left.trim().split('\n').toSorted()).toEqual(['/usr/bin/manila', '/var/lib/manila'])
      expect(await debian.run(['getent', 'passwd', 'manila'])).toMatch(/^manila:/)
    })
  })
}
