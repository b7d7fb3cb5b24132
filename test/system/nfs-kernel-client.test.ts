/**
 * A real Linux NFS client, in a virtual machine, against a real NFS-Ganesha over a real pool: all minor versions, the limit,
 * changed rules under a mount, and a restart of the server. All of it on `image`; on `btrfs` what depends on the driver.
 */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { call, cannotRun } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { GuestUnavailable, startGuest, type Guest } from '../../tools/programs/guest/index.ts'
import { mountNfs, type NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { nfsBench, obstacleOf, pools, type NfsBench, type Published } from './nfs-bench.ts'

const mib = 1024 ** 2
const cacheDir = join(import.meta.dirname, '../../node_modules/.cache/guest')

// Whether there is a guest decides the name of the suite, so it starts before the suite is declared.
const started = await tryStart()
const skipReason = typeof started === 'string' ? started : null

async function tryStart(): Promise<Guest | string> {
  if (cannotRun !== null) return cannotRun
  try {
    return await startGuest({ cacheDir })
  } catch (error) {
    if (error instanceof GuestUnavailable) return error.message
    throw error
  }
}

afterAll(async () => {
  if (typeof started !== 'string') await started.stop()
})

for (const pool of pools) {
  const lacks = skipReason ?? obstacleOf(pool)
  const image = pool === 'image'
  describe.skipIf(lacks !== null)(`kernel NFS client, ${pool}${lacks === null ? '' : ` (${lacks})`}`, () => {
    const guest = started as Guest
    let bench: NfsBench
    /** SHA-256 of what is written below, taken before it ever goes over NFS. */
    let expected: string

    beforeAll(async () => {
      console.log(`the guest booted in ${(guest.bootMs / 1000).toFixed(1)} s`)
      bench = await nfsBench(pool)
      await ok('mkdir -p /mnt/a; dd if=/dev/urandom of=/tmp/data bs=1M count=32')
      expected = await sum('/tmp/data')
    })
    afterEach(async () => {
      await guest.sh('rm -f /tmp/go; wait; umount -f -l /mnt/a')
    })
    afterAll(() => bench?.clean())
    /** Of what has nothing to do with the driver one run is enough. */
    const once = (name: string, body: () => Promise<void>): void => {
      if (image) test(name, body)
    }

    /** Runs a command that must succeed and answers what it printed. */
    async function ok(command: string): Promise<string> {
      const { rc, output } = await guest.sh(command, { timeoutMs: 120_000 })
      if (rc !== 0) throw new Error(`${command}: ended with ${rc}: ${output}`)
      return output
    }
    const sum = async (path: string) => (await ok(`sha256sum ${path}`)).slice(0, 64)

    async function mount({ path }: Published, version: string): Promise<void> {
      // Soft, so that a server that went wrong fails the test instead of hanging the guest.
      const options = `vers=${version},port=${bench.port},addr=10.0.2.2,clientaddr=10.0.2.15,sec=sys,soft,timeo=300,retrans=2`
      await ok(`mount -t nfs4 -o ${options} 10.0.2.2:${path} /mnt/a`)
      expect(await ok('grep /mnt/a /proc/mounts')).toContain(`vers=${version},`)
    }

    test.each(image ? ['4.0', '4.1', '4.2'] : ['4.2'])(
      'NFS %s: 32 MiB come back to the kernel and to us',
      async (version) => {
        const it = await bench.publish({ '127.0.0.1': 'rw' })
        await mount(it, version)
        const begun = performance.now()
        await ok('cp /tmp/data /mnt/a/data && sync')
        const writing = performance.now() - begun
        // A new mount has no cache to answer from.
        await ok('umount /mnt/a')
        await mount(it, version)
        expect(await sum('/mnt/a/data')).toBe(expected)
        console.log(`NFS ${version}: 32 MiB written and synced in ${(writing / 1000).toFixed(1)} s`)

        const nfs = await mountNfs({ host: '127.0.0.1', port: bench.port, path: it.path })
        const hash = createHash('sha256')
        expect(await nfs.readTo('data', hash)).toBe(32 * mib)
        expect(hash.digest('hex')).toBe(expected)
        await nfs.write('ours', Buffer.from('written in user space'))
        await nfs.close()
        expect(await ok('cat /mnt/a/ours')).toBe('written in user space')
        await ok(
          'mkdir /mnt/a/d && mv /mnt/a/ours /mnt/a/d/theirs && ln -s d/theirs /mnt/a/link && chmod 600 /mnt/a/link',
        )
        expect(await ok('cat /mnt/a/link; stat -c %a /mnt/a/d/theirs')).toBe('written in user space600')
        await ok('rm -r /mnt/a/d /mnt/a/link && umount /mnt/a')
        await bench.remove(it)
      },
    )

    test('a full share says so, and goes on when it is extended', async () => {
      const asked = image ? 1 : 0.25
      const it = await bench.publish({ '127.0.0.1': 'rw' }, asked)
      const nfs = await mountNfs({ host: '127.0.0.1', port: bench.port, path: it.path, timeoutMs: 60_000 })
      const fillWith = (into: Uint8Array): void => void into.fill(7)
      // Room for half of what comes next.
      if (image) {
        const full = (await nfs
          .write('most', { size: 1127 * mib, fillWith })
          .catch((error: unknown) => error)) as NfsError
        expect(full.code).toBe('NFS4ERR_NOSPC')
        await nfs.set('most', { size: (full.bytesWritten ?? 0) - 16 * mib })
      } else await nfs.write('most', { size: 236 * mib, fillWith })
      await nfs.close()
      await mount(it, '4.2')
      const copy = 'dd if=/tmp/data of=/mnt/a/more bs=1M conv=fsync'
      const { rc, output } = await guest.sh(copy, { timeoutMs: 120_000 })
      expect({ rc, output }).toMatchObject({
        rc: 1,
        output: expect.stringMatching(image ? /no space left/i : /quota exceeded/i) as string,
      })
      await bench.driver.extend(call(), it.share, 2)
      await ok(copy)
      expect(await sum('/mnt/a/more')).toBe(expected)
      await ok('umount /mnt/a')
      await bench.remove(it)
    })

    once('rules change under a mount: read-only and back, dropped and back', async () => {
      const it = await bench.publish({ '127.0.0.1': 'rw' })
      await mount(it, '4.1')
      await ok('echo first >/mnt/a/f && sync')
      await bench.allow(it, { '127.0.0.1': 'ro' })
      for (const attempt of ['echo no >/mnt/a/g', 'mkdir /mnt/a/d', 'rm /mnt/a/f', 'chmod 600 /mnt/a/f']) {
        const { rc, output } = await guest.sh(attempt)
        expect(rc, attempt).not.toBe(0)
        expect(output).toContain('Read-only file system')
      }
      expect(await ok('cat /mnt/a/f')).toBe('first')
      await bench.allow(it, { '127.0.0.1': 'rw' })
      await ok('echo second >/mnt/a/f && sync')
      await bench.allow(it, { '127.0.0.9': 'rw' })
      expect(await guest.sh('ls /mnt/a')).toMatchObject({
        rc: 1,
        output: expect.stringMatching(/Permission denied|Stale file handle|No such file/) as string,
      })
      await bench.allow(it, { '127.0.0.1': 'rw' })
      expect(await ok('cat /mnt/a/f')).toBe('second')
      await ok('umount /mnt/a')
      await bench.remove(it)
    })

    once('a guest that does not boot in time is a reason to skip, and leaves nothing', async () => {
      const impatient = startGuest({ cacheDir, bootTimeoutMs: 100 })
      await expect(impatient).rejects.toThrow(GuestUnavailable)
    })

    once('a client that has no rule can not mount', async () => {
      const it = await bench.publish({ '127.0.0.9': 'rw' })
      await expect(mount(it, '4.1')).rejects.toThrow(/No such file|denied/)
      await bench.remove(it)
    })

    once('a running dd is not disturbed by exports that come, change and go', async () => {
      const it = await bench.publish({ '127.0.0.1': 'rw' })
      await mount(it, '4.1')
      const round = 'dd if=/tmp/data of=/mnt/a/steady bs=1M count=4 conv=fsync 2>/tmp/said'
      const loop = `while [ -e /tmp/go ]; do ${round} || cat /tmp/said >>/tmp/failures; cat /proc/uptime >>/tmp/rounds; done`
      await ok('rm -f /tmp/failures /tmp/rounds; touch /tmp/go /tmp/failures /tmp/rounds')
      await ok(`( ${loop} ) >/dev/null 2>&1 &`)
      const rounds = async () => Number(await ok('wc -l </tmp/rounds'))
      await expect.poll(rounds, { timeout: 20_000 }).toBeGreaterThan(0)
      const before = await rounds()
      const begun = performance.now()
      for (let turn = 0; turn < 4; turn++) {
        const other = await bench.publish({ '127.0.0.9': 'rw' })
        await bench.allow(other, { '127.0.0.9': 'ro', '127.0.0.1': 'rw' })
        await bench.remove(other)
      }
      const after = await rounds()
      await ok('rm /tmp/go; wait')
      expect(await ok('cat /tmp/failures')).toBe('')
      expect(after).toBeGreaterThan(before)
      const times = (await ok('cat /tmp/rounds')).split('\n').map(Number.parseFloat)
      const longestInGuest = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)))
      // The guest's clock runs ahead for a moment when this host is busy; a pause is no longer than all of it took.
      const longest = Math.min(longestInGuest, (performance.now() - begun) / 1000)
      console.log(`${after - before} rounds of 4 MiB during the changes, the longest ${longest.toFixed(1)} s`)
      expect(longest).toBeLessThan(10)
      await ok('umount /mnt/a')
      await bench.remove(it)
    })

    test('a server that died and came back goes on serving an open file', async () => {
      const it = await bench.publish({ '127.0.0.1': 'rw' })
      await mount(it, '4.1')
      await ok('exec 5>/mnt/a/open; echo before >&5; sync')
      await bench.kill()
      await bench.exporter.setup(call())
      await ok('echo after >&5; sync; exec 5>&-')
      expect(await ok('cat /mnt/a/open')).toBe('before\nafter')
      await ok('umount /mnt/a')
      await bench.remove(it)
    })
  })
}
