/**
 * What a pool has promised is there: whatever happened to a share before, it can be written to its last byte after others were given
 * all that the pool still had. What is promised twice because of a snapshot that is gone is given back where the pool lacks room.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { isDriverError } from '../../contract/driver.ts'
import { allButOne, rewrite, wrongBlocks, writeBlocks, type Rounds } from './blocks.fixture.ts'
import { driver as image } from './index.ts'
import { imageBytes } from './size.ts'
import { call, cannotRun, optionsOf, scratch, shareRef, snapshotRef } from './bench.fixture.ts'
import type { ShareRef, SnapshotRef, StorageDriver } from '../../contract/driver.ts'
import type { Bench } from './bench.fixture.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
/** Of a share of 1 GiB: with its blocks it is as good as full. */
const contentMib = 1030

let bench: Bench
let driver: StorageDriver
let root: string
afterEach(() => bench?.clean())

async function pool(sizeGib: number): Promise<void> {
  bench = scratch()
  const options = { loop_file: join(bench.dir, 'pool.img'), size_gib: sizeGib, compact_mib_per_s: 4096 }
  driver = image.create(optionsOf(options), bench.parts('alpha'))
  await driver.setup(call())
  root = join(bench.dir, 'alpha/pool/manila')
}

interface Made {
  readonly ref: ShareRef
  readonly file: string
}

async function share(): Promise<Made> {
  const fresh = shareRef(randomUUID(), { pool: 'image' })
  const { state, tree } = await driver.create(call(), fresh)
  return { ref: { ...fresh, state }, file: join(tree?.path ?? '', 'content') }
}

/** Until the kernel has let go of what was deleted. */
function settled(): void {
  for (const what of ['filesystem', 'subvolume', 'filesystem']) execFileSync('btrfs', [what, 'sync', root])
}

async function overSnapshot(
  ref: ShareRef,
  work: (snapshot: SnapshotRef) => void | Promise<void>,
): Promise<void> {
  const snapshot = snapshotRef(randomUUID(), ref)
  await driver.snapshots!.create(call(), snapshot)
  await work(snapshot)
  await driver.snapshots!.delete(call(), snapshot)
  settled()
}

/** Shares of 1 GiB for as long as the pool takes them; beside them what it took or refused although it said otherwise. */
async function fill(): Promise<{ readonly made: readonly Made[]; readonly untrue: readonly string[] }> {
  const made: Made[] = []
  const untrue: string[] = []
  for (;;) {
    const [report] = await driver.pools(call())
    const { freeGib } = report!
    const one = await share().catch((error: unknown) => {
      if (!isDriverError(error) || error.outcome !== 'no-room-here') throw error
      return null
    })
    if ((freeGib ?? 0) >= 1 !== (one !== null))
      untrue.push(`${freeGib} GiB free, and one GiB ${one === null ? 'refused' : 'taken'}`)
    if (one === null) return { made, untrue }
    made.push(one)
  }
}

/** Takes all of the pool but what it needs to promise so many shares more, and a little. */
async function leaveRoom(shares: number): Promise<void> {
  settled()
  const [room] = await driver.watches!.room(call())
  const { freeBytes, reserveBytes } = room!
  const spare = freeBytes - reserveBytes - shares * imageBytes(1) - 200 * mib
  execFileSync('fallocate', ['--length', String(spare), join(root, 'filler')])
  settled()
}

/** Takes away the blocks of the file that are chosen, as a client does who deletes files: the image has holes there. */
function punch(file: string, chosen: (block: number) => boolean): void {
  const script = `open(my $f, '+<', $ARGV[0]) or die;
    while (<STDIN>) { my ($at, $length) = split; syscall(${process.arch === 'x64' ? 285 : 47}, fileno $f, 3, $at + 0, $length + 0) == 0 or die "$!" }`
  const runs: string[] = []
  for (let from = 0; from < contentMib * 256; from++) {
    let to = from
    while (to < contentMib * 256 && chosen(to)) to++
    if (to > from) runs.push(`${from * 4096} ${(to - from) * 4096}`)
    from = to
  }
  execFileSync('perl', ['-e', script, file], { input: `${runs.join('\n')}\n` })
  execFileSync('sync', ['-f', file])
}

