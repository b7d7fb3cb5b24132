/**
 * Every call of the driver is cut after each of its steps, as by a kill. Then another process repeats it, or deletes what it was
 * about: the end is that of a call that was never cut, and nothing is left.
 */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ExecError } from '../../../exec/exec.ts'
import { mounts } from '../../host/mountinfo.ts'
import { driver as image } from './index.ts'
import { call, cannotRun, loopsBelow, optionsOf, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { Exec } from '../../../exec/exec.ts'
import type { ShareRef, SnapshotRef, StorageDriver } from '../../contract/driver.ts'
import type { Bench } from './bench.fixture.ts'

/** System calls by which `steps.pl` changes something, or waits for who does. */
const changing =
  'ioctl,mount,umount2,rename,renameat2,mkdir,rmdir,unlink,ftruncate,fallocate,fsync,syncfs,write,chmod,fchmod,wait4'

/** Kills the next plan as it comes to a system call: the first, the second… of those above. */
class Killer implements Exec {
  at: number | null = null
  readonly #exec: Exec
  constructor(exec: Exec) {
    this.#exec = exec
  }
  run: Exec['run'] = (argv, options) => {
    if (this.at === null || argv[1]?.endsWith('/steps.pl') !== true) return this.#exec.run(argv, options)
    const kill = ['-e', `trace=${changing}`, '-e', `inject=${changing}:signal=SIGKILL:when=${this.at}`]
    return this.#exec.run(['strace', '-qq', '-o', '/dev/null', ...kill, ...argv], options)
  }
}

/** Runs plans until so many steps are done; what comes after is never started. */
class Cutter implements Exec {
  left = Infinity
  done = 0
  readonly #exec: Exec
  constructor(exec: Exec) {
    this.#exec = exec
  }
  run: Exec['run'] = async (argv, options) => {
    if (argv[1]?.endsWith('/steps.pl') !== true) return this.#exec.run(argv, options)
    const words = (options.input ?? '').split('\0').slice(0, -1)
    const steps: string[][] = []
    while (words.length > 0) steps.push(words.splice(0, 2 + Number(words[1])))
    const now = steps.slice(0, this.left)
    const input = now.flat().map((word) => `${word}\0`)
    const result = await this.#exec.run(argv, { ...options, input: input.join('') })
    if (result.code === 0) this.done += now.length
    this.left -= now.length
    if (now.length === steps.length || result.code !== 0) return result
    throw new ExecError('perl was killed', 'exit', { ...result, code: 137 })
  }
}

let bench: Bench
let cutter: Cutter
let killer: Killer
let first: StorageDriver
let killed: StorageDriver
let second: StorageDriver
let root: string

beforeAll(async () => {
  if (cannotRun !== null) return
  bench = scratch()
  const parts = bench.parts('alpha')
  cutter = new Cutter(parts.exec)
  const options = optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 12 })
  first = image.create(options, { ...parts, exec: cutter })
  second = image.create(options, parts)
  killer = new Killer(parts.exec)
  killed = image.create(options, { ...parts, exec: killer })
  await first.setup(call())
  await second.setup(call())
  await killed.setup(call())
  root = join(parts.dir, 'pool/manila')
})
afterAll(() => bench?.clean())

/** A share with a snapshot that is older than its content. */
interface Subject {
  readonly share: ShareRef
  readonly snapshot: SnapshotRef
  /** Not made yet. */
  readonly other: ShareRef
  readonly operation: string
}

const projectId = '0123456789abcdef0123456789abcdef'

async function subject(): Promise<Subject> {
  const fresh = shareRef(randomUUID(), { pool: 'image', sizeGib: 2, projectId })
  const { state, tree } = await second.create(call(), fresh)
  const share = { ...fresh, state }
  writeFileSync(join(tree?.path ?? '', 'content'), 'old', { flush: true })
  const snapshot = snapshotRef(randomUUID(), share)
  await second.snapshots?.create(call(), snapshot)
  writeFileSync(join(tree?.path ?? '', 'content'), 'new', { flush: true })
  const other = shareRef(randomUUID(), { pool: 'image', sizeGib: 3, projectId })
  return { share, snapshot, other, operation: randomUUID() }
}

