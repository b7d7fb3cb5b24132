/** What clients plant inside a share, images that aren't what they should be, room, sizes and mounts: on a real pool. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  statfsSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mounts } from '../../host/mountinfo.ts'
import { driver as image } from './index.ts'
import { imageBytes } from './size.ts'
import { call, cannotRun, loopsBelow, optionsOf, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { CreatedShare, ShareRef, StorageDriver } from '../../contract/driver.ts'
import type { Bench } from './bench.fixture.ts'

const gib = 1024 ** 3
const mib = 1024 ** 2
const projectId = 'fedcba9876543210fedcba9876543210'

let bench: Bench
let driver: StorageDriver
let root: string

const options = () => optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 10 })

beforeAll(async () => {
  if (cannotRun !== null) return
  bench = scratch()
  driver = image.create(options(), bench.parts('alpha'))
  await driver.setup(call())
  root = join(bench.dir, 'alpha/pool/manila')
})
afterAll(() => bench?.clean())

const newShare = (sizeGib = 1) => shareRef(randomUUID(), { pool: 'image', sizeGib, projectId })
const known = (share: ShareRef, made: CreatedShare): ShareRef => ({ ...share, state: made.state })
const pathOf = (made: CreatedShare): string => made.tree?.path ?? ''

async function share(sizeGib = 1): Promise<{ ref: ShareRef; made: CreatedShare }> {
  const fresh = newShare(sizeGib)
  const made = await driver.create(call(), fresh)
  return { ref: known(fresh, made), made }
}

/** What is in a tree, by its own names: kinds, owners, modes, times, targets, content, and which names are one file. */
function manifest(top: string): readonly string[] {
  const firstName = new Map<number, string>()
  const walk = (path: Buffer): string[] => {
    const about = lstatSync(path)
    const name = path.subarray(Buffer.byteLength(top)).toString('latin1')
    const kind = (about.mode & 0o170000).toString(8)
    const same = firstName.get(about.ino)
    if (!about.isDirectory()) firstName.set(about.ino, same ?? name)
    const what = about.isSymbolicLink()
      ? readlinkSync(path).toString()
      : about.isFile()
        ? `${about.size} ${about.blocks * 512 < about.size ? 'sparse' : ''} ${readFileSync(path).subarray(0, 64).toString('latin1')}`
        : about.isDirectory()
          ? ''
          : `${about.rdev}`
    const mode = (about.mode & 0o7777).toString(8)
    const line = `${name} ${kind} ${mode} ${about.uid}:${about.gid} ${about.mtimeMs} ${what} ${same ?? ''}`
    if (!about.isDirectory()) return [line]
    const inside = readdirSync(path, { encoding: 'buffer' }).toSorted(Buffer.compare)
    return [line, ...inside.flatMap((one) => walk(Buffer.concat([path, Buffer.from('/'), one])))]
  }
  return walk(Buffer.from(top))
}

