/**
 * A client with a forged handle writes where it likes in the pool of subvolumes, as root. So: whatever is planted in and
 * around a share, every operation of the driver leaves everything outside the pool as it is.
 *
 * Outside is another btrfs with subvolumes under all the names that the driver uses, so that whoever is led there finds
 * something to delete, rename, limit or mount.
 */
import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  constants,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commandsOf } from '../../host/commands.ts'
import { hardenings } from '../../host/hardened.ts'
import { mounts } from '../../host/mountinfo.ts'
import { driver as btrfs } from './index.ts'
import { deleteSubvolume } from './pool.ts'
import { call, cannotRun, complete, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { Parts, ShareRef, SnapshotRef, StorageDriver } from '../../contract/driver.ts'

const run = (...argv: string[]): string =>
  execFileSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

/** Every name below `top` with all that `stat` tells of it but when it was read, and every content. */
function digest(top: string): string {
  const sum = createHash('sha256')
  const all = ['.', ...readdirSync(top, { recursive: true, encoding: 'utf8' }).sort()]
  for (const name of all) {
    const path = join(top, name)
    const { mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs } = lstatSync(path, { bigint: true })
    sum.update(JSON.stringify([name, ...[mode, uid, gid, ino, nlink, size, mtimeNs, ctimeNs].map(String)]))
    if (lstatSync(path).isFile()) sum.update(readFileSync(path))
    if (lstatSync(path).isSymbolicLink()) sum.update(readlinkSync(path))
  }
  sum.update(run('btrfs', 'qgroup', 'show', '-r', '--raw', top))
  return sum.digest('hex')
}

describe.skipIf(cannotRun !== null)(`planted in a pool${cannotRun === null ? '' : ` (${cannotRun})`}`, () => {
  let bench: ReturnType<typeof scratch>
  let parts: Parts
  let driver: StorageDriver
  let manila: string
  let outside: string
  let before: string
  const ids = { share: randomUUID(), clone: randomUUID(), snapshot: randomUUID() }
  const taken = { share: randomUUID(), snapshot: randomUUID() }
  let share: ShareRef
  let snapshot: SnapshotRef

  const make = async (): Promise<StorageDriver> => {
    const options = { loop_file: join(bench.dir, 'pool.img'), size_gib: 3 }
    const made = btrfs.create(complete(btrfs.options, options), parts)
    await made.setup(call())
    return made
  }

  beforeAll(async () => {
    bench = scratch()
    parts = bench.parts('alpha')
    driver = await make()
    manila = join(bench.dir, 'alpha/pool/manila')
    share = shareRef(ids.share)
    share = { ...share, state: (await driver.create(call(), share)).state }
    snapshot = snapshotRef(ids.snapshot, share)
    snapshot = { ...snapshot, ...(await driver.snapshots?.create(call(), snapshot)) }
    outside = join(bench.dir, 'outside')
    makeOutside()
    before = digest(outside)
  })
  afterAll(() => bench?.clean())

  function makeOutside(): void {
    const image = join(bench.dir, 'outside.img')
    run('truncate', '--size', '512M', image)
    run('mkfs.btrfs', '--quiet', image)
    mkdirSync(outside)
    run('mount', '-o', 'loop', image, outside)
    run('btrfs', 'quota', 'enable', outside)
    const made = [ids.share, ids.clone, taken.share].flatMap((id) => [
      `shares/${id}`,
      `staging/${id}.create`,
      `staging/${id}.revert`,
      `trash/${id}.257`,
    ])
    const all = [...made, `snapshots/${ids.snapshot}`, `snapshots/${taken.snapshot}`, 'other', 'frozen']
    for (const folder of ['shares', 'staging', 'trash', 'snapshots', 'records'])
      mkdirSync(join(outside, folder))
    for (const path of all) {
      run('btrfs', '-q', 'subvolume', 'create', join(outside, path))
      writeFileSync(join(outside, path, 'victim'), path)
    }
    for (const what of ['revert', 'managed', 'revert.new'])
      writeFileSync(join(outside, 'records', `${ids.share}.${what}`), '{"from":"victim"}\n')
    run('sync', '--file-system', outside)
  }

  /** Each operation of the contract once; most fail, which is as good. Answers how many there were. */
  async function everything(): Promise<number> {
    const clone = shareRef(ids.clone)
    const foreign = shareRef(taken.share)
    const unmanaged: SnapshotRef = { ...snapshotRef(taken.snapshot, share), sizeGib: 1 }
    const ofShare = snapshotRef(randomUUID(), share)
    const calls: (() => Promise<unknown> | undefined)[] = [
      () => driver.ensure(call(), share),
      () => driver.create(call(), share),
      () => driver.extend(call(), share, 2),
      () => driver.shrinks?.shrink(call(), { ...share, sizeGib: 2 }, 1),
      () => driver.snapshots?.create(call(), ofShare),
      () => driver.mountsSnapshots?.tree(call(), snapshot),
      () => driver.mountsSnapshots?.release(call(), snapshot),
      () => driver.clones?.clone(call(), clone, snapshot),
      () => driver.reverts?.revert(call(), share, snapshot, randomUUID()),
      () => driver.manages?.manage(call(), foreign, 'other', {}),
      () => driver.manages?.unmanage(call(), foreign),
      () => driver.managesSnapshots?.manage(call(), unmanaged, 'frozen', {}),
      () => driver.managesSnapshots?.unmanage(call(), unmanaged),
      () => driver.measures?.measure(call(), [share, clone], [snapshot], { refresh: true }),
      () => driver.pools(call()),
      () => driver.inventory(call()),
      () => driver.snapshots?.delete(call(), ofShare),
      () => driver.delete(call(), clone),
      () => driver.delete(call(), foreign),
      () => driver.setup(call()),
    ]
    for (const one of calls) await Promise.resolve(one()).catch(() => undefined)
    return calls.length
  }

  /** The share and its snapshot are made again where an operation was right to take them away. */
  async function mend(): Promise<void> {
    driver = await make()
    share = { ...share, state: (await driver.create(call(), share)).state }
    snapshot = { ...snapshot, ...(await driver.snapshots?.create(call(), snapshot)) }
    expect(existsSync(join(manila, 'shares', ids.share))).toBe(true)
    expect(lstatSync(join(manila, 'snapshots', ids.snapshot)).isDirectory()).toBe(true)
  }

  const nothingChanged = () => {
    run('sync', '--file-system', outside)
    expect(digest(outside)).toBe(before)
    const below = mounts().filter(({ path }) => path.startsWith(join(bench.dir, 'alpha')))
    const source = mounts().find(({ path }) => path === outside)?.source
    expect(below.filter((mount) => mount.source === source)).toEqual([])
  }

  const names = [
    'shares',
    'snapshots',
    'staging',
    'trash',
    `shares/${ids.share}`,
    `snapshots/${ids.snapshot}`,
    `staging/${ids.clone}.create`,
    `staging/${ids.share}.revert`,
    `trash/${ids.clone}.257`,
    '../other',
    '../frozen',
  ]

  test.each(names)('a link in the place of %s', async (name) => {
    const [real, aside] = [join(manila, name), join(manila, 'aside')]
    const there = existsSync(real)
    // A read-only subvolume is not moved between folders.
    const kept = name.startsWith('snapshots/') ? join(manila, 'snapshots/aside') : aside
    if (there) renameSync(real, kept)
    symlinkSync(join(outside, name.replace('../', '')), real)
    expect(await everything()).toBeGreaterThan(15)
    nothingChanged()
    rmSync(real, { force: true })
    if (there) renameSync(kept, real)
    await mend()
  })

  /** Does `work` while `name` and a link to its like outside change places all the time. */
  async function whileSwapped(name: string, work: () => Promise<unknown>): Promise<void> {
    const [real, link] = [join(manila, name), join(manila, 'link')]
    symlinkSync(join(outside, name), link)
    const script = fileURLToPath(new URL('swap-names.fixture.pl', import.meta.url))
    const swapping = spawn('perl', [script, real, link], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(swapping, 'exit')
    try {
      await once(swapping.stdout, 'data')
      await work()
    } finally {
      swapping.kill('SIGKILL')
      await ended
    }
    for (const either of [real, link])
      if (lstatSync(either, { throwIfNoEntry: false })?.isSymbolicLink() === true) rmSync(either)
    if (!existsSync(link)) return
    // A share may have been made anew while the one that was there had the other name.
    if (name.startsWith('shares/') && existsSync(real)) run('btrfs', '-q', 'subvolume', 'delete', link)
    else renameSync(link, real)
  }

  test.each(['shares', 'snapshots', 'staging', 'trash', `shares/${ids.share}`])(
    '%s and a link change places all the time',
    async (name) => {
      await whileSwapped(name, async () => {
        for (let round = 0; round < 2; round++) await everything()
      })
      nothingChanged()
      await mend()
    },
  )

  test('a deletion is not led outside between looking and deleting', async () => {
    // It holds another one, so it stays however often it is deleted; its like outside would go.
    const real = join(manila, 'trash', `${ids.share}.257`)
    run('btrfs', '-q', 'subvolume', 'create', real)
    run('btrfs', '-q', 'subvolume', 'create', join(real, 'nested'))
    const commands = commandsOf(parts.exec, call())
    await whileSwapped('trash', async () => {
      for (let turn = 0; turn < 300; turn++) await deleteSubvolume(commands, real).catch(() => undefined)
    })
    nothingChanged()
    run('btrfs', '-q', 'subvolume', 'delete', join(real, 'nested'), real)
  })

  test('links, hard links, devices, pipes and a subvolume in a share', async () => {
    const { tree } = await driver.ensure(call(), share)
    const at = (name: string) => join(tree?.path ?? '', name)
    for (const [index, name] of ['shares', 'trash', 'records', `shares/${ids.share}`].entries())
      symlinkSync(join(outside, name), at(`link-${index}`))
    symlinkSync('../../../../outside/other/victim', at('upwards'))
    writeFileSync(at('file'), 'own', { mode: 0o4755 })
    linkSync(at('file'), at('hard'))
    run('mknod', at('zero'), 'c', '1', '5')
    const source = mounts().find(({ path }) => path === outside)?.source ?? ''
    const [major, minor] = run('lsblk', '-no', 'MAJ:MIN', source).trim().split(':')
    run('mknod', at('disk'), 'b', major ?? '', minor ?? '')
    run('mkfifo', at('pipe'))
    const path = join(manila, 'shares', ids.share)
    for (const device of ['zero', 'disk'])
      for (const seen of [at(device), join(path, device)])
        expect(() => openSync(seen, constants.O_RDONLY)).toThrow('EACCES')
    expect(() => readFileSync(join(path, 'upwards'))).toThrow('ELOOP')
    expect(readlinkSync(at('upwards'))).toBe('../../../../outside/other/victim')
    await everything()
    nothingChanged()
    const clone = { ...shareRef(ids.clone) }
    const cloned = await driver.clones?.clone(call(), clone, snapshot)
    for (const mount of mounts().filter(({ path: where }) => where.startsWith(join(bench.dir, 'alpha'))))
      expect(mount.options).toEqual(expect.arrayContaining([...hardenings]))
    expect(cloned?.tree?.path).toBeDefined()
    await driver.delete(call(), clone)
    run('btrfs', '-q', 'subvolume', 'create', join(path, 'nested'))
    await expect(driver.delete(call(), share)).rejects.toMatchObject({ reason: 'busy' })
    nothingChanged()
    run(
      'btrfs',
      '-q',
      'subvolume',
      'delete',
      join(manila, 'trash', readdirSync(join(manila, 'trash'))[0] ?? '', 'nested'),
    )
    await driver.delete(call(), share)
    await mend()
    nothingChanged()
  })

  /** Puts `what` where it says, as a client does with a forged handle. */
  const plant = (what: 'a link' | 'a file' | 'a folder', name: string) => {
    const path = join(manila, name)
    if (what === 'a link') symlinkSync(join(outside, 'other'), path)
    else if (what === 'a file') writeFileSync(path, 'planted')
    else mkdirSync(path)
  }
  const isThere = (name: string) => lstatSync(join(manila, name), { throwIfNoEntry: false }) !== undefined

  test.each(['a link', 'a file', 'a folder'] as const)(
    '%s swapped in while a share was thrown away keeps no deletion from ending',
    async (what) => {
      const planted = [`trash/${ids.share}.999`, `staging/${ids.share}.create`, `staging/${ids.share}.revert`]
      for (const name of planted) plant(what, name)
      await driver.delete(call(), share)
      expect(planted.filter(isThere)).toEqual([])
      await mend()
      nothingChanged()
    },
  )

  test('a folder swapped in with something in it is told and stays', async () => {
    const planted = `trash/${ids.share}.999`
    plant('a folder', planted)
    plant('a file', `${planted}/file`)
    await expect(driver.delete(call(), share)).rejects.toMatchObject({ reason: 'busy', retryAfterS: null })
    expect(isThere(`${planted}/file`)).toBe(true)
    rmSync(join(manila, planted), { recursive: true })
    await driver.delete(call(), share)
    await mend()
    nothingChanged()
  })

  test.each(['a link', 'a file', 'a folder'] as const)(
    '%s in the place of a snapshot, or of what became one, is nothing of ours and no deletion of it',
    async (what) => {
      const place = `snapshots/${ids.snapshot}`
      renameSync(join(manila, place), join(manila, 'snapshots/aside'))
      plant(what, place)
      await expect(driver.snapshots?.delete(call(), snapshot)).rejects.toThrow()
      expect(isThere(place)).toBe(true)
      rmSync(join(manila, place), { recursive: true })
      renameSync(join(manila, 'snapshots/aside'), join(manila, place))
      // Taken over already: a repeat deletes what it was taken from, which somebody replaced meanwhile.
      const foreign = '../replaced'
      plant(what, foreign)
      const managed = driver.managesSnapshots?.manage(call(), snapshot, 'replaced', {})
      await expect(managed).rejects.toThrow()
      expect(isThere(foreign)).toBe(true)
      rmSync(join(manila, foreign), { recursive: true })
      await mend()
      nothingChanged()
    },
  )

  test('strange names in the trash keep nobody from starting', async () => {
    writeFileSync(join(manila, 'trash', 'x\n..'), '')
    writeFileSync(join(manila, 'trash', `${randomUUID()}.300`), 'no subvolume')
    await make()
    nothingChanged()
    for (const name of readdirSync(join(manila, 'trash'))) rmSync(join(manila, 'trash', name))
  })

  test('records of a release before come along, and nothing else that lies there', async () => {
    const old = join(manila, 'records')
    const record = (id: string) => join(bench.dir, 'alpha/records', `${id}.managed`)
    const [good, linked, piped, large, known] = Array.from({ length: 5 }, () => randomUUID()) as [
      string,
      string,
      string,
      string,
      string,
    ]
    mkdirSync(old, { recursive: true })
    const text = (from: string) => `${JSON.stringify({ from })}\n`
    const inOld = (id: string) => join(old, `${id}.managed`)
    writeFileSync(inOld(good), text('mine'))
    symlinkSync(join(outside, 'records', `${ids.share}.managed`), inOld(linked))
    run('mkfifo', inOld(piped))
    writeFileSync(inOld(large), 'x'.repeat(5000))
    writeFileSync(inOld(known), text('planted'))
    writeFileSync(record(known), text('kept'))
    // Where the record will be written first: a link there would lead the write outside.
    symlinkSync(join(outside, 'other', 'victim'), `${record(good)}.new`)
    await make()
    expect(readFileSync(record(good), 'utf8')).toBe(text('mine'))
    expect(readFileSync(record(known), 'utf8')).toBe(text('kept'))
    for (const id of [linked, piped, large]) expect(existsSync(record(id))).toBe(false)
    expect(existsSync(inOld(good))).toBe(false)
    nothingChanged()
    rmSync(old, { recursive: true })
    symlinkSync(join(outside, 'records'), old)
    await make()
    nothingChanged()
    rmSync(old)
  })

  test('a pool beside the files of the host or of the service shows them to clients, one of its own does not', async () => {
    const told = (options: object, dir: string) =>
      btrfs.create(complete(btrfs.options, options), { ...parts, dir }).exposes?.(call())
    expect(await told({ directory: outside }, parts.dir)).toBeNull()
    expect(await told({ directory: join(outside, 'nowhere') }, parts.dir)).toBeNull()
    expect(await told({ directory: join(outside, 'shares') }, join(outside, 'trash'))).toContain(
      "service's state",
    )
    expect(await told({ directory: '/etc' }, parts.dir)).toContain("host's own files")
    expect(await told({ loop_file: join(outside, 'pool.img'), size_gib: 1 }, outside)).toBeNull()
  })

  test.each([
    [
      'a file, compressed',
      () => ({ loop_file: join(bench.dir, 'second.img'), size_gib: 1, data: 'compress' }),
    ],
    ['a directory of somebody else', () => ({ directory: outside })],
  ])('a pool on %s is hardened, also one that an earlier release mounted', async (_, options) => {
    const own = bench.parts(randomUUID())
    const second = btrfs.create(complete(btrfs.options, options()), own)
    await second.setup(call())
    const ref = shareRef(randomUUID())
    const { tree } = await second.create(call(), ref)
    const ours = [tree?.path ?? '', join(own.dir, 'pool')]
    const flags = () => ours.map((path) => mounts().findLast((mount) => mount.path === path)?.options)
    const hard = ours.map(() => expect.arrayContaining([...hardenings]) as unknown)
    expect(flags()).toEqual(hard)
    for (const path of ours) run('mount', '-o', 'remount,bind,rw,dev,suid,symfollow', path)
    expect(flags()).not.toEqual(hard)
    await second.setup(call())
    await second.ensure(call(), ref)
    expect(flags()).toEqual(hard)
    writeFileSync(join(tree?.path ?? '', 'file'), 'still writable')
    await second.delete(call(), ref)
    await second.stop(call(), { detach: true })
    expect(mounts().filter(({ path }) => path.startsWith(own.dir))).toEqual([])
  })
})