/** What happened to a full share; each answers where its file is now. */
const histories: Readonly<Record<string, (it: Made, rounds: Rounds) => Promise<string>>> = {
  'a snapshot is gone': async ({ ref, file }) => {
    await overSnapshot(ref, () => undefined)
    return file
  },
  'a snapshot is gone over which some was overwritten': async ({ ref, file }, rounds) => {
    await overSnapshot(ref, () => rewrite(file, rounds, 1, (block) => block % 256 < 32))
    return file
  },
  'it was reverted to a snapshot that is gone': async ({ ref }) => {
    let path = ''
    await overSnapshot(ref, async (snapshot) => {
      path = (await driver.reverts!.revert(call(), ref, snapshot, randomUUID())).tree?.path ?? ''
    })
    return join(path, 'content')
  },
  'most of it was deleted': async ({ ref, file }) => {
    punch(file, allButOne(200))
    // XFS tells the pool of it a little later.
    const image = join(root, 'shares', ref.id, 'image')
    for (const end = Date.now() + 20_000; statSync(image).blocks * 512 > 0.1 * imageBytes(1);) {
      if (Date.now() > end) throw new Error('what was deleted stays in the image')
      await sleep(20)
    }
    settled()
    return file
  },
}

describe.skipIf(cannotRun !== null)(
  `what an image pool promises${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    for (const [history, act] of Object.entries(histories))
      test(
        `a share can be overwritten and the others filled when ${history}`,
        { timeout: 240_000 },
        async () => {
          await pool(6)
          const subject = await share()
          const rounds = writeBlocks(subject.file, contentMib)
          await leaveRoom(2)
          const content = await act(subject, rounds)
          const { made, untrue } = await fill()
          expect(made.length).toBeGreaterThan(0)
          // All but a block of each MiB, which keeps the extent it lies in.
          rewrite(content, rounds, 2, allButOne(200))
          const filled = made.map(({ file }) => [file, writeBlocks(file, contentMib)] as const)
          for (const [file, written] of [[content, rounds] as const, ...filled])
            expect(wrongBlocks(file, written)).toBe(0)
          expect(untrue).toEqual([])
        },
      )

    test(
      'a share is written anew when the pool lacks the room that a snapshot which is gone has it promise',
      { timeout: 240_000 },
      async () => {
        await pool(6)
        const subject = await share()
        const rounds = writeBlocks(subject.file, contentMib)
        await overSnapshot(subject.ref, () => undefined)
        // There is room: nothing is to be done.
        const before = await told()
        expect(await driver.compacts!.exceeding(call())).toEqual([])
        expect((await driver.compacts!.compact(call(), subject.ref.id)).movedBytes).toBe(0)
        await leaveRoom(1)
        const short = await told()
        expect(short).toMatchObject({ free: 0, promised: before.promised })
        // A snapshot has the same: to write that anew would take the room twice, and give nothing back.
        await overSnapshot(subject.ref, async () => {
          await told()
          expect(await driver.compacts!.exceeding(call())).toEqual([])
        })
        await told()
        const held = await driver.compacts!.exceeding(call())
        expect(held).toMatchObject([{ id: subject.ref.id, tooMuch: true }])
        let movedBytes = 0
        for (let end = 'time'; end === 'time';) {
          const one = await driver.compacts!.compact(call(), subject.ref.id)
          movedBytes += one.movedBytes
          end = one.end
          expect(['time', 'done']).toContain(end)
        }
        expect(movedBytes).toBeGreaterThan(0.95 * contentMib * mib)
        expect(movedBytes).toBeLessThan(1.1 * contentMib * mib)
        settled()
        const after = await told()
        expect(after.promised).toBeLessThan(before.promised - 0.95 * contentMib * mib)
        expect(after.free).toBeGreaterThanOrEqual(1)
        // The report says no more of it than what is held beyond the image, and there is nothing left to do.
        expect(await driver.compacts!.exceeding(call())).toEqual([])
        expect((await driver.compacts!.compact(call(), subject.ref.id)).movedBytes).toBe(0)
        const { made, untrue } = await fill()
        expect([made.length, untrue]).toEqual([1, []])
        rewrite(subject.file, rounds, 2, allButOne(200))
        const filled = made.map(({ file }) => [file, writeBlocks(file, contentMib)] as const)
        for (const [file, written] of [[subject.file, rounds] as const, ...filled])
          expect(wrongBlocks(file, written)).toBe(0)
      },
    )

    test('what was seen of images is not believed after a new start, nor when it is no sense', async () => {
      await pool(4)
      await share()
      settled()
      const { promised } = await told()
      const seen = join(bench.dir, 'alpha/locks/.seen')
      // As after a loss of power: a generation comes again, and another image has it.
      writeFileSync(seen, readFileSync(seen, 'utf8').replace(/ \d+$/gm, ` ${gib}`))
      expect((await told()).promised).toBeLessThan(promised - gib / 2)
      await driver.setup(call())
      expect((await told()).promised).toBe(promised)
      writeFileSync(seen, readFileSync(seen, 'utf8').replace(/\d+$/gm, 'x'))
      expect((await told()).promised).toBe(promised)
    })
  },
)

async function told(): Promise<{ readonly free: number; readonly promised: number }> {
  const [report] = await driver.pools(call())
  return { free: Math.floor(report?.freeGib ?? NaN), promised: Number(report?.extra['promised_bytes']) }
}
