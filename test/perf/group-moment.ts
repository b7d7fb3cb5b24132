/**
 * Whether all members of a group snapshot could be of one moment: `node test/perf/group-moment.ts [ROUNDS]` (as root). First, how often two
 * shares are of different moments when each has a snapshot of its own, and when one snapshot has both. Then, whether a hold
 * over them ends by itself when whoever asked for it is killed. See decision 0064.
 */
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from './timing.ts'

const rounds = Number(process.argv[2] ?? 50)
const dir = mkdtempSync(join(tmpdir(), 'group-moment-'))
const pool = join(dir, 'pool')
const mounted: string[] = []
/** Writers, which keep their mounts. */
const working = new Set<ChildProcess>()
const run = (...argv: readonly string[]): string =>
  execFileSync(argv[0] ?? '', argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
const subvolume = (path: string): string => run('btrfs', '--quiet', 'subvolume', 'create', path)
const snapshot = (from: string, to: string): string =>
  run('btrfs', '--quiet', 'subvolume', 'snapshot', '-r', from, to)
const remove = (path: string): string => run('btrfs', '--quiet', 'subvolume', 'delete', path)

function mount(file: string, at: string, ...options: readonly string[]): string {
  mkdirSync(at, { recursive: true })
  run('mount', '-o', ['loop', ...options].join(','), file, at)
  mounted.push(at)
  return at
}

function image(path: string): string {
  run('truncate', '--size', '512M', path)
  run('mkfs.xfs', '-q', path)
  return path
}

/** One number into the first file, made stable, then the same into the second, and so on. */
const writer = `
  const { openSync, writeSync, fsyncSync } = require('node:fs')
  const files = process.argv.slice(1).map((path) => openSync(path, 'w'))
  for (let n = 1; ; n++) for (const file of files) {
    writeSync(file, String(n).padStart(12, '0'), 0); fsyncSync(file)
  }`
const numberIn = (path: string): number => Number(readFileSync(path, 'utf8'))

const shown = (times: readonly number[]): string =>
  `p50 ${percentile(times, 50).toFixed(0)} ms, longest ${percentile(times, 100).toFixed(0)} ms`

/** `take` makes copies of both and answers where the files are in them, and what takes the copies away. */
async function moments(
  what: string,
  files: readonly [string, string],
  take: () => { paths: () => readonly [string, string]; end: () => void },
): Promise<void> {
  const writing = spawn(process.execPath, ['-e', writer, ...files], { stdio: 'ignore' })
  working.add(writing)
  while (!files.every((file) => statSync(file, { throwIfNoEntry: false })?.size === 12)) await sleep(20)
  const took: number[] = []
  let apart = 0
  let most = 0
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    const { paths, end } = take()
    took.push(performance.now() - began)
    const [first, second] = paths().map(numberIn) as [number, number]
    // The second has what the first has, or the number before: anything else was never so at any moment.
    const off = first - second
    if (off !== 0 && off !== 1) apart++
    most = Math.max(most, Math.abs(off))
    end()
    await sleep(20 + Math.random() * 60)
  }
  await ended(writing)
  console.log(
    `${what}: of ${rounds} pairs ${apart} never were so at any moment, at most ${most} writes apart; ${shown(took)}`,
  )
}

async function ended(child: ChildProcess, whole = false): Promise<void> {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  working.delete(child)
  process.kill(whole ? -(child.pid ?? 0) : (child.pid ?? 0), 'SIGKILL')
  await gone
}

/** Reads an image of a snapshot: its log is replayed in a copy, as the driver does. */
function inImage(from: string, number: number): { path: string; end: () => void } {
  const copy = join(pool, `copy-${number}`)
  run('cp', '--reflink=always', from, copy)
  const at = mount(copy, join(dir, `look-${number}`), 'nouuid')
  return {
    path: join(at, 'n'),
    end() {
      run('umount', at)
      mounted.pop()
      rmSync(copy)
    },
  }
}

function lookInside(images: readonly [string, string], taken: readonly string[]) {
  const looks: ReturnType<typeof inImage>[] = []
  return {
    paths: () => {
      looks.push(...images.map((one, number) => inImage(one, number)))
      return looks.map(({ path }) => path) as [string, string]
    },
    end: () => {
      for (const look of looks.toReversed()) look.end()
      for (const one of taken) remove(one)
    },
  }
}

