/**
 * What a client was told is stable stays, whatever is done to its share meanwhile: it is overwritten where it is nearly full,
 * snapshotted, extended, shrunk, its pool runs full, its host loses power. Our own NFS client, a real NFS-Ganesha, image files in a
 * real pool; journals say what must be there.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { call, snapshotRef } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { mountNfs, NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import { deleteShare, extendShare, showShare, shrinkShare } from '../../src/wire/shares/schema.ts'
import { long } from '../helpers/long.ts'
import { until } from '../faults/world.ts'
import { recordsIn, recordsOver, startWriter, type Writer } from './journal.ts'
import { nfsBench, obstacleOf, type NfsBench, type Published } from './nfs-bench.ts'
import { nfsService, type NfsService } from './nfs-service.ts'
import { powerSupply } from './power.ts'
import type { SnapshotRef } from '../../src/storage/contract/driver.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'

const mib = 1024 ** 2
const cannot = obstacleOf('image')
const named = (what: string): string => `${what}${cannot === null ? '' : ` (${cannot})`}`
const everybody = { '127.0.0.0/8': 'rw' } as const

const mountOf = (bench: NfsBench, { path }: Published) =>
  mountNfs({ host: '127.0.0.1', port: bench.port, path, timeoutMs: 30_000 })

/** Resolves when so many more records are stable. */
async function goesOn(writer: Writer, records = 5, withinMs = 60_000): Promise<void> {
  const goal = writer.acknowledged() + records
  await until(
    `${records} more records of ${writer.journal}`,
    withinMs,
    async () => writer.acknowledged() >= goal,
  )
}

describe.skipIf(cannot !== null)(named('image: a share under a writer'), () => {
  let bench: NfsBench
  beforeAll(async () => {
    bench = await nfsBench('image', { sizeGib: 6 })
  })
  afterAll(() => bench?.clean())

  test('a share that is 90 % full is overwritten in place, also above a snapshot', async () => {
    const it = await bench.publish(everybody)
    const nfs = await mountOf(bench, it)
    const size = Math.floor(0.9 * 1024) * mib
    const filled = (round: number) => ({
      size,
      fillWith: (into: Uint8Array, offset: number): void => void into.fill((offset / mib + round) & 0xff),
    })
    expect(await nfs.write('big', filled(0))).toBe(size)
    const snapshot = snapshotRef(randomUUID(), it.share)
    await bench.driver.snapshots?.create(call(), snapshot)
    for (const round of [1, 2]) expect(await nfs.write('big', filled(round), { resumeAt: 0 })).toBe(size)
    // And in the smallest pieces, where a pool that copies on write would need the most.
    const block = Buffer.alloc(4096, 0xee)
    const places = Array.from({ length: 500 }, (_, n) => ((n * 7919) % (size / 4096)) * 4096)
    await nfs.overwriting('big', async (file) => {
      for (const at of places) await file.writeAt(at, block)
    })
    const changed = new Set(places)
    let offset = 0
    let wrong = 0
    await nfs.readTo('big', {
      update(piece) {
        for (let at = (4096 - (offset % 4096)) % 4096; at < piece.length; at += 4096) {
          const place = offset + at
          const should = changed.has(place) ? 0xee : (Math.floor(place / mib) + 2) & 0xff
          if (piece[at] !== should) wrong++
        }
        offset += piece.length
      },
    })
    expect({ offset, wrong }).toEqual({ offset: size, wrong: 0 })
    await nfs.close()
    await bench.driver.snapshots?.delete(call(), snapshot)
    await bench.remove(it)
  })

  const snapshots = long ? 200 : 20
  test(
    `${snapshots} snapshots of a journal: each has every record that was stable before it`,
    { timeout: 600_000 },
    async () => {
      const it = await bench.publish(everybody)
      const writer = startWriter('journal', () => mountOf(bench, it))
      await goesOn(writer)
      const taken: { readonly snapshot: SnapshotRef; readonly before: number }[] = []
      const tookMs: number[] = []
      for (let n = 0; n < snapshots; n++) {
        const snapshot = snapshotRef(randomUUID(), it.share)
        const before = writer.acknowledged()
        const began = performance.now()
        const { state } = await bench.driver.snapshots!.create(call(), snapshot)
        tookMs.push(performance.now() - began)
        taken.push({ snapshot: { ...snapshot, state }, before })
        await goesOn(writer, 1)
      }
      await writer.stop()
      expect(writer.errors()).toEqual({})
      let least = Infinity
      // Of many every fifth: each is copied, replayed and mounted.
      for (const { snapshot, before } of taken.filter((_, n) => n % (long ? 5 : 1) === 0)) {
        const tree = await bench.driver.mountsSnapshots!.tree(call(), snapshot)
        const records = await recordsIn(tree.path, 'journal')
        least = Math.min(least, records - before)
        expect(records).toBeGreaterThanOrEqual(before)
        await bench.driver.mountsSnapshots!.release(call(), snapshot)
      }
      // And as a tenant would look: a clone, over NFS.
      for (const { snapshot, before } of taken.filter((_, n) => n % Math.ceil(snapshots / 3) === 0)) {
        const ref = { ...it.share, id: randomUUID(), state: {} }
        const { state, tree } = await bench.driver.clones!.clone(call(), ref, snapshot)
        const clone = await bench.publishTree({ ...ref, state }, tree, everybody)
        const nfs = await mountOf(bench, clone)
        expect(await recordsOver(nfs, 'journal')).toBeGreaterThanOrEqual(before)
        await nfs.close()
        await bench.remove(clone)
      }
      const nfs = await mountOf(bench, it)
      expect(await recordsOver(nfs, 'journal')).toBe(writer.acknowledged())
      await nfs.close()
      const sorted = tookMs.toSorted((a, b) => a - b)
      console.log(
        `${snapshots} snapshots under ${writer.acknowledged()} synced records: p50 ${sorted[snapshots >> 1]?.toFixed(0)} ms, ` +
          `slowest ${sorted.at(-1)?.toFixed(0)} ms; longest wait of the writer ${writer.longestMs().gap.toFixed(0)} ms; every snapshot looked into has at least ${least} records more than it must`,
      )
      for (const { snapshot } of taken) await bench.driver.snapshots!.delete(call(), snapshot)
      await bench.remove(it)
      expect(await bench.driver.inventory(call())).toEqual({ shares: [], snapshots: [], remains: [] })
    },
  )
})

