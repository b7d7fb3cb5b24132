/**
 * A share is compacted while clients write to it over NFS: what was stable stays, wherever the power goes and whoever is killed. Our own
 * NFS client, a real NFS-Ganesha, image files in a real pool; a journal and numbered blocks say what must be there.
 */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { call, snapshotRef } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import {
  blockBytes,
  blockOf,
  rewrite,
  writeBlocks,
  wrongBlocks,
  type Rounds,
} from '../../src/storage/drivers/image/blocks.fixture.ts'
import { imageBytes } from '../../src/storage/drivers/image/size.ts'
import { mounts } from '../../src/storage/host/mountinfo.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { createSnapshot, deleteSnapshot } from '../../src/wire/snapshots/schema.ts'
import { until } from '../faults/world.ts'
import { long } from '../helpers/long.ts'
import { recordsOver, startWriter, type Writer } from './journal.ts'
import { nfsBench, obstacleOf, type NfsBench, type Published } from './nfs-bench.ts'
import { nfsService, type NfsService } from './nfs-service.ts'
import { powerSupply } from './power.ts'
import type { Tree } from '../../src/storage/contract/driver.ts'

const cannot = obstacleOf('image')
const everybody = { '127.0.0.0/8': 'rw' } as const
const mib = 1024 ** 2
const blocksMib = 900

const mountOf = (bench: NfsBench, { path }: Published) =>
  mountNfs({ host: '127.0.0.1', port: bench.port, path, timeoutMs: 30_000 })

const fileIn = (tree: Tree | null): string => join(tree?.path ?? '', 'blocks')

/**
 * A new file, of which half of each MiB is written anew over a snapshot that goes: the share then holds that half twice. New, because
 * what was compacted lies in smaller extents, and is not left behind so easily.
 */
async function makeExceed(bench: NfsBench, it: Published): Promise<Rounds> {
  const file = fileIn(it.exported.tree)
  rmSync(file, { force: true })
  const rounds = writeBlocks(file, blocksMib)
  const snapshot = snapshotRef(randomUUID(), it.share)
  await bench.driver.snapshots!.create(call(), snapshot)
  rewrite(file, rounds, 1, (block) => block % 256 < 128)
  await bench.driver.snapshots!.delete(call(), snapshot)
  const pool = join(bench.dir, 'nfs/pool')
  // The cleaner begins at a commit, and what it has done is counted at the next one.
  execFileSync('btrfs', ['filesystem', 'sync', pool])
  execFileSync('btrfs', ['subvolume', 'sync', pool])
  execFileSync('btrfs', ['filesystem', 'sync', pool])
  return rounds
}

interface Overwriter {
  readonly writes: number
  stop(): Promise<void>
}

/** Overwrites blocks anywhere, each stable before the next; `rounds` says what is stable. */
function startOverwriter(mount: () => ReturnType<typeof mountNfs>, rounds: Rounds): Overwriter {
  const over = { writes: 0, stopped: false }
  const work = async (): Promise<void> => {
    const nfs = await mount()
    try {
      await nfs.overwriting('blocks', async (file) => {
        while (!over.stopped) {
          const block = Math.floor(Math.random() * rounds.length)
          const round = 2 + over.writes
          await file.writeAt(block * blockBytes, blockOf(block, round))
          rounds[block] = round
          over.writes++
        }
      })
    } finally {
      await nfs.close()
    }
  }
  const done = work()
  // Heard in stop().
  done.catch(() => undefined)
  return {
    get writes() {
      return over.writes
    },
    async stop() {
      over.stopped = true
      await done
    },
  }
}

async function heldBy(bench: NfsBench, { share }: Published): Promise<number> {
  const [one] = await bench.driver.measures!.measure(call(), [share], [], { refresh: true })
  return one?.exclusiveBytes ?? 0
}