async function snapshots(): Promise<void> {
  const at = (name: string): string => join(pool, name)
  for (const name of ['a', 'b', 'img-a', 'img-b', 'both', 'above']) subvolume(at(name))
  for (const name of ['above/a', 'above/b']) {
    subvolume(at(name))
    closeSync(openSync(at(`${name}/n`), 'w'))
  }
  snapshot(at('above'), at('taken'))
  const inside = ['a', 'b'].filter((name) => statSync(at(`taken/${name}/n`), { throwIfNoEntry: false }))
  console.log(`btrfs, one snapshot of what is above two subvolumes: ${inside.length} of 2 are in it`)

  await moments('btrfs, a snapshot for each subvolume', [at('a/n'), at('b/n')], () => {
    const taken = [at('t-a'), at('t-b')]
    snapshot(at('a'), at('t-a'))
    snapshot(at('b'), at('t-b'))
    return { paths: () => [at('t-a/n'), at('t-b/n')], end: () => taken.forEach(remove) }
  })

  const [a, b] = ['img-a/image', 'img-b/image'].map((name, number) =>
    join(mount(image(at(name)), join(dir, `x-${number}`)), 'n'),
  ) as [string, string]
  await moments('image, a snapshot for each image', [a, b], () => {
    const taken = [at('t-a'), at('t-b')]
    snapshot(at('img-a'), at('t-a'))
    snapshot(at('img-b'), at('t-b'))
    return lookInside([at('t-a/image'), at('t-b/image')], taken)
  })

  const [c, d] = ['both/c', 'both/d'].map((name, number) =>
    join(mount(image(at(name)), join(dir, `y-${number}`)), 'n'),
  ) as [string, string]
  await moments('image, both images in one subvolume and one snapshot of it', [c, d], () => {
    snapshot(at('both'), at('t'))
    return lookInside([at('t/c'), at('t/d')], [at('t')])
  })
}

/** Whether a write still waits after so many seconds; it goes on when the hold ends. */
async function held(path: string, afterS: number): Promise<boolean> {
  const write = spawn('sh', ['-c', `echo >> "$0"`, join(path, 'probe')], { stdio: 'ignore' })
  let done = false
  write.once('exit', () => (done = true))
  await sleep(afterS * 1000)
  return !done
}

function killGroup({ pid = 0 }: ChildProcess): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

const thaw = (path: string): unknown => spawnSync('fsfreeze', ['--unfreeze', path], { stdio: 'ignore' })

async function holds(): Promise<void> {
  for (const count of [2, 3, 10]) {
    const images = Array.from({ length: count }, (_, number) => {
      const home = join(pool, `hold-${count}-${number}`)
      subvolume(home)
      return { home, at: mount(image(join(home, 'image')), join(dir, `hold-${count}-${number}`)) }
    })
    const took: number[] = []
    for (let round = 0; round < 10; round++) {
      const began = performance.now()
      try {
        for (const { at } of images) run('fsfreeze', '--freeze', at)
        for (const { home } of images) snapshot(home, `${home}-t`)
      } finally {
        for (const { at } of images) thaw(at)
      }
      took.push(performance.now() - began)
      for (const { home } of images) remove(`${home}-t`)
    }
    console.log(`image, a hold over ${count} members until all have a snapshot: ${shown(took)}`)
  }

  const at = join(dir, 'hold-2-0')
  /** Freezes, says so and stays. */
  const holder = (watchdog: string): string => `fsfreeze --freeze "$0"; ${watchdog} echo; sleep 600`
  for (const [what, script, whole] of [
    ['one that froze nothing is killed', 'echo; sleep 600', false],
    ['it is killed', holder(''), false],
    ['it is killed, and a watchdog of 3 s with it', holder('(sleep 3; fsfreeze --unfreeze "$0") &'), true],
  ] as const) {
    let still = 0
    for (let round = 0; round < 5; round++) {
      const child = spawn('sh', ['-c', script, at], { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
      await new Promise((resolve) => child.stdout?.once('data', resolve))
      await ended(child, whole)
      if (await held(at, 5)) still++
      thaw(at)
      // What it left behind when only it was killed, if it came to that.
      if (!whole) killGroup(child)
    }
    console.log(`image, the holder of a freeze: 5 s after ${what}, writes still wait in ${still} of 5`)
  }

  run('fsfreeze', '--freeze', pool)
  const child = spawn('btrfs', ['subvolume', 'snapshot', '-r', join(pool, 'a'), join(pool, 'frozen')], {
    stdio: 'ignore',
  })
  const over = new Promise((resolve) => child.once('exit', () => resolve('was taken')))
  const end = await Promise.race([over, sleep(3000, 'waits for the end of the freeze')])
  thaw(pool)
  await over
  console.log(`btrfs, a snapshot while the pool is frozen: ${String(end)}`)
}

/** Nothing may stay frozen or mounted. */
function clean(): void {
  for (const child of working) child.kill('SIGKILL')
  for (const at of mounted.splice(0).toReversed()) {
    thaw(at)
    run('umount', at)
  }
  rmSync(dir, { recursive: true, force: true })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    clean()
    process.exit(1)
  })

try {
  run('truncate', '--size', '12G', join(dir, 'pool.img'))
  run('mkfs.btrfs', '--quiet', join(dir, 'pool.img'))
  mount(join(dir, 'pool.img'), pool)
  await snapshots()
  await holds()
  console.log(
    `load ${loadavg()
      .map((one) => one.toFixed(1))
      .join(' ')}, kernel ${run('uname', '-r').trim()}`,
  )
} finally {
  clean()
}
