/** Over NFS a backend of plain directories serves only from a file system that holds nothing else. Mounts need root. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { hostLock } from '../../../exec/host-lock.ts'
import { localExec } from '../../../exec/local.ts'
import { mounts } from '../../host/mountinfo.ts'
import { directoryOptions } from './config.ts'
import { driver as directory } from './index.ts'
import type { CallContext } from '../../contract/driver.ts'

const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const call = (): CallContext => {
  const signal = new AbortController().signal
  return { log, deadlineMs: 30_000, signal, fence: null, progress: () => undefined }
}
const hardened = 'nodev,nosuid,nosymfollow'
let dir: string

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'manila-exposes-')))
})
afterEach(() => {
  for (const { path } of [...mounts()].reverse())
    if (path.startsWith(`${dir}/`)) execFileSync('umount', [path])
  rmSync(dir, { recursive: true, force: true })
})

function driverAt(path?: string) {
  const options = Value.Parse(directoryOptions, {
    ...(Value.Default(directoryOptions, {}) as object),
    ...(path && { path }),
  })
  return directory.create(options, {
    exec: localExec(),
    log,
    backend: 'alpha',
    dir,
    lock: hostLock,
    now: () => 0,
  })
}
function mounted(name: string, options = hardened): string {
  const path = join(dir, name)
  mkdirSync(path)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=1m,${options}`, 'none', path])
  return path
}

describe.skipIf(process.getuid?.() !== 0)('what clients could reach besides shares', () => {
  test('a file system for shares alone shows nothing else, also once there are shares', async () => {
    const path = mounted('own')
    const driver = driverAt(path)
    expect(await driver.exposes?.(call())).toBeNull()
    await driver.setup(call())
    const share = { id: '33333333-3333-4333-8333-333333333333', pool: 'directory', state: {}, sizeGib: 1 }
    await driver.create(call(), share as never)
    mkdirSync(join(path, 'lost+found'))
    expect(await driver.exposes?.(call())).toBeNull()
    writeFileSync(join(path, 'token-key.json'), 'secret')
    expect(await driver.exposes?.(call())).toContain('token-key.json')
  })

  test('a folder of the host, its absence, and a folder of a file system mounted elsewhere are refused', async () => {
    expect(await driverAt().exposes?.(call())).toContain('not the top of its own file system')
    expect(await driverAt(join(dir, 'nowhere')).exposes?.(call())).toContain('not the top')
    const below = join(mounted('whole'), 'below')
    const bound = join(dir, 'bound')
    for (const path of [below, bound]) mkdirSync(path)
    execFileSync('mount', ['--bind', '-o', hardened, below, bound])
    expect(await driverAt(bound).exposes?.(call())).toContain('not the top of its own file system')
    symlinkSync('/', join(dir, 'link'))
    expect(await driverAt(join(dir, 'link')).exposes?.(call())).not.toBeNull()
  })

  test.each(['nodev,nosuid', 'nodev,nosymfollow', 'nosuid,nosymfollow'])(
    'mounted with %s alone it is refused: what clients plant there would count',
    async (options) => {
      const lacking = hardened.split(',').find((option) => !options.split(',').includes(option))
      expect(await driverAt(mounted('own', options)).exposes?.(call())).toContain(`without ${lacking}.`)
    },
  )

  test('what a client plants in the place of a share is neither followed nor served', async () => {
    const path = mounted('own')
    const driver = driverAt(path)
    await driver.setup(call())
    const canary = join(dir, 'canary')
    mkdirSync(canary, { mode: 0o700 })
    writeFileSync(join(canary, 'file'), 'untouched')
    const share = {
      id: '44444444-4444-4444-8444-444444444444',
      pool: 'directory',
      state: {},
      sizeGib: 1,
    } as never
    symlinkSync(canary, join(path, '44444444-4444-4444-8444-444444444444'))
    for (const verb of ['create', 'ensure', 'delete'] as const)
      await expect(driver[verb](call(), share)).rejects.toMatchObject({ reason: 'not-found' })
    const facts = execFileSync('stat', ['-c', '%a %n', canary, join(canary, 'file')], { encoding: 'utf8' })
    expect(facts).toBe(`700 ${canary}\n644 ${join(canary, 'file')}\n`)
  })
})
