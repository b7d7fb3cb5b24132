/**
 * What a tenant's own kernel notices of shares that are file systems in images: the size that `df` tells, a boot of the server's host
 * after which every loop device has another number, an extend, a full pool, and the death of the client itself.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { call, cannotRun } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import { GuestUnavailable, startGuest, type Guest } from '../../tools/programs/guest/index.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { until } from '../faults/world.ts'
import { long } from '../helpers/long.ts'
import { nfsBench, obstacleOf, type NfsBench, type Published } from './nfs-bench.ts'

const mib = 1024 ** 2
const cacheDir = join(import.meta.dirname, '../../node_modules/.cache/guest')
const everybody = { '127.0.0.0/8': 'rw' } as const

// Whether there is a guest decides the name of the suite, so it starts before the suite is declared.
const started = await tryStart()
const cannot = typeof started === 'string' ? started : obstacleOf('image')

async function tryStart(): Promise<Guest | string> {
  if (cannotRun !== null) return cannotRun
  try {
    return await startGuest({ cacheDir })
  } catch (error) {
    if (error instanceof GuestUnavailable) return error.message
    throw error
  }
}

describe.skipIf(cannot !== null)(
  `kernel NFS client, image and its host${cannot === null ? '' : ` (${cannot})`}`,
  () => {
    let guest = started as Guest
    let bench: NfsBench

    beforeAll(async () => {
      bench = await nfsBench('image', { sizeGib: 6 })
    })
    afterEach(async () => {
      await guest.sh('rm -f /tmp/go; wait; umount -f -l /mnt/a; umount -f -l /mnt/b')
    })
    afterAll(async () => {
      await guest.stop()
      bench?.clean()
    })

    /** Runs a command that must succeed and answers what it printed. */
    async function ok(command: string): Promise<string> {
      const { rc, output } = await guest.sh(command, { timeoutMs: 120_000 })
      if (rc !== 0) throw new Error(`${command}: ended with ${rc}: ${output}`)
      return output
    }
    /** Hard, as tenants mount: a server that is away is waited for. */
    async function mount({ path }: Published, at: string, version = '4.1'): Promise<void> {
      const options = `vers=${version},port=${bench.port},addr=10.0.2.2,clientaddr=10.0.2.15,sec=sys,hard`
      await ok(`mkdir -p ${at} && mount -t nfs4 -o ${options} 10.0.2.2:${path} ${at}`)
    }
    const kibOf = async (at: string, column: number) =>
      Number((await ok(`df -P -k ${at} | tail -1`)).trim().split(/\s+/)[column])

    test('df tells the size of the share and at most 7 % more, also after an extend', async () => {
      const it = await bench.publish(everybody)
      await mount(it, '/mnt/a')
      const told: string[] = []
      for (const size of [1, 3, 10]) {
        if (size > 1) await bench.driver.extend(call(), it.share, size)
        // The client asks the server again when what it knows is some seconds old.
        const asked = size * mib
        const all = await until(`df of ${size} GiB`, 70_000, async () => {
          const kib = await kibOf('/mnt/a', 1)
          return kib >= asked ? kib : null
        })
        expect(all).toBeLessThanOrEqual(asked * 1.07)
        const free = await kibOf('/mnt/a', 3)
        told.push(
          `${size} GiB: ${(100 * (all / asked - 1)).toFixed(1)} % more, ${((100 * free) / asked).toFixed(1)} % of it free`,
        )
        expect(free).toBeGreaterThanOrEqual(asked)
      }
      console.log(`df of empty shares: ${told.join('; ')}`)
      await ok('umount /mnt/a')
      await bench.remove(it)
    })

    /** All loop devices of images, in the order of their numbers, with the path of the share they show. */
    const loopsNow = () =>
      mounts()
        .filter(({ path, fsType }) => fsType === 'xfs' && path.startsWith(`${bench.dir}/`))
        .map(({ path, source }) => ({ path, source }))

    test('the host boots and its images get other loop devices: an open file goes on', async () => {
      const shares: Published[] = []
      for (let n = 0; n < 5; n++) shares.push(await bench.publish(everybody))
      const [first, , , , last] = shares
      await mount(first!, '/mnt/a')
      await mount(last!, '/mnt/b', '4.2')
      await ok('exec 5>/mnt/a/open 6>/mnt/b/open; echo before >&5; echo before >&6; sync')
      const before = loopsNow()
      // Nobody is there to start the server again.
      await bench.exporter.stop(call(), { detach: false })
      await bench.kill()
      await bench.driver.stop(call(), { detach: true })
      expect(loopsNow()).toEqual([])
      await bench.driver.setup(call())
      const trees = new Map<string, Awaited<ReturnType<typeof bench.driver.ensure>>['tree']>()
      for (const { share } of shares.toReversed())
        trees.set(share.id, (await bench.driver.ensure(call(), share)).tree)
      const after = new Map(loopsNow().map(({ path, source }) => [path, source]))
      const moved = before.filter(({ path, source }) => after.get(path) !== source)
      expect(after.size).toBe(before.length)
      expect(moved.length).toBeGreaterThan(0)
      await bench.exporter.setup(call())
      for (const { share } of shares) await bench.publishTree(share, trees.get(share.id) ?? null, everybody)
      await ok('echo after >&5; echo after >&6; sync; exec 5>&- 6>&-')
      expect(await ok('cat /mnt/a/open /mnt/b/open')).toBe('before\nafter\nbefore\nafter')
      console.log(`${moved.length} of ${before.length} images came back on another loop device`)
      await ok('umount /mnt/a; umount /mnt/b')
      for (const it of shares) await bench.remove(it)
    })

    test('a writing client is not disturbed by extends', async () => {
      const it = await bench.publish(everybody)
      await mount(it, '/mnt/a')
      await ok(`rm -f /tmp/failures; touch /tmp/go /tmp/failures; ${journal('/mnt/a/journal')}`)
      for (const size of [2, 4, 7]) {
        await acknowledged(5)
        await bench.driver.extend(call(), it.share, size)
      }
      await acknowledged(5)
      await ok('rm /tmp/go; wait')
      expect(await ok('cat /tmp/failures')).toBe('')
      const count = Number(await ok('cat /tmp/acknowledged'))
      expect(await linesOver(it)).toBe(count)
      await ok('umount /mnt/a')
      await bench.remove(it)
    })

    const deaths = long ? 20 : 1
    test(`a client that dies while it writes, ${deaths} times: what it had synced is there, others go on`, async () => {
      const it = await bench.publish(everybody)
      const other = await bench.publish(everybody)
      const nfs = await mountNfs({ host: '127.0.0.1', port: bench.port, path: other.path })
      for (let death = 0; death < deaths; death++) {
        await mount(it, '/mnt/a')
        await ok(
          `rm -f /mnt/a/journal /tmp/acknowledged; touch /tmp/go /tmp/failures; ${journal('/mnt/a/journal')}`,
        )
        await acknowledged(5)
        await sleep(Math.random() * 300)
        const least = Number(await ok('cat /tmp/acknowledged'))
        await guest.stop()
        await nfs.write('alive', Buffer.from(String(death)))
        expect(await linesOver(it)).toBeGreaterThanOrEqual(least)
        // The share is free of the dead client: it can be taken away, and given to the next one.
        await bench.exporter.unpublish(call(), it.exported)
        await bench.publishTree(it.share, (await bench.driver.ensure(call(), it.share)).tree, everybody)
        guest = await startGuest({ cacheDir })
      }
      await nfs.close()
      await bench.remove(it)
      await bench.remove(other)
    }, 600_000)

    /** Appends a line after the other, each synced before it counts. */
    const journal = (path: string): string =>
      `( n=0; while [ -e /tmp/go ]; do n=$((n+1)); if echo "line $n" | dd of=${path} oflag=append conv=notrunc,fsync 2>>/tmp/said; ` +
      `then echo $n >/tmp/acknowledged.new; mv /tmp/acknowledged.new /tmp/acknowledged; else echo $n >>/tmp/failures; fi; done ) >/dev/null 2>&1 &`
    async function acknowledged(more: number): Promise<void> {
      const now = async () => Number((await guest.sh('cat /tmp/acknowledged 2>/dev/null')).output || '0')
      const goal = (await now()) + more
      await until(`${more} more synced lines`, 60_000, async () => (await now()) >= goal)
    }
    /** How many lines are there, by another client; the last may be half. */
    async function linesOver({ path }: Published): Promise<number> {
      const nfs = await mountNfs({ host: '127.0.0.1', port: bench.port, path })
      const lines = (await nfs.read('journal')).toString().split('\n')
      await nfs.close()
      const whole = lines.slice(0, -1)
      expect(whole).toEqual(whole.map((_, n) => `line ${n + 1}`))
      return whole.length
    }
  },
)
