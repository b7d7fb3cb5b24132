/**
 * Shares that hold more of the pool than their images are long, as after many rounds of snapshot, overwrite and delete: brought
 * back under their clients' hands, without harm to snapshots, to a full pool, or to whoever does something with the share meanwhile.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { allButOne, rewrite, wrongBlocks, writeBlocks } from './blocks.fixture.ts'
import { commandsOf } from '../../host/commands.ts'
import { compactStep } from './compact.ts'
import { driver as image } from './index.ts'
import { layoutOf } from './layout.ts'
import { carryOut } from './plan.ts'
import { imageBytes } from './size.ts'
import { call, cannotRun, optionsOf, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { Exec } from '../../../exec/exec.ts'
import type { Compacted, ShareRef, SnapshotRef, StorageDriver } from '../../contract/driver.ts'
import type { Bench } from './bench.fixture.ts'

const mib = 1024 ** 2
const given = imageBytes(1)
/** What `compact_above_percent` lets be, and what a compacted share is brought down to. */
const [bound, goal] = [1.1 * given, 1.05 * given]

let bench: Bench
let driver: StorageDriver
let root: string
const sizeGib = 8

const options = (over: Parameters<typeof optionsOf>[0] = {}) =>
  optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: sizeGib, compact_mib_per_s: 4096, ...over })

beforeAll(async () => {
  if (cannotRun !== null) return
  bench = scratch()
  driver = image.create(options(), bench.parts('alpha'))
  await driver.setup(call())
  root = join(bench.dir, 'alpha/pool/manila')
})
afterAll(() => bench?.clean())

let made: ShareRef[] = []
afterEach(async () => {
  for (const ref of made) await driver.delete(call(), ref)
  made = []
})

async function share(): Promise<{ ref: ShareRef; file: string }> {
  const fresh = shareRef(randomUUID(), { pool: 'image' })
  const { state, tree } = await driver.create(call(), fresh)
  made.push(fresh)
  return { ref: { ...fresh, state }, file: join(tree?.path ?? '', 'content') }
}

async function snapshotOf(ref: ShareRef): Promise<SnapshotRef> {
  const snapshot = snapshotRef(randomUUID(), ref)
  await driver.snapshots!.create(call(), snapshot)
  return snapshot
}

/** Snapshots are gone when the kernel has let go of them. */
async function removed(snapshot: SnapshotRef): Promise<void> {
  await driver.snapshots!.delete(call(), snapshot)
  // Its cleaner begins at a commit.
  execFileSync('btrfs', ['filesystem', 'sync', root])
  execFileSync('btrfs', ['subvolume', 'sync', root])
}

async function counters(ref: ShareRef): Promise<{ alone: number; all: number }> {
  const [one] = await driver.measures!.measure(call(), [ref], [], { refresh: true })
  return { alone: one?.exclusiveBytes ?? 0, all: one?.referencedBytes ?? 0 }
}

/** Until it ends otherwise than by the clock. */
async function compacted(ref: ShareRef, by: StorageDriver = driver): Promise<Compacted> {
  for (;;) {
    const ended = await by.compacts!.compact(call(), ref.id)
    if (ended.end !== 'time') return ended
  }
}

const exceeding = async (ref: ShareRef) =>
  (await driver.compacts!.exceeding(call())).find(({ id }) => id === ref.id)

/** A share of 1 GiB that holds nearly two: the snapshot that made it so is gone. */
async function exceedingShare(filledMib = 900, overwritten = allButOne(1)) {
  const it = await share()
  const rounds = writeBlocks(it.file, filledMib)
  const snapshot = await snapshotOf(it.ref)
  rewrite(it.file, rounds, 1, overwritten)
  await removed(snapshot)
  return { ...it, rounds }
}

