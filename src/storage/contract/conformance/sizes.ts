import assert from 'node:assert/strict'
import { GIB, MIB, refused, type Law } from './bench.ts'

/** Extending, shrinking, limits and the counters. */
export const sizeLaws: readonly Law[] = [
  {
    name: 'extend twice',
    needs: [],
    async check(bench) {
      const { id, ref, answer } = await bench.share()
      for (let round = 0; round < 2; round++) await bench.driver.extend(bench.call({ lane: id }), ref, 2)
      const known = { ...ref, sizeGib: 2 }
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: id }), known), answer)
    },
  },
  {
    name: 'extend of what is not there is refused',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      await refused(() => bench.driver.extend(bench.call({ lane: ref.id }), ref, 2), 'extend of nothing')
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'extend keeps the content and gives the room',
    needs: ['probes', 'enforcesSize'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, { seed: 'kept', bytes: MIB })
      await bench.driver.extend(bench.call({ lane: share.id }), share.ref, 2)
      await bench.holds(share, { seed: 'kept', bytes: MIB }, 'after extend')
      await bench.limited(share, 2, 'after extend')
    },
  },
  {
    name: 'a share holds no more than its size',
    needs: ['probes', 'enforcesSize'],
    async check(bench) {
      await bench.limited(await bench.share(), 1, 'a new share of')
    },
  },
  {
    name: 'a share that is 90 % full can be overwritten',
    needs: ['probes', 'enforcesSize'],
    async check(bench) {
      const share = await bench.share()
      const bytes = Math.floor(0.9 * GIB)
      await bench.write(share, { seed: 'old', bytes })
      await bench.write(share, { seed: 'new', bytes })
      await bench.holds(share, { seed: 'new', bytes }, 'after overwriting')
    },
  },
  {
    name: 'shrink twice',
    needs: ['shrinks'],
    async check(bench) {
      const { id, ref, answer } = await bench.share({ sizeGib: 2 })
      for (let round = 0; round < 2; round++)
        await bench.driver.shrinks!.shrink(bench.call({ lane: id }), ref, 1)
      const known = { ...ref, sizeGib: 1 }
      const found = await bench.driver.ensure(bench.call({ lane: id }), known)
      if (bench.driver.shrinks!.moves === undefined) assert.deepEqual(found, answer)
      // Whoever lost the answer asks with the state from before.
      const again = await bench.driver.ensure(bench.call({ lane: id }), { ...known, state: found.state })
      assert.deepEqual(again, found)
    },
  },
  {
    name: 'shrink below what is used is refused and changes nothing',
    needs: ['shrinks', 'probes'],
    async check(bench) {
      const share = await bench.share({ sizeGib: 2 })
      const content = { seed: 'mine', bytes: Math.floor(1.1 * GIB) }
      await bench.write(share, content)
      const { moves } = bench.driver.shrinks!
      if (moves !== undefined)
        await refused(
          () => moves(bench.call({ lane: share.id }), share.ref, 1),
          'asking before a shrink below what is used',
          'shrink-would-lose-data',
        )
      await refused(
        () => bench.driver.shrinks!.shrink(bench.call({ lane: share.id }), share.ref, 1),
        'shrink below what is used',
        'shrink-would-lose-data',
      )
      await bench.holds(share, content, 'after a refused shrink')
      // A limit that was lowered all the same would stop this.
      await bench.write(share, { seed: 'more', bytes: Math.floor(1.2 * GIB) })
    },
  },
  {
    name: 'shrink to what still fits keeps the content and lowers the limit',
    needs: ['shrinks', 'probes', 'enforcesSize'],
    async check(bench) {
      const share = await bench.share({ sizeGib: 2 })
      const content = { seed: 'mine', bytes: 10 * MIB }
      await bench.write(share, content)
      await bench.driver.shrinks!.moves?.(bench.call({ lane: share.id }), share.ref, 1)
      await bench.driver.shrinks!.shrink(bench.call({ lane: share.id }), share.ref, 1)
      const known = { ...share.ref, sizeGib: 1 }
      const found = await bench.driver.ensure(bench.call({ lane: share.id }), known)
      const smaller = bench.held(share.ref, found, 1)
      await bench.holds(smaller, content, 'after shrink')
      await bench.limited(smaller, 1, 'after shrink')
    },
  },
  {
    name: 'measure answers one row for every id',
    needs: ['measures'],
    async check(bench) {
      const shares = [(await bench.share()).ref, (await bench.share()).ref, bench.shareRef()]
      const rows = await bench.driver.measures!.measure(bench.call(), shares, [], { refresh: false })
      assert.deepEqual(rows.map((row) => row.id).toSorted(), shares.map((share) => share.id).toSorted())
      for (const row of rows) {
        const sizes = [row.usedBytes, row.referencedBytes, row.exclusiveBytes]
        assert.equal(
          sizes.includes(null),
          row.reason !== null,
          `${row.id}: a null has a reason and only a null`,
        )
        for (const size of sizes) assert.ok(size === null || size >= 0, `${row.id}: ${size} bytes`)
        assert.ok(row.method.length > 0, `${row.id}: no method`)
        assert.ok(row.measuredAtUs > 1e15, `${row.id}: measuredAtUs isn't in microseconds`)
      }
      const none = await bench.driver.measures!.measure(bench.call(), [], [], { refresh: false })
      assert.deepEqual(none, [])
    },
  },
  {
    name: 'measure answers for snapshots too',
    needs: ['measures', 'snapshots'],
    async check(bench) {
      const share = await bench.share()
      const snapshot = await bench.snapshot(share)
      const rows = await bench.driver.measures!.measure(bench.call(), [share.ref], [snapshot], {
        refresh: false,
      })
      assert.deepEqual(rows.map((row) => row.id).toSorted(), [share.id, snapshot.id].toSorted())
    },
  },
  {
    name: 'measure follows what is written',
    needs: ['measures', 'probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, { seed: 'counted', bytes: 64 * MIB })
      const [row] = await bench.driver.measures!.measure(bench.call(), [share.ref], [], { refresh: true })
      if (row!.usedBytes === null) return assert.ok(row!.reason)
      assert.ok(row!.usedBytes >= 60 * MIB, `${row!.usedBytes} bytes after 64 MiB were written`)
      // A gigabyte share can't have used more; block and metadata overhead stays far below.
      assert.ok(row!.usedBytes <= 96 * MIB, `${row!.usedBytes} bytes after 64 MiB were written`)
    },
  },
]