/** All that a client with root's rights can leave in a share. */
function plant(top: string, outside: string): void {
  const at = (name: string) => join(top, name)
  writeFileSync(at('plain'), 'mine')
  chownSync(at('plain'), 1234, 4321)
  chmodSync(at('plain'), 0o6751)
  linkSync(at('plain'), at('second name'))
  symlinkSync(outside, at('image'))
  symlinkSync(`${'../'.repeat(30)}${outside.slice(1)}`, at('out'))
  symlinkSync(root, at('manila'))
  symlinkSync('/proc/self/root/etc/passwd', at('content'))
  mkdirSync(at('shares'))
  symlinkSync(outside, at('shares/records'))
  let deep = at('deep')
  for (let depth = 0; depth < 40; depth++) {
    mkdirSync(deep)
    deep = join(deep, 'd')
  }
  mkdirSync(at('-rf'))
  writeFileSync(at('-rf/--help'), '')
  writeFileSync(Buffer.concat([Buffer.from(`${top}/`), Buffer.from([0xff, 0x0a, 0x27, 0x22, 0x5c])]), 'odd')
  writeFileSync(at('sparse'), 'x')
  truncateSync(at('sparse'), 8 * mib)
  execFileSync('mkfifo', [at('fifo')])
  execFileSync('mknod', [at('disk'), 'b', '7', '0'])
  execFileSync('mknod', [at('zero'), 'c', '1', '5'])
  // By a short name: the path of a socket fits into 108 bytes.
  const bind =
    'chdir $ARGV[0] && socket(S, 1, 1, 0) && bind(S, pack_sockaddr_un("socket")) or die "socket: $!"'
  execFileSync('perl', ['-MSocket', '-e', bind, top])
  utimesSync(at('plain'), 1_000_000_000, 1_111_111_111)
  utimesSync(at('deep'), 1_000_000_000, 1_222_222_222)
  chmodSync(top, 0o1770)
  chownSync(top, 77, 88)
  utimesSync(top, 1_000_000_000, 1_333_333_333)
}