describe.skipIf(cannot !== null)(named('image: the host loses power'), () => {
  const cuts = long ? 25 : 3
  test(
    `${cuts} times under 4 writers and half-done work: no stable record is lost`,
    { timeout: 600_000 },
    async () => {
      const power = powerSupply()
      let bench: NfsBench | null = null
      try {
        bench = await nfsBench('image', { sizeGib: 6, driverOptions: { loop_file: power.file } })
        const own = bench
        const shares = await Promise.all([1, 2, 3, 4].map(() => own.publish(everybody)))
        let kept = 0
        for (let cut = 0; cut < cuts; cut++) {
          const writers = shares.map((it, n) => startWriter(`cut-${cut}-${n}`, () => mountOf(own, it)))
          for (const writer of writers) await goesOn(writer, 3)
          await sleep(Math.random() * 500)
          // Half done when the light goes out; what comes of it is lost with the host.
          const unborn = { ...shares[0]!.share, id: randomUUID(), state: {} }
          const half = Promise.allSettled([
            own.driver.create(call(), unborn),
            own.driver.snapshots!.create(call(), snapshotRef(randomUUID(), shares[1]!.share)),
            own.driver.extend(call(), shares[2]!.share, 1 + cut),
          ])
          await sleep(Math.random() * 60)
          const stable = writers.map((writer) => writer.acknowledged())
          power.cut()
          await Promise.all([half, ...writers.map((writer) => writer.stop())])
          // Nobody is there to start the server again.
          await own.exporter.stop(call(), { detach: false })
          await own.kill()
          await own.driver.stop(call(), { detach: true })
          power.restore()
          await own.driver.setup(call())
          await own.exporter.setup(call())
          // The server begins when the last of them is there.
          for (const { share } of shares) {
            const { tree } = await own.driver.ensure(call(), share)
            await own.publishTree(share, tree, everybody)
          }
          for (const [n, { exported }] of shares.entries()) {
            const nfs = await mountOf(own, shares[n]!)
            const found = await recordsOver(nfs, `cut-${cut}-${n}`)
            expect({ exported: exported.id, found, enough: found >= stable[n]! }).toMatchObject({
              enough: true,
            })
            kept += found
            await nfs.write('after', Buffer.from(String(cut)))
            await nfs.close()
          }
          // What was half done is done again, or taken away.
          const { state } = await own.driver.create(call(), unborn)
          await own.driver.delete(call(), { ...unborn, state })
        }
        console.log(`power cut ${cuts} times: ${kept} records there, none that was stable is missing`)
      } finally {
        bench?.clean()
        power.clean()
      }
    },
  )
})

