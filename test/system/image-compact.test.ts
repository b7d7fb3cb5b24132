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
import { call, snapshotRef } from '../../src/drivers/btrfs/test-bench.ts'
import {
  blockBytes,
  blockOf,
  rewrite,
  writeBlocks,
  wrongBlocks,
  type Rounds,
} from '../../src/drivers/image/blocks.fixture.ts'
import { mountNfs } from '../../src/parts/nfs4/index.ts'
import { until } from '../faults/world.ts'
import { long } from '../helpers/long.ts'
import { recordsOver, startWriter } from './journal.ts'
import { nfsBench, obstacleOf, type NfsBench, type Published } from './nfs-bench.ts'
import { powerSupply } from './power.ts'
import type { Tree } from '../../src/drivers/driver.ts'

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
  execFileSync('btrfs', ['filesystem', 'sync', pool])
  execFileSync('btrfs', ['subvolume', 'sync', pool])
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
      { timeout: 900_000 },
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
  },
)