const fenced = (id: string) => {
  const folder = join(bench.dir, 'fences')
  mkdirSync(folder, { recursive: true })
  return call({ lockFile: join(folder, id), number: 1 })
}

type Act = (driver: StorageDriver, it: Subject) => Promise<unknown>

const acts: Readonly<Record<string, { readonly act: Act; readonly before?: Act }>> = {
  create: { act: (driver, it) => driver.create(fenced(it.other.id), it.other) },
  delete: { act: (driver, it) => driver.delete(fenced(it.share.id), it.share) },
  extend: { act: (driver, it) => driver.extend(fenced(it.share.id), it.share, 4) },
  ensure: {
    before: (driver) => driver.stop(call(), { detach: true }).then(() => bothUp()),
    act: (driver, it) => driver.ensure(fenced(it.share.id), it.share),
  },
  snapshot: {
    before: (driver, it) => driver.snapshots!.delete(call(), it.snapshot),
    act: (driver, it) => driver.snapshots!.create(fenced(it.share.id), it.snapshot),
  },
  'delete of a snapshot': {
    before: (driver, it) => driver.mountsSnapshots!.tree(call(), it.snapshot),
    act: (driver, it) => driver.snapshots!.delete(fenced(it.share.id), it.snapshot),
  },
  clone: { act: (driver, it) => driver.clones!.clone(fenced(it.other.id), it.other, it.snapshot) },
  'snapshot tree': { act: (driver, it) => driver.mountsSnapshots!.tree(fenced(it.share.id), it.snapshot) },
  'snapshot release': {
    before: (driver, it) => driver.mountsSnapshots!.tree(call(), it.snapshot),
    act: (driver, it) => driver.mountsSnapshots!.release(fenced(it.share.id), it.snapshot),
  },
  revert: {
    act: (driver, it) => driver.reverts!.revert(fenced(it.share.id), it.share, it.snapshot, it.operation),
  },
  shrink: { act: (driver, it) => driver.shrinks!.shrink(fenced(it.share.id), it.share, 1) },
  unmanage: { act: (driver, it) => driver.manages!.unmanage(fenced(it.share.id), it.share) },
  manage: {
    before: (driver, it) => driver.manages!.unmanage(call(), it.share),
    act: (driver, it) => driver.manages!.manage(fenced(it.other.id), it.other, it.share.id, {}),
  },
  'manage of a snapshot': {
    before: (driver, it) => driver.managesSnapshots!.unmanage(call(), it.snapshot),
    act: (driver, it) =>
      driver.managesSnapshots!.manage(fenced(it.share.id), it.snapshot, it.snapshot.id, {}),
  },
  'unmanage of a snapshot': {
    act: (driver, it) => driver.managesSnapshots!.unmanage(fenced(it.share.id), it.snapshot),
  },
}

const bothUp = async () => {
  await first.setup(call())
  await killed.setup(call())
  await second.setup(call())
}

/** Everything there is, with names in place of ids: what must be alike after a call that was cut and one that was not. */
function world(it: Subject) {
  const named = (text: string) =>
    text
      .replaceAll(it.share.id, 'SHARE')
      .replaceAll(it.snapshot.id, 'SNAPSHOT')
      .replaceAll(it.other.id, 'OTHER')
      .replace(/\.[0-9a-f]{8}$/, '.UUID')
  const list = (folder: string) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((one) => !one.startsWith('.'))
          .map(named)
          .sort()
      : []
  const sizes = ['shares', 'snapshots', 'mounted'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((id) => {
      const { size } = statSync(join(root, folder, id, 'image'))
      return `${folder}/${named(id)} ${size}`
    }),
  )
  const exports = join(bench.dir, 'alpha/exports')
  const trees = mounts().filter(({ path }) => path.startsWith(`${exports}/`))
  const content = (path: string) =>
    existsSync(join(path, 'content')) ? readFileSync(join(path, 'content'), 'utf8') : ''
  const folders = ['staging', 'trash', 'records'].map(
    (name) => `${name}: ${list(join(root, name)).join(' ')}`,
  )
  return {
    sizes: sizes.sort(),
    folders,
    top: list(join(root, '..')),
    locks: list(join(bench.dir, 'alpha/locks')),
    trees: trees
      .map(({ path, fsType }) => `${named(path.slice(exports.length))} ${fsType} ${content(path)}`)
      .sort(),
    loops: loopsBelow(bench.dir).length,
  }
}

