/**
 * What others notice while a share is compacted: `node test/perf/compact.ts [FOLDER]` (as root; the pool's file lies in FOLDER). Synced
 * writes of 4 KiB to the share itself and to another one of the same pool, at several rates; and what looking for such shares costs.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  call,
  optionsOf,
  scratch,
  shareRef,
  snapshotRef,
} from '../../src/storage/drivers/image/bench.fixture.ts'
import { allButOne, rewrite, writeBlocks } from '../../src/storage/drivers/image/blocks.fixture.ts'
import { driver as image } from '../../src/storage/drivers/image/index.ts'
import type { ShareRef } from '../../src/storage/contract/driver.ts'

const mib = 1024 ** 2
const seconds = 8
const bench = scratch()
const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'compact-'))
const options = (rate: number) =>
  optionsOf({ loop_file: join(folder, 'pool.img'), size_gib: 10, compact_mib_per_s: rate })
const parts = bench.parts('alpha')
const driver = image.create(options(32), parts)

/** Synced writes of 4 KiB one after another in a file of their own: milliseconds at the 50th and 99th hundredth, and the longest. */
const writer = `
  use strict; use Time::HiRes 'time'; use IO::Handle;
  my ($file, $for) = @ARGV; open(my $out, '+>', $file) or die;
  my (@took, $n); my $end = time + $for;
  while ((my $began = time) < $end) {
    sysseek $out, 4096 * ($n++ % 4096), 0; syswrite $out, 'x' x 4096; $out->sync; push @took, 1000 * (time - $began);
  }
  @took = sort { $a <=> $b } @took;
  printf "%d writes, p50 %.1f, p99 %.1f, longest %.0f ms", scalar @took, $took[@took / 2], $took[@took * 0.99], $took[-1];`

const writes = (dir: string): Promise<string> =>
  new Promise((resolve) => {
    const child = spawn('perl', ['-e', writer, join(dir, `w-${randomUUID()}`), String(seconds)])
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', () => resolve(text))
  })

async function share(): Promise<{ ref: ShareRef; path: string }> {
  const fresh = shareRef(randomUUID(), { pool: 'image' })
  const { state, tree } = await driver.create(call(), fresh)
  return { ref: { ...fresh, state }, path: tree?.path ?? '' }
}

try {
  await driver.setup(call())
  const other = await share()
  for (const [what, overwritten] of [
    ['half of each MiB', (block: number) => block % 256 < 128],
    ['all but a block of each MiB', allButOne(1)],
  ] as const) {
    for (const rate of [0, 32, 128, 100_000]) {
      const it = await share()
      const rounds = writeBlocks(join(it.path, 'blocks'), 900)
      const snapshot = snapshotRef(randomUUID(), it.ref)
      await driver.snapshots!.create(call(), snapshot)
      rewrite(join(it.path, 'blocks'), rounds, 1, overwritten)
      await driver.snapshots!.delete(call(), snapshot)
      execFileSync('btrfs', ['filesystem', 'sync', join(parts.dir, 'pool')])
      execFileSync('btrfs', ['subvolume', 'sync', join(parts.dir, 'pool')])
      const held =
        (await driver.compacts!.exceeding(call())).find(({ id }) => id === it.ref.id)?.heldBytes ?? 0
      const worker = image.create(options(rate), parts)
      await worker.setup(call())
      const began = performance.now()
      const [own, others, ended] = await Promise.all([
        writes(it.path),
        writes(other.path),
        worker
          .compacts!.compact(call(), it.ref.id)
          .then((end) => ({ ...end, s: (performance.now() - began) / 1000 })),
      ])
      console.log(
        `${what}, ${rate === 0 ? 'not compacted' : `${rate} MiB/s`}: ${(held / mib).toFixed(0)} MiB, then ${(ended.heldBytes / mib).toFixed(0)} after ${ended.s.toFixed(1)} s (${(ended.movedBytes / mib).toFixed(0)} moved, ${ended.end}, longest turn ${ended.longestWaitMs} ms); ` +
          `itself: ${own}; another share: ${others}; load ${loadavg()[0]?.toFixed(1)}`,
      )
      await driver.delete(call(), it.ref)
    }
  }
  const root = join(parts.dir, 'pool/manila/shares')
  for (let n = 0; n < 1000; n++) {
    const path = join(root, randomUUID())
    execFileSync('btrfs', ['--quiet', 'subvolume', 'create', path])
    execFileSync('truncate', ['--size', '1G', join(path, 'image')])
  }
  const began = performance.now()
  for (let n = 0; n < 5; n++) await driver.compacts!.exceeding(call())
  console.log(`looking at 1,000 images: ${((performance.now() - began) / 5).toFixed(0)} ms`)
} finally {
  await driver.stop(call(), { detach: true })
  bench.clean()
  rmSync(folder, { recursive: true, force: true })
}