describe.skipIf(cannot !== null)(named('image: a share behind the service, under a writer'), () => {
  let world: NfsService
  let writers: Writer[] = []
  afterEach(async () => {
    await Promise.allSettled(writers.map((writer) => writer.stop()))
    writers = []
    expect(await world.end()).toEqual([])
  })

  test('is extended unnoticed, and shrunk without the loss of a stable record', async () => {
    world = await nfsService('image')
    const { client } = world
    const id = await world.share(1)
    const writer = startWriter('journal', () => world.mount(id, 20_000))
    writers = [writer]
    await goesOn(writer)
    const resize = async (size: number, route: typeof extendShare | typeof shrinkShare): Promise<void> => {
      await client.act(route, { params: { id }, body: { new_size: size } })
      await world.becomes(id, 'available')
      const { share } = await client.call(showShare, { params: { id } })
      // What was refused says why in a message.
      const { messages } = await client.call(listMessages)
      expect({ size: share.size, messages }).toEqual({ size, messages: [] })
      await goesOn(writer)
    }
    for (const size of [2, 3, 5]) await resize(size, extendShare)
    expect(writer.errors()).toEqual({})
    for (const size of [3, 1]) await resize(size, shrinkShare)
    await resize(2, extendShare)
    await writer.stop()
    const nfs = await world.mount(id)
    expect(await recordsOver(nfs, 'journal')).toBeGreaterThanOrEqual(writer.acknowledged())
    await nfs.close()
    console.log(
      `${writer.acknowledged()} records through 4 extends and 2 shrinks; longest gap ${writer.longestMs().gap.toFixed(0)} ms, ` +
        `errors ${JSON.stringify(writer.errors())}`,
    )
  })

  test(
    'a pool that 8 writers fill refuses them in time, keeps what was stable, and serves on when there is room',
    {
      timeout: 400_000,
    },
    async () => {
      // Promised four times over, on purpose.
      world = await nfsService('image', { sizeGib: 2, ratio: 20 })
      const ids: string[] = []
      for (let n = 0; n < 8; n++) ids.push(await world.share(1))
      writers = ids.map((id, n) => startWriter(`journal-${n}`, () => world.mount(id, 30_000), { restMs: 20 }))
      for (const writer of writers) await goesOn(writer)
      const filled = await Promise.all(ids.map((id, n) => fill(() => world.mount(id, 30_000), n)))
      console.log(
        `filled: ${filled.map(({ files, refused }) => `${files} MiB until ${refused}`).join(', ')}; ` +
          `longest answer ${Math.max(...filled.map(({ longestMs }) => longestMs)).toFixed(0)} ms`,
      )
      expect(Math.max(...filled.map(({ longestMs }) => longestMs))).toBeLessThan(25_000)
      // Full for a while, with clients that go on trying.
      await sleep(5000)

      const [freed = '', ...rest] = ids
      await writers[0]?.stop()
      await world.client.call(deleteShare, { params: { id: freed } })
      await world.becomes(freed, null)
      const returned = performance.now()
      await Promise.all(writers.slice(1).map((writer) => goesOn(writer, 2, 30_000)))
      const servedAgainMs = performance.now() - returned
      // A file system that shut itself down for want of room answers IO, until it is found and mounted again (decision 0016): no other may.
      const log = readFileSync(join(world.dir, 'var/manila.log'), 'utf8')
      const shutDowns = log.split('the file system of a share has shut down').length - 1
      for (const { refused } of filled)
        expect(refused).toMatch(shutDowns > 0 ? /^NFS4ERR_(NOSPC|ROFS|IO)$/ : /^NFS4ERR_(NOSPC|ROFS)$/)
      await Promise.all(writers.map((writer) => writer.stop()))
      for (const [n, id] of rest.entries()) {
        const nfs = await world.mount(id)
        const writer = writers[n + 1]!
        expect(await recordsOver(nfs, writer.journal)).toBeGreaterThanOrEqual(writer.acknowledged())
        const { files } = filled[n + 1]!
        for (let file = 0; file < files; file++)
          expect((await nfs.read(`fill-${file}`)).equals(mebibyte(n + 1, file))).toBe(true)
        await nfs.close()
      }
      const errors: Record<string, number> = {}
      for (const writer of writers)
        for (const [code, count] of Object.entries(writer.errors()))
          errors[code] = (errors[code] ?? 0) + count
      console.log(
        `all 7 served ${(servedAgainMs / 1000).toFixed(1)} s after space came back, ${shutDowns} file systems had shut down; ` +
          `the journals' clients saw ${JSON.stringify(errors)}, longest answer ${Math.max(...writers.map((writer) => writer.longestMs().attempt)).toFixed(0)} ms`,
      )
    },
  )
})

const mebibyte = (client: number, file: number): Buffer => {
  const bytes = Buffer.alloc(mib, (client * 31 + file) & 0xff)
  bytes.writeUInt32BE(client * 65_536 + file)
  return bytes
}

/** Files of a MiB, each stable before the next, until one is refused. */
async function fill(
  mount: () => Promise<Nfs>,
  client: number,
): Promise<{ files: number; refused: string; longestMs: number }> {
  let nfs = await mount()
  let longestMs = 0
  for (let files = 0; ;) {
    const began = performance.now()
    try {
      await nfs.write(`fill-${files}`, mebibyte(client, files))
      files++
    } catch (error) {
      if (!(error instanceof NfsError)) throw error
      // A server that was changed under the client is no refusal.
      if (/NOSPC|ROFS|IO$|DEADLINE/.test(error.code)) {
        await nfs.close()
        return { files, refused: error.code, longestMs: Math.max(longestMs, performance.now() - began) }
      }
      await nfs.close()
      nfs = await mount()
    }
    longestMs = Math.max(longestMs, performance.now() - began)
  }
}
