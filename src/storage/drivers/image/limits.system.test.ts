/** What many that come at once may have together, and that whoever took a lock has it to the end. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { commandsOf } from '../../host/commands.ts'
import { driver as image } from './index.ts'
import { carryOut } from './plan.ts'
import { call, cannotRun, optionsOf, scratch, shareRef } from './bench.fixture.ts'

const bench = cannotRun === null ? scratch() : null
afterAll(() => bench?.clean())

/** Until `look` says so. */
async function until(what: string, look: () => boolean): Promise<void> {
  for (const end = performance.now() + 20_000; !look(); await sleep(5))
    if (performance.now() > end) throw new Error(`${what}: not within 20 s`)
}

/** Holds the lock of a file until it is let go. */
async function holding(file: string): Promise<() => Promise<void>> {
  const child = spawn('flock', [file, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  child.stdin.write('held')
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return async () => {
    child.stdin.end()
    await ended
  }
}

const isLocked = (file: string): boolean => spawnSync('flock', ['--nonblock', file, 'true']).status !== 0

/** Whether a process other than the one that holds it has that file open. */
const openIn = (file: string, program: string): boolean =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program)) return false
        return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === file)
      } catch {
        return false
      }
    })

const attached = (): number =>
  readdirSync('/sys/block').filter((name) => {
    try {
      return readFileSync(`/sys/block/${name}/loop/backing_file`, 'utf8').trim().endsWith('/image')
    } catch {
      return false
    }
  }).length

describe.skipIf(bench === null)(
  `image: limits and locks${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    test('a lock that a plan took is held while its later steps run', async () => {
      if (bench === null) return
      const parts = bench.parts('locks')
      const [mine, next] = [join(parts.dir, 'mine'), join(parts.dir, 'next')]
      const release = await holding(next)
      const running = carryOut(commandsOf(parts.exec, call()), [
        ['lock', mine],
        ['lock', next],
      ])
      // It has come to the second step, and stays there.
      await until('the second step', () => openIn(next, 'steps.pl'))
      expect(isLocked(mine)).toBe(true)
      await release()
      await running
      expect(isLocked(mine)).toBe(false)
    })

    test('whoever counts the images of the host waits for another that does, and counts after him', async () => {
      if (bench === null) return
      const parts = bench.parts('counting')
      const options = optionsOf({ loop_file: join(bench.dir, 'counting.img'), size_gib: 4 })
      const folder = join(bench.dir, 'another')
      mkdirSync(folder)
      const file = join(folder, 'image')
      writeFileSync(file, '')
      truncateSync(file, 1024 ** 2)
      const release = await holding('/dev/loop-control')
      const limited = image.create({ ...options, max_mounts: attached() + 1 }, parts)
      await limited.setup(call())
      const ref = shareRef(randomUUID(), { pool: 'image' })
      const making = limited.create(call(), ref).then(
        () => 'made',
        (error: { outcome?: string }) => error.outcome,
      )
      await until('the count', () => openIn('/dev/loop-control', 'steps.pl'))
      const loop = execFileSync('losetup', ['--find', '--show', file], { encoding: 'utf8' }).trim()
      try {
        await release()
        expect(await making).toBe('no-room-here')
        const root = join(parts.dir, 'pool/manila')
        for (const kind of ['staging', 'shares']) expect(readdirSync(join(root, kind))).toEqual([])
      } finally {
        execFileSync('losetup', ['--detach', loop])
      }
      await limited.delete(call(), ref)
      await limited.stop(call(), { detach: true })
    })

    test('of eight that come at once to a host with room for three, two processes make three', async () => {
      if (bench === null) return
      const parts = bench.parts('eight')
      const options = optionsOf({ loop_file: join(bench.dir, 'eight.img'), size_gib: 16 })
      const before = attached()
      const drivers = [1, 2].map(() => image.create({ ...options, max_mounts: before + 3 }, parts))
      for (const one of drivers) await one.setup(call())
      const refs = Array.from({ length: 8 }, () => shareRef(randomUUID(), { pool: 'image' }))
      const ends = await Promise.all(
        refs.map((ref, n) =>
          drivers[n % 2]!.create(call(), ref).then(
            () => 'made',
            (error: { outcome?: string }) => String(error.outcome),
          ),
        ),
      )
      // Other tests of this host have images too, and may take places.
      const made = ends.filter((end) => end === 'made').length
      expect(made).toBeLessThanOrEqual(3)
      expect(ends.filter((end) => end === 'no-room-here')).toHaveLength(8 - made)
      for (const ref of refs) await drivers[0]!.delete(call(), ref)
      await drivers[0]!.stop(call(), { detach: true })
    })
  },
)
