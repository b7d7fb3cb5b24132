/**
 * The numbers of docs/decisions/0016-image.md, as root on a host with loop devices: `node test/perf/image.ts [how many shares to
 * mount at once [only]]`. Makes a pool in a scratch directory and takes it down again.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readdirSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { driver as image } from '../../src/storage/drivers/image/index.ts'
import {
  call,
  optionsOf,
  scratch,
  shareRef,
  snapshotRef,
} from '../../src/storage/drivers/image/bench.fixture.ts'
import { imageBytes } from '../../src/storage/drivers/image/size.ts'
import type { CreatedShare, ShareRef } from '../../src/storage/contract/driver.ts'

const [gib, mib] = [1024 ** 3, 1024 ** 2]
const bench = scratch()
const many = Number(process.argv[2] ?? 200)
const ms = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
  const began = performance.now()
  const result = await work()
  return [performance.now() - began, result]
}
const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
const say = (line: string) => process.stdout.write(`${line}\n`)
const path = (made: CreatedShare) => made.tree?.path ?? ''
const known = (share: ShareRef, made: CreatedShare): ShareRef => ({ ...share, state: made.state })
const noise = Buffer.alloc(mib, randomUUID())

try {
  const parts = { ...bench.parts('alpha'), overSubscription: 1000 }
  const driver = image.create(
    optionsOf({ loop_file: join(bench.dir, 'pool.img'), size_gib: 16, max_mounts: 5000 }),
    parts,
  )
  await driver.setup(call())
  const make = async (sizeGib = 1) => {
    const fresh = shareRef(randomUUID(), { pool: 'image', sizeGib })
    const made = await driver.create(call(), fresh)
    return { ref: known(fresh, made), made }
  }

  const measureOne = async () => {
    say('size GiB | image/size | df MiB over size | empty bytes in the pool KiB | groups')
    for (const sizeGib of [1, 2, 10, 100, 1000]) {
      const { ref, made } = await make(sizeGib)
      const { bsize, blocks, bavail } = statfsSync(path(made))
      const [row] = await driver.measures!.measure(call(), [ref], [], { refresh: true })
      const over = ((bsize * blocks) / gib / sizeGib - 1) * 100
      say(
        `${sizeGib} | ${(imageBytes(sizeGib) / gib / sizeGib).toFixed(4)} | total +${over.toFixed(2)} %, available +${((bsize * bavail) / mib - sizeGib * 1024).toFixed(0)} MiB | ${((row?.exclusiveBytes ?? 0) / 1024).toFixed(0)} | used ${row?.usedBytes}`,
      )
      await driver.delete(call(), ref)
    }

    const filled = async (bytes: number) => {
      const { ref, made } = await make()
      let count = 0
      try {
        for (; ; count++) writeFileSync(join(path(made), `f${count}`), noise.subarray(0, bytes))
      } catch {
        say(`files of ${bytes / 1024} KiB in 1 GiB: ${count} (${((count * bytes) / gib).toFixed(3)} GiB)`)
      }
      await driver.delete(call(), ref)
    }
    await filled(mib)
    await filled(4096)

    const times: Record<string, number[]> = {}
    const note = (name: string, value: number) => (times[name] ??= []).push(value)
    for (let round = 0; round < 10; round++) {
      const [created, { ref, made }] = await ms(() => make())
      note('create', created)
      for (let count = 0; count < 50; count++)
        writeFileSync(join(path(made), `f${count}`), noise, { flush: true })
      const snapshot = snapshotRef(randomUUID(), ref)
      note('snapshot', (await ms(() => driver.snapshots!.create(call(), snapshot)))[0])
      const other = shareRef(randomUUID(), { pool: 'image' })
      note('clone', (await ms(() => driver.clones!.clone(call(), other, snapshot)))[0])
      note('snapshot tree', (await ms(() => driver.mountsSnapshots!.tree(call(), snapshot)))[0])
      note('release', (await ms(() => driver.mountsSnapshots!.release(call(), snapshot)))[0])
      note('revert', (await ms(() => driver.reverts!.revert(call(), ref, snapshot, randomUUID())))[0])
      const again = { ...ref, state: {} }
      note('ensure (mounted)', (await ms(() => driver.ensure(call(), again)))[0])
      note('extend 1 to 2 GiB', (await ms(() => driver.extend(call(), again, 2)))[0])
      note(
        'shrink 2 to 1 GiB with 50 MiB',
        (await ms(() => driver.shrinks!.shrink(call(), { ...again, sizeGib: 2 }, 1)))[0],
      )
      await driver.snapshots!.delete(call(), snapshot)
      note('delete', (await ms(() => driver.delete(call(), again)))[0])
      await driver.delete(call(), other)
    }
    for (const [name, values] of Object.entries(times))
      say(`${name}: ${median(values).toFixed(0)} ms (most ${Math.max(...values).toFixed(0)})`)

    {
      const { ref } = await make()
      for (const sizeGib of [10, 100, 1000]) {
        const [took] = await ms(() => driver.extend(call(), ref, sizeGib))
        const big = { ...ref, sizeGib }
        await driver.stop(call(), { detach: true })
        await driver.setup(call())
        const [mounted, made] = await ms(() => driver.ensure(call(), big))
        const groups = /agcount=(\d+)/.exec(execFileSync('xfs_info', [path(made)], { encoding: 'utf8' }))?.[1]
        const { bsize, blocks, bavail } = statfsSync(path(made))
        const [row] = await driver.measures!.measure(call(), [ref], [], { refresh: true })
        say(
          `formatted for 1 GiB, extended to ${sizeGib}: ${took.toFixed(0)} ms, ${groups} groups, mounted again in ${mounted.toFixed(0)} ms, df +${(((bsize * blocks) / gib / sizeGib - 1) * 100).toFixed(2)} %, available ${((bsize * bavail) / gib).toFixed(2)} GiB, told as used ${((row?.usedBytes ?? 0) / mib).toFixed(0)} MiB, alone ${((row?.exclusiveBytes ?? 0) / mib).toFixed(0)} MiB`,
        )
      }
      await driver.delete(call(), ref)
    }

    {
      const { ref, made } = await make()
      const file = join(path(made), 'content')
      const overwrite = async (name: string) => {
        const [took] = await ms(async () => {
          const handle = openSync(file, 'a+')
          closeSync(handle)
          const open = openSync(file, 'r+')
          for (let at = 0; at < 0.9 * 1024; at++) writeSync(open, noise, 0, mib, at * mib)
          fsyncSync(open)
          closeSync(open)
        })
        say(`0.9 GiB ${name}: ${(took / 1000).toFixed(2)} s, ${(900 / (took / 1000)).toFixed(0)} MiB/s`)
      }
      await overwrite('written')
      await overwrite('overwritten in place')
      const snapshot = snapshotRef(randomUUID(), ref)
      await driver.snapshots!.create(call(), snapshot)
      await overwrite('overwritten after a snapshot')
      await driver.snapshots!.delete(call(), snapshot)
      await driver.delete(call(), ref)
    }

    {
      // A writer that syncs each record; snapshots under it; each is whole up to what was acknowledged before it.
      const { ref, made } = await make()
      const journal = join(path(made), 'journal')
      const script =
        '$|=1; use IO::Handle; open(my $f,">>",$ARGV[0]); for(my $n=0;;$n++){ my $r=sprintf("%09d\\n",$n); syswrite($f,$r); $f->sync or die; print "$n\\n" }'
      const child = spawn('perl', ['-e', script, journal], { stdio: ['ignore', 'pipe', 'inherit'] })
      let acknowledged = -1
      child.stdout.on(
        'data',
        (chunk: Buffer) => (acknowledged = Number(chunk.toString().trim().split('\n').at(-1))),
      )
      const taken: { before: number; snapshot: ReturnType<typeof snapshotRef> }[] = []
      for (let count = 0; count < 40; count++) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        const before = acknowledged
        const snapshot = snapshotRef(randomUUID(), ref)
        await driver.snapshots!.create(call(), snapshot)
        taken.push({ before, snapshot })
      }
      child.kill('SIGKILL')
      let wrong = 0
      for (const { before, snapshot } of taken) {
        const tree = await driver.mountsSnapshots!.tree(call(), snapshot)
        const lines = readFileSync(join(tree.path, 'journal'), 'latin1').split('\n').slice(0, -1)
        if (lines.length <= before || lines.some((line, at) => Number(line) !== at)) wrong++
        await driver.mountsSnapshots!.release(call(), snapshot)
        await driver.snapshots!.delete(call(), snapshot)
      }
      say(`${taken.length} snapshots under a writer that syncs (${acknowledged + 1} records): ${wrong} wrong`)
      await driver.delete(call(), ref)
    }
  }
  if (process.argv[3] !== 'only') await measureOne()

  const available = () =>
    Number(/MemAvailable:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0)
  const slab = () => Number(/Slab:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0)
  const threads = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length
  const before = { available: available(), slab: slab(), threads: threads() }
  const held: ShareRef[] = []
  const created: number[] = []
  const [all] = await ms(async () => {
    for (let count = 0; count < many; count++) {
      const [took, { ref }] = await ms(() => make())
      created.push(took)
      held.push(ref)
    }
  })
  say(
    `${many} shares mounted: made in ${(all / 1000).toFixed(1)} s (first ten ${median(created.slice(0, 10)).toFixed(0)} ms, last ten ${median(created.slice(-10)).toFixed(0)} ms each), ${((before.available - available()) / 1024 / many).toFixed(2)} MiB of memory each (slab ${((slab() - before.slab) / 1024 / many).toFixed(2)}), ${((threads() - before.threads) / many).toFixed(1)} kernel threads each`,
  )
  const [measured] = await ms(() => driver.measures!.measure(call(), held, [], { refresh: false }))
  say(`all ${many} measured in ${measured.toFixed(0)} ms`)
  const [stopped] = await ms(() => driver.stop(call(null, 300_000), { detach: true }))
  await driver.setup(call())
  const [ensured] = await ms(async () => {
    for (let at = 0; at < held.length; at += 4)
      await Promise.all(held.slice(at, at + 4).map((ref) => driver.ensure(call(), ref)))
  })
  say(
    `all taken down in ${(stopped / 1000).toFixed(1)} s, brought up again (4 at once) in ${(ensured / 1000).toFixed(1)} s`,
  )
} finally {
  bench.clean()
}