describe.skipIf(cannot !== null)(
  `image: a share is compacted under its writers${cannot === null ? '' : ` (${cannot})`}`,
  () => {
    const cuts = long ? 20 : 3
    test(
      `the power goes ${cuts} times meanwhile: no stable record and no stable block is lost`,
      { timeout: 600_000 + cuts * 120_000 },
      async () => {
        const power = powerSupply()
        let bench: NfsBench | null = null
        try {
          // Slow enough for a cut to come in the middle.
          const driverOptions = { loop_file: power.file, compact_mib_per_s: 64 }
          bench = await nfsBench('image', { sizeGib: 6, driverOptions })
          const own = bench
          let it = await own.publish(everybody)
          let [kept, moved] = [0, 0]
          for (let cut = 0; cut < cuts; cut++) {
            const rounds = await makeExceed(own, it)
            expect((await own.driver.compacts!.exceeding(call()))[0]?.tooMuch).toBe(true)
            const journal = startWriter(`cut-${cut}`, () => mountOf(own, it))
            const overwriter = startOverwriter(() => mountOf(own, it), rounds)
            await until('both write', 60_000, async () => journal.acknowledged() > 3 && overwriter.writes > 3)
            const stop = new AbortController()
            const working = (async () => {
              // What the cut ends is lost with the host; the file goes on being compacted until then.
              while (!stop.signal.aborted)
                moved += (await own.driver.compacts!.compact(call(), it.share.id)).movedBytes
            })()
            await sleep(500 + Math.random() * 3000)
            const records = journal.acknowledged()
            const blocks = rounds.slice()
            power.cut()
            stop.abort()
            await journal.stop()
            await overwriter.stop()
            await working
            // Nobody is there to start the server again.
            await own.exporter.stop(call(), { detach: false })
            await own.kill()
            await own.driver.stop(call(), { detach: true })
            power.restore()
            await own.driver.setup(call())
            await own.exporter.setup(call())
            const { tree } = await own.driver.ensure(call(), it.share)
            it = await own.publishTree(it.share, tree, everybody)
            expect(wrongBlocks(fileIn(tree), blocks, { orNewer: true }), `after cut ${cut}`).toBe(0)
            const nfs = await mountOf(own, it)
            const found = await recordsOver(nfs, `cut-${cut}`)
            expect(found).toBeGreaterThanOrEqual(records)
            kept += found
            await nfs.close()
          }
          const rounds = await makeExceed(own, it)
          const before = await heldBy(own, it)
          for (;;) if ((await own.driver.compacts!.compact(call(), it.share.id)).end === 'done') break
          const after = await heldBy(own, it)
          const [one] = await own.driver.compacts!.exceeding(call())
          expect(one?.tooMuch ?? false).toBe(false)
          expect(after).toBeLessThan(before)
          expect(wrongBlocks(fileIn(it.exported.tree), rounds)).toBe(0)
          console.log(
            `power cut ${cuts} times within ${Math.round(moved / mib)} MiB of moving: ${kept} records there, none that was stable is missing; then ${Math.round(before / mib)} MiB became ${Math.round(after / mib)}`,
          )
        } finally {
          bench?.clean()
          power.clean()
        }
      },
    )

    test(
      'by the service itself, which is killed in the middle of it, and a request does not wait for it',
      { timeout: 400_000 },
      async () => {
        const world = await nfsService('image', { driverOptions: { compact_mib_per_s: 16 } })
        const { client } = world
        const id = await world.share(1)
        let journal: Writer | undefined
        try {
          const path = mounts().find(
            (mount) => mount.fsType === 'xfs' && mount.path.startsWith(`${world.backendDir}/exports/`),
          )?.path
          const file = join(path ?? '', 'blocks')
          const rounds = writeBlocks(file, blocksMib)
          const asked = { share_id: id, name: 'passing' }
          const { snapshot } = await client.call(createSnapshot, { body: { snapshot: asked } })
          await world.snapshotBecomes(snapshot.id, 'available')
          rewrite(file, rounds, 1, (block) => block % 256 < 128)
          await client.call(deleteSnapshot, { params: { id: snapshot.id } })
          await world.snapshotBecomes(snapshot.id, null)
          const most = await exceedingOf(world, (bytes) => bytes > 0.1 * imageBytes(1))
          journal = startWriter('journal', () => world.mount(id, 20_000), { restMs: 5 })
          // Some of it is done, and the rest is left to the next process.
          const some = await exceedingOf(world, (bytes) => bytes < 0.9 * most && bytes > 0.06 * imageBytes(1))
          await world.again()
          expect(await exceedingOf(world, (bytes) => bytes > 0)).toBeLessThan(most)
          const snapshotMs = async (): Promise<number> => {
            const began = performance.now()
            const another = await world.client.call(createSnapshot, { body: { snapshot: asked } })
            await world.snapshotBecomes(another.snapshot.id, 'available')
            const tookMs = performance.now() - began
            await world.client.call(deleteSnapshot, { params: { id: another.snapshot.id } })
            await world.snapshotBecomes(another.snapshot.id, null)
            return tookMs
          }
          const besideMs = await snapshotMs()
          const least = await exceedingOf(world, (bytes) => bytes <= 0.05 * imageBytes(1))
          const aloneMs = await snapshotMs()
          expect(wrongBlocks(file, rounds)).toBe(0)
          await journal.stop()
          const nfs = await world.mount(id)
          expect(await recordsOver(nfs, 'journal')).toBeGreaterThanOrEqual(journal.acknowledged())
          await nfs.close()
          console.log(
            `${inMib(most)} MiB too much, ${inMib(some)} when the service was killed, ${inMib(least)} at the end; a snapshot beside it took ${besideMs.toFixed(0)} ms, alone ${aloneMs.toFixed(0)}; ` +
              `${journal.acknowledged()} records, longest wait of their writer ${journal.longestMs().gap.toFixed(0)} ms`,
          )
        } finally {
          await journal?.stop().catch(() => undefined)
          expect(await world.end()).toEqual([])
        }
      },
    )
  },
)

const inMib = (bytes: number): string => (bytes / mib).toFixed(0)

/** What the gauge says once it is as wanted. */
async function exceedingOf(world: NfsService, wanted: (bytes: number) => boolean): Promise<number> {
  let bytes = NaN
  await until('the gauge of what shares hold too much', 120_000, async () => {
    const text = await (await fetch(world.service.metricsUrl)).text()
    bytes = Number(/^manila_pool_exceeding_bytes\{[^}]*\} (\S+)$/m.exec(text)?.[1] ?? NaN)
    return wanted(bytes)
  }).catch(async (cause: Error) => {
    throw new Error(`${cause.message}; it is ${bytes}\n${await world.underWay()}`, { cause })
  })
  return bytes
}