describe.skipIf(cannotRun !== null)(`image${cannotRun === null ? '' : ` (${cannotRun})`}`, () => {
  test('nothing that clients plant leads any operation out of the share', { timeout: 120_000 }, async () => {
    const outside = join(bench.dir, 'outside')
    mkdirSync(join(outside, 'folder'), { recursive: true })
    writeFileSync(join(outside, 'file'), 'the host’s')
    const before = manifest(outside)

    let { ref, made } = await share(2)
    plant(pathOf(made), join(outside, 'file'))
    const planted = manifest(pathOf(made))
    const check = (at: string, when: string) => {
      expect(manifest(at), when).toEqual(planted)
      expect(manifest(outside), when).toEqual(before)
    }
    const snapshot = snapshotRef(randomUUID(), ref)
    await driver.snapshots!.create(call(), snapshot)
    const tree = await driver.mountsSnapshots!.tree(call(), snapshot)
    check(tree.path, 'of the snapshot')
    await driver.mountsSnapshots!.release(call(), snapshot)
    await driver.extend(call(), ref, 3)
    check(pathOf(await driver.ensure(call(), { ...ref, sizeGib: 3 })), 'after extend')
    await driver.shrinks!.shrink(call(), { ...ref, sizeGib: 3 }, 1)
    made = await driver.ensure(call(), { ...ref, sizeGib: 1 })
    ref = { ...known(ref, made), sizeGib: 1 }
    check(pathOf(made), 'after shrink')
    const clone = newShare(2)
    check(pathOf(await driver.clones!.clone(call(), clone, snapshot)), 'of the clone')
    made = await driver.reverts!.revert(call(), ref, snapshot, randomUUID())
    ref = { ...known(ref, made), sizeGib: 2 }
    check(pathOf(made), 'after revert')
    await driver.measures!.measure(call(), [ref], [snapshot], { refresh: true })
    await driver.manages!.unmanage(call(), ref)
    const { sizeGib, ...managed } = await driver.manages!.manage(call(), newShare(), ref.id, {})
    expect(sizeGib).toBe(2)
    check(pathOf(managed), 'after manage')
    const id = (managed.tree?.fileSystem?.backing ?? '').split('/').at(-2) ?? ''
    await driver.snapshots!.delete(call(), snapshot)
    await driver.delete(call(), { ...clone, state: {} })
    await driver.delete(call(), { ...ref, id, state: managed.state })
    expect(manifest(outside)).toEqual(before)
    expect(loopsBelow(bench.dir)).toEqual([join(bench.dir, 'pool.img')])
  })

  test('what takes the place of a share twice before a row says so is still the share', async () => {
    const fresh = shareRef(randomUUID(), { pool: 'image', sizeGib: 3 })
    const { state } = await driver.create(call(), fresh)
    const old = { ...fresh, state }
    // As an operation that is killed after its effect does it again, with the state from before.
    for (let time = 0; time < 2; time++) {
      await driver.shrinks!.moves!(call(), old, 2)
      await driver.shrinks!.shrink(call(), old, 2)
    }
    await driver.extend(call(), { ...old, sizeGib: 2 }, 3)
    await driver.shrinks!.shrink(call(), old, 1)
    const found = await driver.ensure(call(), { ...old, sizeGib: 1 })
    expect(found.state['uuid']).not.toBe(state['uuid'])
    await driver.delete(call(), { ...old, state: found.state })
  })

  test('a shrink keeps extended attributes and lists of rights', async () => {
    const { ref, made } = await share(2)
    const file = join(pathOf(made), 'file')
    writeFileSync(file, 'with attributes')
    const set = (name: string) => execFileSync('perl', ['-e', setAttribute, file, name, 'value'])
    for (const name of ['user.one', 'trusted.two', 'security.three']) set(name)
    // Its owner, uid 5, the group, the mask and others.
    const acl = '0200000001000600ffffffff020007000500000004000400ffffffff10000700ffffffff20000000ffffffff'
    execFileSync('perl', ['-e', setAttribute, file, 'system.posix_acl_access', acl, 'hex'])
    const about = (path: string) => attributesOf(join(path, 'file'))
    const had = about(pathOf(made))
    expect(had.split('\n').length).toBeGreaterThan(3)
    await driver.shrinks!.shrink(call(), ref, 1)
    const smaller = await driver.ensure(call(), { ...ref, sizeGib: 1 })
    expect(about(pathOf(smaller))).toBe(had)
    await driver.delete(call(), ref)
  })

  test('an image that is not the share’s own is refused, whatever lies under the right path', async () => {
    const [mine, other] = [await share(), await share()]
    const backing = mine.made.tree?.fileSystem?.backing ?? ''
    await driver.stop(call(), { detach: true })
    await driver.setup(call())
    const aside = `${backing}.kept`
    renameSync(backing, aside)
    const plants: readonly (readonly [string, () => void])[] = [
      ['another share’s', () => copyFileSync(other.made.tree?.fileSystem?.backing ?? '', backing)],
      ['a link to its own', () => symlinkSync(aside, backing)],
      ['no file system', () => writeFileSync(backing, Buffer.alloc(mib))],
      ['a folder', () => mkdirSync(backing)],
      ['nothing', () => undefined],
    ]
    for (const [name, put] of plants) {
      put()
      for (const state of [mine.ref.state, {}]) {
        await expect(driver.ensure(call(), { ...mine.ref, state }), name).rejects.toMatchObject({
          outcome: 'nothing-happened',
          reason: 'not-found',
        })
      }
      spawnSync('rm', ['-rf', '--', backing])
    }
    renameSync(aside, backing)
    expect(await driver.ensure(call(), mine.ref)).toEqual(mine.made)
    // A record that says otherwise doesn't help what the caller's own state denies.
    await expect(
      driver.ensure(call(), { ...mine.ref, state: { uuid: other.made.state['uuid'] ?? '' } }),
    ).rejects.toMatchObject({ reason: 'not-found' })
    for (const { ref } of [mine, other]) await driver.delete(call(), ref)
  })

  test('images are mounted without devices, set-uid and links, where servers of the project can follow', async () => {
    const { ref, made } = await share()
    const line = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((one) => one.includes(pathOf(made)))
    for (const option of ['rw', 'nosuid', 'nodev', 'noatime', 'nosymfollow']) expect(line).toContain(option)
    expect(line).toContain('discard')
    expect(pathOf(made)).toMatch(new RegExp(`/exports/${projectId}/${ref.id}\\.[0-9a-f]{8}$`))
    const pool = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .find((one) => one.includes(join(bench.dir, 'alpha/pool ')))
    for (const option of ['nosuid', 'nodev', 'nosymfollow']) expect(pool).toContain(option)
    const project = join(bench.dir, 'alpha/exports', projectId)
    // As a server with a mount namespace of its own sees it: what is mounted later appears, and goes.
    const follow = `mount --make-rslave / && cat /proc/self/mountinfo && read go && cat /proc/self/mountinfo`
    const server = bench
      .parts('alpha')
      .exec.run(
        ['unshare', '--mount', '--propagation', 'slave', 'sh', '-c', `(${follow}) < "$1"`, '-', fifo()],
        { deadlineMs: 20_000 },
      )
    const later = await share()
    writeFileSync(join(bench.dir, 'go'), '\n')
    const { stdout } = await server
    expect(stdout).toContain(pathOf(later.made))
    for (const one of [ref, later.ref]) await driver.delete(call(), one)
    expect(existsSync(project) ? readdirSync(project) : []).toEqual([])
    expect(mounts().filter(({ path }) => path.startsWith(project))).toEqual([])
  })

  function fifo(): string {
    execFileSync('mkfifo', [join(bench.dir, 'go')])
    return join(bench.dir, 'go')
  }

  test('nothing is done with a share that another process is at', async () => {
    const { ref, made } = await share()
    const lock = join(bench.dir, 'alpha/locks', ref.id)
    // Its end lets go.
    const holder = spawn('flock', [lock, 'sh', '-c', 'echo held; read go'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(holder.stdout, 'data')
    await expect(driver.delete(call(null, 1000), ref)).rejects.toMatchObject({ outcome: 'maybe-happened' })
    expect(existsSync(pathOf(made))).toBe(true)
    holder.stdin.end()
    await once(holder, 'exit')
    await driver.delete(call(), ref)
    expect(existsSync(lock)).toBe(false)
  })

  test('a record that a death left half written goes with the share', async () => {
    const { ref } = await share()
    writeFileSync(join(root, 'records', `${ref.id}.image.new`), '{"uu')
    await driver.delete(call(), ref)
    expect(readdirSync(join(root, 'records')).filter((name) => name.startsWith(ref.id))).toEqual([])
  })

  test('two processes that bring a share up at once attach it once', async () => {
    const { ref, made } = await share()
    const other = image.create(options(), bench.parts('alpha'))
    await other.setup(call())
    for (let round = 0; round < 10; round++) {
      await driver.stop(call(), { detach: true })
      expect(loopsBelow(bench.dir)).toEqual([])
      await driver.setup(call())
      await other.setup(call())
      const both = await Promise.all([driver.ensure(call(), ref), other.ensure(call(), ref)])
      expect(both).toEqual([made, made])
      expect(loopsBelow(bench.dir).filter((file) => file.endsWith('/image'))).toHaveLength(1)
      expect(mounts().filter(({ path }) => path === pathOf(made))).toHaveLength(1)
    }
    await driver.delete(call(), ref)
  })

  test('a share goes although another program has a copy of its mount, as every namespace begun meanwhile has', async () => {
    const { ref, made } = await share()
    const imageFile = join(root, 'shares', ref.id, 'image')
    // `unshare` takes everything along, and nothing that happens to it here is seen there.
    const other = spawn('unshare', ['--mount', 'sh', '-c', 'echo begun; read go'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(other.stdout, 'data')
    expect(readFileSync(`/proc/${other.pid}/mountinfo`, 'utf8')).toContain(ref.id)
    expect(loopsBelow(bench.dir)).toContain(imageFile)
    await driver.delete(call(), ref)
    expect(loopsBelow(bench.dir)).not.toContain(imageFile)
    expect(existsSync(pathOf(made))).toBe(false)
    await driver.stop(call(), { detach: true })
    expect(loopsBelow(bench.dir)).toEqual([])
    await driver.setup(call())
    other.stdin.end()
    await once(other, 'exit')
  })

  test('an empty share takes next to nothing of the pool, and shows its size and little more', async () => {
    for (const sizeGib of [1, 2]) {
      const { ref, made } = await share(sizeGib)
      const { bsize, blocks, bavail } = statfsSync(pathOf(made))
      expect(bsize * bavail).toBeGreaterThanOrEqual(sizeGib * gib)
      expect(bsize * blocks).toBeGreaterThanOrEqual(sizeGib * gib)
      expect(bsize * blocks).toBeLessThanOrEqual(1.07 * sizeGib * gib)
      execFileSync('sync', ['-f', root])
      expect(statSync(made.tree?.fileSystem?.backing ?? '').blocks * 512).toBeLessThanOrEqual(4 * mib)
      const [row] = await driver.measures!.measure(call(), [ref], [], { refresh: true })
      expect(row?.usedBytes).toBeLessThan(2 * mib)
      expect(row?.exclusiveBytes).toBeLessThanOrEqual(4 * mib)
      await driver.delete(call(), ref)
    }
  })

  test('no space is promised twice', { timeout: 60_000 }, async () => {
    const parts = bench.parts('small')
    const small = image.create(optionsOf({ loop_file: join(bench.dir, 'small.img'), size_gib: 4 }), parts)
    await small.setup(call())
    const make = async () => {
      const fresh = newShare()
      return known(fresh, await small.create(call(), fresh))
    }
    const shares = [await make(), await make()]
    await expect(small.extend(call(), shares[0]!, 3)).rejects.toMatchObject({ outcome: 'no-room-here' })
    const path = pathOf(await small.ensure(call(), shares[0]!))
    const noise = Buffer.alloc(600 * mib, randomUUID())
    writeFileSync(join(path, 'content'), noise, { flush: true })
    // A snapshot costs what its share may still overwrite.
    const [first, second] = [1, 2].map(() => snapshotRef(randomUUID(), shares[0]!)) as [
      ReturnType<typeof snapshotRef>,
      ReturnType<typeof snapshotRef>,
    ]
    await small.snapshots!.create(call(), first)
    await expect(make()).rejects.toMatchObject({ outcome: 'no-room-here' })
    writeFileSync(join(path, 'content'), noise, { flag: 'r+', flush: true })
    await expect(small.snapshots!.create(call(), second)).rejects.toMatchObject({ outcome: 'no-room-here' })
    await small.snapshots!.delete(call(), first)
    for (const one of shares) await small.delete(call(), one)
    await small.stop(call(), { detach: true })
    // Whoever lets space be promised more often has it so.
    const twice = image.create(optionsOf({ loop_file: join(bench.dir, 'small.img'), size_gib: 4 }), {
      ...parts,
      overSubscription: 2,
    })
    await twice.setup(call())
    const many: ShareRef[] = []
    for (let count = 0; count < 5; count++) {
      const fresh = newShare()
      many.push(known(fresh, await twice.create(call(), fresh)))
    }
    for (const one of many) await twice.delete(call(), one)
    await twice.stop(call(), { detach: true })
  })

  test('a share grows to a thousand times its size and not to any', { timeout: 60_000 }, async () => {
    const parts = { ...bench.parts('alpha'), overSubscription: 1000 }
    const generous = image.create(options(), parts)
    await generous.setup(call())
    const { ref, made } = await share()
    await generous.extend(call(), ref, 1000)
    const { bsize, bavail } = statfsSync(pathOf(made))
    expect(bsize * bavail).toBeGreaterThanOrEqual(1000 * gib)
    await expect(generous.extend(call(), ref, 1200)).rejects.toMatchObject({
      outcome: 'nothing-happened',
      reason: 'unsupported',
    })
    await driver.delete(call(), ref)
  })

  test('beyond max_mounts nothing more is made here', async () => {
    const { ref } = await share()
    const limited = image.create({ ...options(), max_mounts: 1 }, bench.parts('alpha'))
    await limited.setup(call())
    await expect(limited.create(call(), newShare())).rejects.toMatchObject({ outcome: 'no-room-here' })
    await limited.ensure(call(), ref)
    await driver.delete(call(), ref)
  })

  test('a managed image that has the UUID of another gets its own', async () => {
    const { ref, made } = await share()
    writeFileSync(join(pathOf(made), 'content'), 'mine', { flush: true })
    await driver.stop(call(), { detach: true })
    await driver.setup(call())
    const twin = join(bench.dir, 'alpha/pool/twin')
    execFileSync('btrfs', ['subvolume', 'snapshot', join(root, 'shares', ref.id), twin], { stdio: 'pipe' })
    const other = newShare()
    const managed = await driver.manages!.manage(call(), other, 'twin', {})
    expect(managed.state['uuid']).not.toBe(made.state['uuid'])
    expect(readFileSync(join(pathOf(managed), 'content'), 'utf8')).toBe('mine')
    expect(await driver.ensure(call(), ref)).toEqual(made)
    for (const one of [ref, known(other, managed)]) await driver.delete(call(), one)
  })

  test('what is not one image of root alone is not taken over', async () => {
    const top = join(bench.dir, 'alpha/pool')
    const make = (name: string) => {
      execFileSync('btrfs', ['subvolume', 'create', join(top, name)], { stdio: 'pipe' })
      const file = join(top, name, 'image')
      writeFileSync(file, '')
      truncateSync(file, imageBytes(1))
      execFileSync('mkfs.xfs', ['-q', '-s', 'size=4096', file])
      return file
    }
    const spoil: Readonly<Record<string, (file: string) => void>> = {
      owner: (file) => chownSync(file, 1000, 1000),
      linked: (file) => (renameSync(file, `${file}.kept`), linkSync(`${file}.kept`, file)),
      more: (file) => writeFileSync(join(file, '../more'), ''),
      link: (file) => {
        renameSync(file, `${file}.moved`)
        symlinkSync(`${file}.moved`, file)
      },
      broken: (file) => writeFileSync(file, 'no superblock', { flag: 'r+' }),
      folder: (file) => {
        renameSync(join(file, '..'), join(top, 'was-a-subvolume'))
        mkdirSync(join(file, '..'))
        copyFileSync(join(top, 'was-a-subvolume/image'), file)
      },
    }
    for (const [name, spoilIt] of Object.entries(spoil)) {
      spoilIt(make(name))
      const ref = newShare()
      await expect(driver.manages!.manage(call(), ref, name, {}), name).rejects.toMatchObject({
        outcome: 'nothing-happened',
      })
      await driver.delete(call(), ref)
    }
    make('sound')
    const ref = newShare()
    expect(await driver.manages!.manage(call(), ref, 'sound', {})).toMatchObject({ sizeGib: 1 })
    await driver.manages!.unmanage(call(), ref)
    expect(readdirSync(join(top, 'sound'))).toEqual(['image'])
  })
})

/** setxattr(2), by its number on x86-64 or where the general table holds. */
const setAttribute = `
  my ($path, $name, $value, $hex) = @ARGV;
  $value = pack('H*', $value) if $hex;
  my $number = ${process.arch === 'x64' ? 188 : 5};
  syscall($number, $path, $name, $value, length $value, 0) == 0 or die "$name: $!";`

/** Names and values of a file's extended attributes, lists of rights included. */
function attributesOf(path: string): string {
  const list = process.arch === 'x64' ? 194 : 11
  const get = process.arch === 'x64' ? 191 : 8
  const script = `
    my $path = shift;
    my $names = "\\0" x 4096;
    my $length = syscall(${list}, $path, $names, 4096);
    for my $name (sort split /\\0/, substr $names, 0, $length) {
      my $value = "\\0" x 4096;
      my $size = syscall(${get}, $path, $name, $value, 4096);
      print "$name ", unpack('H*', substr $value, 0, $size), "\\n";
    }`
  return execFileSync('perl', ['-e', script, path], { encoding: 'utf8' }).trimEnd()
}