describe.skipIf(cannotRun !== null)(
  `a group that exceeds its image${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    test(
      'after rounds of snapshot, overwrite and delete is brought below its bound, whatever was left',
      { timeout: 240_000 },
      async () => {
        const { ref, file } = await share()
        const rounds = writeBlocks(file, 450)
        const random = seeded(8)
        for (let round = 1; round <= 6; round++) {
          const snapshot = await snapshotOf(ref)
          // All of it but a block of each MiB that is never written again; and in every second round half, in pieces of 256 KiB.
          const pieces = new Set(Array.from({ length: 450 * 4 }, (_, n) => n).filter(() => random() < 0.5))
          const chosen = round % 2 === 1 ? () => true : (block: number) => pieces.has(block >> 6)
          rewrite(file, rounds, round, (block) => block % 256 > round && chosen(block))
          await removed(snapshot)
        }
        const before = (await counters(ref)).alone
        expect(before).toBeGreaterThan(bound)
        expect(await exceeding(ref)).toEqual({
          id: ref.id,
          heldBytes: before,
          givenBytes: given,
          tooMuch: true,
        })
        const ended = await compacted(ref)
        const after = (await counters(ref)).alone
        console.log(
          `${inMib(before)} MiB to ${inMib(after)} by moving ${inMib(ended.movedBytes)}; the image has ${inMib(given)}`,
        )
        expect(ended.end).toBe('done')
        expect(after).toBe(ended.heldBytes)
        expect(after).toBeLessThanOrEqual(goal)
        expect((await exceeding(ref))?.tooMuch ?? false).toBe(false)
        expect(wrongBlocks(file, rounds)).toBe(0)
        // What is overwritten now lies where it lay: nothing is left that a later overwrite would leave behind.
        expect((await driver.compacts!.compact(call(), ref.id)).movedBytes).toBe(0)
      },
    )

    test('because holes were filled again, without any snapshot', { timeout: 120_000 }, async () => {
      const { ref, file } = await share()
      const rounds = writeBlocks(file, 400)
      for (let round = 1; round <= 3; round++) {
        const punch = `open(my $f, '+<', $ARGV[0]) or die; for (my $at = 0; $at < 400; $at++) {
        syscall(${process.arch === 'x64' ? 285 : 47}, fileno $f, 3, $at * 1048576 + ${round} * 4096 + 4096, 1048576 - ${round} * 4096 - 4096) == 0 or die "$!" }`
        execFileSync('perl', ['-e', punch, file])
        execFileSync('sync', ['-f', file])
        rewrite(file, rounds, round, (block) => block % 256 > round)
      }
      const before = (await counters(ref)).alone
      expect(before).toBeGreaterThan(bound)
      const ended = await compacted(ref)
      expect(ended).toMatchObject({ end: 'done', heldBytes: (await counters(ref)).alone })
      expect(ended.heldBytes).toBeLessThanOrEqual(goal)
      // Some blocks of each MiB are all that was in use of what went.
      expect(ended.movedBytes).toBeLessThan(0.05 * (before - ended.heldBytes))
      expect(wrongBlocks(file, rounds)).toBe(0)
    })

    test(
      'shares nothing anew with a snapshot: what both have stays where it is',
      { timeout: 120_000 },
      async () => {
        const { ref, file } = await share()
        const rounds = writeBlocks(file, 700)
        const kept = await snapshotOf(ref)
        const then = rounds.slice()
        // One block of each MiB is the snapshot's too to the end; the rest is the share's alone, and exceeds.
        for (let round = 2; round <= 4; round++) {
          const passing = await snapshotOf(ref)
          rewrite(file, rounds, round, (block) => allButOne(1)(block) && allButOne(round)(block))
          await removed(passing)
        }
        const before = await counters(ref)
        expect(before.alone).toBeGreaterThan(bound)
        const shared = before.all - before.alone
        expect(shared).toBeGreaterThan(100 * mib)
        const ended = await compacted(ref)
        const after = await counters(ref)
        expect(ended.end).toBe('done')
        expect(after.alone).toBeLessThanOrEqual(goal)
        expect(after.all - after.alone).toBe(shared)
        const tree = await driver.mountsSnapshots!.tree(call(), kept)
        expect(wrongBlocks(join(tree.path, 'content'), then)).toBe(0)
        expect(wrongBlocks(file, rounds)).toBe(0)
        await removed(kept)
      },
    )

    test(
      'is left alone where the pool has no more than its reserve, and says why',
      { timeout: 120_000 },
      async () => {
        const { ref, file, rounds } = await exceedingShare()
        const [pool] = await driver.watches!.room(call())
        const { freeBytes, totalBytes } = pool!
        const tight = image.create(options({ reserve_percent: 50 }), bench.parts('alpha'))
        await tight.setup(call())
        // All that is free but the reserve and a MiB.
        const filler = join(root, 'filler')
        execFileSync('fallocate', ['--length', String(Math.floor(freeBytes - totalBytes / 2 - mib)), filler])
        const before = await counters(ref)
        expect(await compacted(ref, tight)).toEqual({
          movedBytes: 0,
          heldBytes: before.alone,
          longestWaitMs: 0,
          end: 'room',
        })
        const [report] = await tight.pools(call())
        expect(report?.extra).toMatchObject({
          exceeding_bytes: before.alone - given,
          exceeding_note:
            "a share holds more of the pool than was promised, and can't be compacted: the pool has less free than its reserve and what that takes",
        })
        execFileSync('rm', [filler])
        execFileSync('btrfs', ['filesystem', 'sync', root])
        const ended = await compacted(ref)
        expect(ended.end).toBe('done')
        expect(wrongBlocks(file, rounds)).toBe(0)
        expect(await compacted(ref, tight)).toMatchObject({ end: 'done' })
        expect((await tight.pools(call()))[0]?.extra).not.toHaveProperty('exceeding_note')
      },
    )

    test(
      'is brought back where there is little more than the reserve, which is never taken for it',
      { timeout: 120_000 },
      async () => {
        // More has to be moved than there is room for at once.
        const { ref, file, rounds } = await exceedingShare(900, (block) => block % 256 < 128)
        const tight = image.create(options({ reserve_percent: 50 }), bench.parts('alpha'))
        await tight.setup(call())
        const room = async () => (await tight.watches!.room(call()))[0]!
        const { freeBytes, reserveBytes } = await room()
        const filler = join(root, 'filler')
        const spare = 48 * mib
        execFileSync('fallocate', ['--length', String(freeBytes - reserveBytes - spare), filler])
        const before = (await counters(ref)).alone
        // As the kernel counts it, of which `statfs` tells only what was committed.
        const taken = takenOf(root)
        const work = { goesOn: true, atFirst: await firstOf(taken), most: 0, looks: 0 }
        const looking = (async () => {
          for (; work.goesOn; work.looks++) {
            work.most = Math.max(work.most, (taken() ?? 0) - work.atFirst)
            await new Promise((resolve) => setTimeout(resolve, 2))
          }
        })()
        const ended = await compacted(ref, tight)
        work.goesOn = false
        await looking
        console.log(
          `${inMib(ended.movedBytes)} MiB moved within ${inMib(spare)} above the reserve, of which ${inMib(work.most)} were taken at most (${work.looks} looks)`,
        )
        expect(ended.end).toBe('done')
        expect(ended.movedBytes).toBeGreaterThan(spare)
        expect(work.most).toBeGreaterThan(0)
        expect(work.most).toBeLessThanOrEqual(spare)
        expect(ended.heldBytes).toBeLessThan(before - spare)
        expect(wrongBlocks(file, rounds)).toBe(0)
        execFileSync('rm', [filler])
      },
    )

    test(
      'is not touched while somebody is at work with the share, nor when it is switched off',
      { timeout: 120_000 },
      async () => {
        const { ref } = await exceedingShare()
        const lock = join(bench.dir, 'alpha/locks', ref.id)
        const before = (await counters(ref)).alone
        const held = await heldLock(lock)
        expect(await driver.compacts!.compact(call(), ref.id)).toEqual({
          movedBytes: 0,
          heldBytes: before,
          longestWaitMs: 0,
          end: 'busy',
        })
        await held()
        const off = image.create(options({ compact_mib_per_s: 0 }), bench.parts('alpha'))
        await off.setup(call())
        expect(await off.compacts!.compact(call(), ref.id)).toMatchObject({ movedBytes: 0, end: 'nothing' })
        expect((await counters(ref)).alone).toBe(before)
        // A second for each MiB: most of the time it sleeps.
        const half = await exceedingShare(900, (block) => block % 256 < 128)
        // One that is deleted meanwhile, or was, is no failure and leaves no lock.
        const slow = image.create(options({ compact_mib_per_s: 1 }), bench.parts('alpha'))
        await slow.setup(call())
        const compacting = slow.compacts!.compact(call(), half.ref.id)
        await untilLocked(join(bench.dir, 'alpha/locks', half.ref.id))
        await driver.delete(call(), half.ref)
        expect((await compacting).end).toBe('busy')
        expect(existsSync(join(bench.dir, 'alpha/locks', half.ref.id))).toBe(false)
        await driver.delete(call(), ref)
        expect(await driver.compacts!.compact(call(), ref.id)).toEqual({
          movedBytes: 0,
          heldBytes: 0,
          longestWaitMs: 0,
          end: 'nothing',
        })
        expect(existsSync(lock)).toBe(false)
      },
    )

    test('and every other call about the share is done meanwhile', { timeout: 180_000 }, async () => {
      // Half of each extent has to be moved.
      const { ref, rounds } = await exceedingShare(900, (block) => block % 256 < 128)
      const slow = image.create(options({ compact_mib_per_s: 32 }), bench.parts('alpha'))
      await slow.setup(call())
      const calls = async (): Promise<Record<string, number>> => {
        const took: Record<string, number> = {}
        const timed = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
          const began = performance.now()
          const answer = await act()
          took[name] = Math.max(took[name] ?? 0, Math.round(performance.now() - began))
          return answer
        }
        for (let turn = 0; turn < 25; turn++) {
          await timed('extend', () => driver.extend(call(), ref, 1))
          await timed('ensure', () => driver.ensure(call(), ref))
        }
        return took
      }
      const alone = await calls()
      const work = { goesOn: true, moved: 0, longestMs: 0, heldBytes: 0 }
      const compacting = (async () => {
        while (work.goesOn) {
          const { movedBytes, heldBytes, longestWaitMs } = await slow.compacts!.compact(call(), ref.id)
          work.moved += movedBytes
          work.heldBytes = heldBytes
          work.longestMs = Math.max(work.longestMs, longestWaitMs)
        }
      })()
      const beside = await calls()
      const snapshot = await snapshotOf(ref)
      const { tree } = await driver.reverts!.revert(call(), ref, snapshot, randomUUID())
      await driver.snapshots!.delete(call(), snapshot)
      await driver.ensure(call(), ref)
      work.goesOn = false
      await compacting
      expect(work.moved).toBeGreaterThan(0)
      // A lock is waited for ten seconds; far less than that is what everybody has to have in hand.
      expect(work.longestMs).toBeLessThan(3000)
      console.log(
        `milliseconds at most, alone: ${JSON.stringify(alone)}, beside a compaction that moved ${inMib(work.moved)} MiB: ${JSON.stringify(beside)}; its longest turn: ${work.longestMs}`,
      )
      expect(wrongBlocks(join(tree?.path ?? '', 'content'), rounds)).toBe(0)
    })

    test('and what is written between reading and putting in place stays', { timeout: 120_000 }, async () => {
      const { ref, file, rounds } = await exceedingShare(100)
      const { exec } = bench.parts('alpha')
      const reached = join(bench.dir, 'reached')
      // Each turn sleeps before it puts anything in place, and the file is written to meanwhile.
      const delay = ['-e', 'trace=sync_file_range', '-e', 'inject=sync_file_range:delay_enter=500000']
      const slowed: Exec = {
        run: (argv, runOptions) => exec.run(['strace', '-qq', '-o', reached, ...delay, ...argv], runOptions),
      }
      const step = compactBy(slowed)(ref, 110 * mib)
      // One after another, each once, the blocks that are moved.
      for (let mibs = 0; mibs < 100; mibs++) {
        rewrite(file, rounds, 2, (block) => block === mibs * 256 + 1)
        await new Promise((resolve) => setTimeout(resolve, 10))
      }
      expect(await step).toBe('whole')
      expect(wrongBlocks(file, rounds)).toBe(0)
      execFileSync('sh', ['-c', 'sync; echo 1 > /proc/sys/vm/drop_caches'])
      expect(wrongBlocks(file, rounds)).toBe(0)
    })

    test(
      'killed at any system call: nothing is lost or left, and the next one goes on',
      { timeout: 300_000 },
      async () => {
        const { ref, file, rounds } = await exceedingShare(300)
        const calls = 'ioctl,openat,write,sync_file_range,flock,fadvise64'
        let at: number | null = null
        const { exec } = bench.parts('alpha')
        const killing: Exec = {
          run: (argv, runOptions) =>
            at === null ||
            argv[1]?.endsWith('/steps.pl') !== true ||
            runOptions.input?.includes('compact') !== true
              ? exec.run(argv, runOptions)
              : exec.run(
                  [
                    'strace',
                    '-qq',
                    '-o',
                    '/dev/null',
                    '-e',
                    `trace=${calls}`,
                    '-e',
                    `inject=${calls}:signal=SIGKILL:when=${at}`,
                    ...argv,
                  ],
                  runOptions,
                ),
        }
        // Its group is far below its image: the step is asked for less.
        const step = compactBy(killing)
        let kills = 0
        for (at = 1; ; at += 1 + Math.floor(kills / 8)) {
          const ended = await step(ref, 310 * mib)
          if (ended === 'whole') break
          kills++
          expect(readdirSync(join(root, 'shares', ref.id))).toEqual(['image'])
          if (kills % 4 === 0) expect(wrongBlocks(file, rounds), `after a kill at call ${at}`).toBe(0)
        }
        at = null
        expect(kills).toBeGreaterThan(10)
        expect(await step(ref, 310 * mib)).toBe('whole')
        expect((await counters(ref)).alone).toBeLessThanOrEqual(310 * mib)
        expect(wrongBlocks(file, rounds)).toBe(0)
        execFileSync('btrfs', ['filesystem', 'sync', root])
        const snapshot = await snapshotOf(ref)
        const tree = await driver.mountsSnapshots!.tree(call(), snapshot)
        expect(wrongBlocks(join(tree.path, 'content'), rounds)).toBe(0)
        await removed(snapshot)
      },
    )
  },
)

const inMib = (bytes: number): string => (bytes / mib).toFixed(0)

/** Milliseconds: half of what lies between two turns of a compaction at least. */
const oneLookMs = 15

/**
 * Bytes of the pool's data that are in use, being written, or given back at the next commit. Null for a look that took so long that a
 * commit and what was written after it may both be in it.
 */
function takenOf(path: string): () => number | null {
  const fsid = execFileSync('findmnt', ['--noheadings', '--output', 'UUID', '--target', path], {
    encoding: 'utf8',
  })
  const folder = `/sys/fs/btrfs/${fsid.trim()}/allocation/data`
  // Each before what goes over to it, so that nothing is counted twice while it does.
  const counters = ['bytes_pinned', 'bytes_used', 'bytes_reserved', 'bytes_may_use']
  return () => {
    const began = performance.now()
    const all = counters.reduce((sum, name) => sum + Number(readFileSync(join(folder, name), 'utf8')), 0)
    return performance.now() - began < oneLookMs ? all : null
  }
}

async function firstOf(look: () => number | null): Promise<number> {
  for (;;) {
    const seen = look()
    if (seen !== null) return seen
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Numbers from 0 up to 1, the same at every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
}

/** Somebody has the lock until the answer is called. */
async function heldLock(file: string): Promise<() => Promise<void>> {
  const hold = 'open(my $f, "<", $ARGV[0]) or die; flock($f, 2) or die; $| = 1; print "held\n"; <STDIN>'
  const child = spawn('perl', ['-e', hold, file], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await once(child, 'exit')
  }
}

/** Until somebody has the lock; looking does not take it. */
async function untilLocked(file: string): Promise<void> {
  const inode = new RegExp(`FLOCK .*:${statSync(file).ino} `)
  for (const end = Date.now() + 20_000; !inode.test(readFileSync('/proc/locks', 'utf8'));) {
    if (Date.now() > end) throw new Error(`nobody takes ${file}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** The step alone, towards so many bytes; says why it ended when it did not end by itself. */
function compactBy(exec: Exec): (ref: ShareRef, target: number) => Promise<string> {
  const fsid = execFileSync('findmnt', ['--noheadings', '--output', 'UUID', '--target', root], {
    encoding: 'utf8',
  })
  const folder = `/sys/fs/btrfs/${fsid.trim()}/qgroups`
  const pool = {
    layout: layoutOf(join(root, '..')),
    qgroups: { folder } as Parameters<typeof compactStep>[0]['qgroups'],
    host: join(bench.dir, 'pool.img'),
    options: options(),
    locks: join(bench.dir, 'alpha/locks'),
  }
  return (ref, target) =>
    carryOut(commandsOf(exec, call()), [
      compactStep(pool, ref.id, { target, rate: 4096 * mib, seconds: 20 }),
    ]).then(
      () => 'whole',
      (error: Error) => error.message,
    )
}