/** Whatever a call made, it can be deleted, and then there is nothing. */
async function cleared(it: Subject): Promise<void> {
  await second.mountsSnapshots!.release(call(), it.snapshot)
  await second.snapshots!.delete(call(), it.snapshot)
  await second.delete(call(), { ...it.other, state: {} })
  await second.delete(call(), { ...it.share, state: {} })
  // What was given back at the top is an administrator's.
  for (const name of readdirSync(join(root, '..')).filter((one) => one !== 'manila')) {
    await bench.parts('alpha').exec.run(['btrfs', 'subvolume', 'delete', join(root, '..', name)], {
      deadlineMs: 10_000,
    })
  }
  expect(world(it)).toEqual({
    sizes: [],
    folders: ['staging: ', 'trash: ', 'records: '],
    top: ['manila'],
    locks: [],
    trees: [],
    // The pool's own.
    loops: 1,
  })
}

describe.skipIf(cannotRun !== null)(
  `cut after every step${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    for (const [name, { act, before }] of Object.entries(acts)) {
      test(name, { timeout: 180_000 }, async () => {
        const whole = await subject()
        await before?.(second, whole)
        cutter.left = Infinity
        cutter.done = 0
        await act(first, whole)
        const steps = cutter.done
        const wanted = world(whole)
        expect(wanted.folders.slice(0, 2)).toEqual(['staging: ', 'trash: '])
        await cleared(whole)
        expect(steps).toBeGreaterThan(1)

        for (let cut = 0; cut < steps; cut++) {
          const it = await subject()
          await before?.(second, it)
          cutter.left = cut
          await expect(act(first, it), `cut after ${cut} of ${steps} steps`).rejects.toThrow('was killed')
          cutter.left = Infinity
          // Every second one is not repeated but given up.
          if (cut % 2 === 0 || name.includes('manage')) {
            await act(second, it)
            expect(world(it), `repeated after ${cut} of ${steps} steps`).toEqual(wanted)
          }
          await cleared(it)
        }
      })
    }

    /** Of calls with many system calls only every so manieth is tried. */
    const strides = {
      create: 2,
      delete: 4,
      extend: 3,
      ensure: 4,
      clone: 7,
      'snapshot tree': 7,
      revert: 9,
      shrink: 7,
    }
    for (const [name, stride] of Object.entries(strides)) {
      test(`killed inside the steps: ${name}`, { timeout: 180_000 }, async () => {
        const { act, before } = acts[name]!
        const whole = await subject()
        await before?.(second, whole)
        await act(second, whole)
        const wanted = world(whole)
        await cleared(whole)
        let kills = 0
        // A host with many loop devices makes many calls.
        for (let at = 1; ; at += kills > 30 ? 8 * stride : stride) {
          const it = await subject()
          await before?.(second, it)
          killer.at = at
          const ended = await act(killed, it).then(
            () => 'whole',
            (error: Error) => error.message,
          )
          killer.at = null
          if (ended !== 'whole') {
            kills++
            await act(second, it)
            expect(world(it), `repeated after a kill at call ${at} (${ended})`).toEqual(wanted)
          }
          await cleared(it)
          if (ended === 'whole') break
        }
        expect(kills).toBeGreaterThan(3)
      })
    }
  },
)
