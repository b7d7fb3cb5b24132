import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { hostileIds } from './core.ts'
import { MIB, refused, type Bench, type HeldShare, type Law } from './bench.ts'

const before = { seed: 'before', bytes: 3 * MIB }
const after = { seed: 'after', bytes: 5 * MIB }

async function cloneOf(bench: Bench, source: HeldShare, sizeGib = 1) {
  const snapshot = await bench.snapshot(source)
  const ref = bench.shareRef({ sizeGib })
  const answer = await bench.driver.clones!.clone(bench.call({ lane: ref.id }), ref, snapshot)
  return { snapshot, clone: bench.held(ref, answer) }
}

/** Snapshots, clones, reverts and mountable snapshots. */
export const snapshotLaws: readonly Law[] = [
  {
    name: 'snapshot twice answers the same and takes one',
    needs: ['snapshots'],
    async check(bench) {
      const share = await bench.share()
      const ref = bench.snapshotRef(share)
      const first = await bench.driver.snapshots!.create(bench.call({ lane: share.id }), ref)
      assert.deepEqual(await bench.driver.snapshots!.create(bench.call({ lane: share.id }), ref), first)
      assert.equal(await bench.inventoried('snapshots', ref.id), 1)
    },
  },
  {
    name: 'snapshot of what is not there is refused',
    needs: ['snapshots'],
    async check(bench) {
      const ref = bench.shareRef()
      const absent = bench.snapshotRef({ id: ref.id, ref, answer: { state: {}, tree: null }, tree: null })
      await refused(() => bench.driver.snapshots!.create(bench.call(), absent), 'snapshot of nothing')
      assert.equal(await bench.inventoried('snapshots', absent.id), 0)
    },
  },
  {
    name: 'snapshot delete twice, and of what was never taken',
    needs: ['snapshots'],
    async check(bench) {
      const share = await bench.share()
      const snapshot = await bench.snapshot(share)
      const call = () => bench.call({ lane: share.id })
      for (let round = 0; round < 2; round++) await bench.driver.snapshots!.delete(call(), snapshot)
      await bench.driver.snapshots!.delete(call(), bench.snapshotRef(share))
      assert.equal(await bench.inventoried('snapshots', snapshot.id), 0)
      assert.deepEqual(await bench.driver.ensure(call(), share.ref), share.answer)
    },
  },
  {
    name: 'a snapshot of which no row is left goes by its id alone, and its share stays',
    needs: ['snapshots'],
    async check(bench) {
      const share = await bench.share()
      const [gone, kept] = [await bench.snapshot(share), await bench.snapshot(share)]
      const { id } = gone
      const bare = { ...share.ref, id, shareId: id, projectId: '', sizeGib: 0, pool: '', state: {} }
      const alone = { ...gone, snapshotId: id, share: bare, sizeGib: 0, state: {} }
      await bench.driver.mountsSnapshots?.release(bench.call(), alone)
      await bench.driver.snapshots!.delete(bench.call(), alone)
      const held = await bench.driver.inventory(bench.call())
      assert.ok(!held.snapshots.includes(id) && held.snapshots.includes(kept.id))
      assert.ok(!(held.remains ?? []).includes(id))
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: share.id }), share.ref), share.answer)
    },
  },
  {
    name: 'snapshot ids never become paths',
    needs: ['snapshots'],
    async check(bench) {
      const share = await bench.share()
      for (const id of hostileIds) {
        const ref = { ...bench.snapshotRef(share), id }
        await refused(
          () => bench.driver.snapshots!.create(bench.call(), ref),
          `snapshot ${JSON.stringify(id)}`,
        )
      }
    },
  },
  {
    name: 'snapshot repeated after a change keeps the first moment',
    needs: ['snapshots', 'clones', 'probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, before)
      const snapshot = await bench.snapshot(share)
      await bench.write(share, after)
      await bench.driver.snapshots!.create(bench.call({ lane: share.id }), { ...snapshot, state: {} })
      const ref = bench.shareRef()
      const clone = bench.held(
        ref,
        await bench.driver.clones!.clone(bench.call({ lane: ref.id }), ref, snapshot),
      )
      await bench.holds(clone, before, 'of a snapshot taken before the change')
      await bench.holds(share, after, 'of the share')
    },
  },
  {
    name: 'clone twice answers the same and makes one',
    needs: ['snapshots', 'clones'],
    async check(bench) {
      const { clone, snapshot } = await cloneOf(bench, await bench.share())
      const again = await bench.driver.clones!.clone(
        bench.call({ lane: clone.id }),
        { ...clone.ref, state: {} },
        snapshot,
      )
      assert.deepEqual(again, clone.answer)
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: clone.id }), clone.ref), clone.answer)
      assert.equal(await bench.inventoried('shares', clone.id), 1)
    },
  },
  {
    name: 'clone and source go separate ways',
    needs: ['snapshots', 'clones', 'probes'],
    async check(bench) {
      const source = await bench.share()
      await bench.write(source, before)
      const { clone, snapshot } = await cloneOf(bench, source)
      await bench.holds(clone, before, 'of the clone')
      await bench.write(clone, after)
      await bench.holds(source, before, 'of the source after the clone was written')
      await bench.driver.clones!.clone(bench.call({ lane: clone.id }), { ...clone.ref, state: {} }, snapshot)
      await bench.holds(clone, after, 'of the clone after clone was repeated')
    },
  },
  {
    name: 'clone outlives its snapshot',
    needs: ['snapshots', 'clones', 'probes'],
    async check(bench) {
      const source = await bench.share()
      await bench.write(source, before)
      const { clone, snapshot } = await cloneOf(bench, source)
      // A backend whose clones lean on the snapshot may say busy; it may not break the clone.
      await bench.driver
        .snapshots!.delete(bench.call({ lane: source.id }), snapshot)
        .catch((error: unknown) => {
          assert.equal((error as { reason?: unknown }).reason, 'busy')
        })
      await bench.holds(clone, before, 'of the clone after its snapshot was deleted')
    },
  },
  {
    name: 'clone of a snapshot that is not there is refused',
    needs: ['snapshots', 'clones'],
    async check(bench) {
      const ref = bench.shareRef()
      const absent = bench.snapshotRef(await bench.share())
      await refused(
        () => bench.driver.clones!.clone(bench.call({ lane: ref.id }), ref, absent),
        'clone of nothing',
      )
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'clone holds no more than its own size',
    needs: ['snapshots', 'clones', 'probes', 'enforcesSize'],
    async check(bench) {
      const source = await bench.share()
      await bench.write(source, before)
      const { clone } = await cloneOf(bench, source, 2)
      await bench.limited(clone, 2, 'a clone of')
    },
  },
  {
    name: 'revert brings the content and the size back',
    needs: ['snapshots', 'reverts', 'probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, before)
      const snapshot = await bench.snapshot(share)
      await bench.write(share, after)
      await bench.driver.extend(bench.call({ lane: share.id }), share.ref, 2)
      const big = { ...share.ref, sizeGib: 2 }
      const call = bench.call({ lane: share.id })
      const reverted = bench.held(
        big,
        await bench.driver.reverts!.revert(call, big, snapshot, randomUUID()),
        1,
      )
      await bench.holds(reverted, before, 'after revert')
      assert.deepEqual(
        await bench.driver.ensure(bench.call({ lane: share.id }), reverted.ref),
        reverted.answer,
      )
      assert.equal(await bench.inventoried('shares', share.id), 1)
      assert.equal(await bench.inventoried('snapshots', snapshot.id), 1, 'the snapshot is still there')
      if (bench.target.limits?.enforcesSize) await bench.limited(reverted, 1, 'after revert')
    },
  },
  {
    name: 'revert repeated by its operation keeps later writes',
    needs: ['snapshots', 'reverts', 'probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, before)
      const snapshot = await bench.snapshot(share)
      const operation = randomUUID()
      const revert = async (ref: HeldShare, by: string) =>
        bench.held(
          ref.ref,
          await bench.driver.reverts!.revert(bench.call({ lane: ref.id }), ref.ref, snapshot, by),
        )
      await revert(share, operation)
      // The row still has the state from before: the first answer was lost.
      const reverted = await revert(share, operation)
      await bench.write(reverted, after)
      const again = await revert(share, operation)
      assert.deepEqual(again.answer, reverted.answer)
      await bench.holds(again, after, 'written after the revert')
      await bench.holds(await revert(again, randomUUID()), before, 'after another revert')
    },
  },
  {
    name: 'mountable snapshot is a read-only tree',
    needs: ['snapshots', 'mountsSnapshots'],
    async check(bench) {
      const share = await bench.share()
      const snapshot = await bench.snapshot(share)
      const call = () => bench.call({ lane: share.id })
      const tree = await bench.driver.mountsSnapshots!.tree(call(), snapshot)
      assert.equal(tree.readOnly, true)
      assert.ok(tree.path.startsWith('/'), `the tree is at ${tree.path}`)
      assert.notEqual(tree.path, share.tree?.path)
      assert.deepEqual(await bench.driver.mountsSnapshots!.tree(call(), snapshot), tree)
      for (let round = 0; round < 2; round++) await bench.driver.mountsSnapshots!.release(call(), snapshot)
      assert.equal(await bench.inventoried('snapshots', snapshot.id), 1, 'releasing deletes nothing')
    },
  },
  {
    name: 'mountable snapshot shows the moment it was taken',
    needs: ['snapshots', 'mountsSnapshots', 'probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, before)
      const snapshot = await bench.snapshot(share)
      await bench.write(share, after)
      const tree = await bench.driver.mountsSnapshots!.tree(bench.call({ lane: share.id }), snapshot)
      await bench.holds({ id: snapshot.id, tree }, before, 'of the snapshot')
    },
  },
]
