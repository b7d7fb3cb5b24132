/** A pool whose space was promised more often than it is there, filled by all its shares at once; and a file system that gave up. */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { mounts } from '../../host/mountinfo.ts'
import { driver as image } from './index.ts'
import { call, cannotRun, optionsOf, scratch, shareRef } from './bench.fixture.ts'
import type { ShareRef } from '../../contract/driver.ts'

const mib = 1024 ** 2
const bench = cannotRun === null ? scratch() : null
afterAll(() => bench?.clean())

/** Writes files of a MiB, each synced before the next, until one is refused; says how many were acknowledged and why it ended. */
const writer = `
  use strict; use IO::Handle;
  my ($dir) = @ARGV;
  my ($n, $why) = (0, 'never refused');
  for (; $n < 1100; $n++) {
    open(my $file, '>', "$dir/f$n") or do { $why = "$!"; last };
    my $bytes = sprintf('%016d', $n) . ('x' x (1048576 - 16));
    defined syswrite($file, $bytes) or do { $why = "$!"; last };
    $file->sync or do { $why = "$!"; last };
  }
  print "$n $why\\n";`

const written = (path: string) =>
  new Promise<string>((resolve) => {
    const child = spawn('perl', ['-e', writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
    child.on('close', () => resolve(text.trim()))
  })

describe.skipIf(bench === null)(`a full image pool${cannotRun === null ? '' : ` (${cannotRun})`}`, () => {
  test(
    'refuses what has no room, hangs nobody and loses nothing that was acknowledged',
    { timeout: 240_000 },
    async () => {
      if (bench === null) return
      const parts = { ...bench.parts('alpha'), overSubscription: 10 }
      const driver = image.create(optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 2 }), parts)
      await driver.setup(call())
      const shares: { ref: ShareRef; path: string }[] = []
      for (let count = 0; count < 8; count++) {
        const fresh = shareRef(randomUUID(), { pool: 'image' })
        const { state, tree } = await driver.create(call(), fresh)
        shares.push({ ref: { ...fresh, state }, path: tree?.path ?? '' })
      }
      const ends = await Promise.all(shares.map(({ path }) => written(path)))
      for (const end of ends) expect(end).toMatch(/^\d+ (No space left on device|Read-only file system)$/)
      expect(ends.reduce((sum, end) => sum + Number.parseInt(end), 0)).toBeGreaterThan(1000)

      const began = performance.now()
      for (const { ref } of shares.slice(0, 4)) await driver.delete(call(), ref)
      for (const [at, { ref, path }] of shares.entries()) {
        if (at < 4) continue
        const { tree } = await driver.ensure(call(), ref)
        expect(tree?.path).toBe(path)
        for (let n = 0; n < Number.parseInt(ends[at] ?? ''); n++) {
          const file = readFileSync(join(path, `f${n}`))
          expect([file.length, file.toString('latin1', 0, 16)]).toEqual([mib, String(n).padStart(16, '0')])
        }
        await untilItCan(() => writeFileSync(join(path, 'again'), Buffer.alloc(mib), { flush: true }))
      }
      expect(performance.now() - began, 'milliseconds until all are served again').toBeLessThan(30_000)
      for (const { ref } of shares.slice(4)) await driver.delete(call(), ref)
      await driver.stop(call(), { detach: true })
    },
  )

  test('XFS gives up some time, and what gave up is brought back', { timeout: 60_000 }, async () => {
    if (bench === null) return
    const parts = bench.parts('beta')
    const driver = image.create(optionsOf({ loop_file: join(bench.dir, 'beta.img'), size_gib: 4 }), parts)
    await driver.setup(call())
    const fresh = shareRef(randomUUID(), { pool: 'image' })
    const made = await driver.create(call(), fresh)
    const path = made.tree?.path ?? ''
    const device =
      mounts()
        .find((mount) => mount.path === path)
        ?.source.split('/')
        .at(-1) ?? ''
    for (const error of ['EIO', 'ENOSPC', 'default'])
      expect(
        readFileSync(`/sys/fs/xfs/${device}/error/metadata/${error}/retry_timeout_seconds`, 'utf8').trim(),
      ).toBe('60')
    writeFileSync(join(path, 'content'), 'acknowledged', { flush: true })
    // XFS_IOC_GOINGDOWN without writing its log: as after an error that it can't get over.
    expect(await driver.watches?.failed(call())).toEqual([])
    const down =
      'open(my $root, "<", $ARGV[0]); my $how = pack("L", 2); ioctl($root, 0x8004587d, $how) or die "$!"'
    execFileSync('perl', ['-e', down, path])
    expect(() => readdirSync(path)).toThrow('EIO')
    expect(await driver.watches?.failed(call())).toEqual([fresh.id])
    expect(await driver.ensure(call(), { ...fresh, state: made.state })).toEqual(made)
    expect(readFileSync(join(path, 'content'), 'utf8')).toBe('acknowledged')
    expect(statSync(path).mode & 0o777).toBe(0o777)
    await driver.delete(call(), fresh)
    await driver.stop(call(), { detach: true })
  })
})

/** Space comes back when the pool's cleaner has been at it. */
async function untilItCan(work: () => void): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      work()
      return
    } catch (error) {
      if (tries === 300 || (error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
      await sleep(100)
    }
  }
}
