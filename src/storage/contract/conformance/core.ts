import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { failure, refused, type Law } from './bench.ts'

/** Ids that would reach another place if they became part of a path. */
export const hostileIds = ['../x', '..', '.', '', '/etc/x', 'a/../../b', 'a\0b', 'a\nb', '-rf/../..']

/** What every driver promises. */
export const coreLaws: readonly Law[] = [
  {
    name: 'setup twice',
    needs: [],
    async check(bench) {
      await bench.driver.setup(bench.call())
    },
  },
  {
    name: 'pools are sane',
    needs: [],
    async check(bench) {
      const pools = await bench.driver.pools(bench.call())
      assert.ok(pools.length > 0, 'there is no pool')
      assert.equal(new Set(pools.map((pool) => pool.name)).size, pools.length, 'two pools share a name')
      for (const { name, totalGib, freeGib } of pools) {
        assert.match(name, /^[^#@\s]+$/, 'a pool name is a label without #, @ and spaces')
        assert.ok(totalGib === null || totalGib >= 0, `${name}: total ${totalGib}`)
        assert.ok(freeGib === null || freeGib >= 0, `${name}: free ${freeGib}`)
        assert.ok(totalGib === null || freeGib === null || freeGib <= totalGib, `${name}: free exceeds total`)
      }
    },
  },
  {
    name: 'create answers a state and a tree',
    needs: [],
    async check(bench) {
      const { answer, ref } = await bench.share()
      assert.ok(Buffer.byteLength(JSON.stringify(answer.state)) <= 4096, 'the state exceeds 4 KiB')
      for (const value of Object.values(answer.state))
        assert.equal(typeof value, 'string', 'state holds strings')
      if (answer.tree === null)
        assert.ok(bench.driver.native?.protocols.includes(ref.protocol), 'only a native protocol has no tree')
      else {
        assert.ok(answer.tree.path.startsWith('/'), `the tree is at ${answer.tree.path}`)
        assert.equal(answer.tree.readOnly, false, 'the tree of a share can be written')
      }
    },
  },
  {
    name: 'create twice answers the same and makes one',
    needs: [],
    async check(bench) {
      const first = await bench.share()
      const again = await bench.driver.create(bench.call({ lane: first.id }), { ...first.ref, state: {} })
      assert.deepEqual(again, first.answer)
      assert.equal(await bench.inventoried('shares', first.id), 1)
    },
  },
  {
    name: 'create twice keeps what was written in between',
    needs: ['probes'],
    async check(bench) {
      const share = await bench.share()
      await bench.write(share, { seed: 'mine', bytes: 10_000 })
      await bench.driver.create(bench.call({ lane: share.id }), { ...share.ref, state: {} })
      await bench.holds(share, { seed: 'mine', bytes: 10_000 }, 'after create was repeated')
    },
  },
  {
    name: 'create at the same time makes one',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      const both = await Promise.allSettled(
        [1, 2].map(() => bench.driver.create(bench.call({ lane: ref.id }), ref)),
      )
      // One of the two may be told that the other is at work; after that a repeat settles it.
      const settled = await bench.driver.create(bench.call({ lane: ref.id }), ref)
      for (const one of both) if (one.status === 'fulfilled') assert.deepEqual(one.value, settled)
      assert.equal(await bench.inventoried('shares', ref.id), 1)
    },
  },
  {
    name: 'create in a pool that is not there is refused',
    needs: [],
    async check(bench) {
      const ref = { ...bench.shareRef(), pool: 'no-such-pool' }
      await refused(() => bench.driver.create(bench.call({ lane: ref.id }), ref), 'create in an unknown pool')
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'delete twice',
    needs: [],
    async check(bench) {
      const { id, ref } = await bench.share()
      await bench.driver.delete(bench.call({ lane: id }), ref)
      assert.equal(await bench.inventoried('shares', id), 0, 'still in the inventory')
      await bench.driver.delete(bench.call({ lane: id }), ref)
    },
  },
  {
    name: 'delete of what was never made',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      await bench.driver.delete(bench.call({ lane: ref.id }), ref)
    },
  },
  {
    name: 'delete without the state that create answered',
    needs: [],
    async check(bench) {
      const { id, ref } = await bench.share()
      await bench.driver.delete(bench.call({ lane: id }), { ...ref, state: {} })
      assert.equal(await bench.inventoried('shares', id), 0)
    },
  },
  {
    name: 'delete after a create that was cut short',
    needs: [],
    async check(bench) {
      for (const afterMs of [0, 1, 5, 20, 100]) {
        const ref = bench.shareRef()
        const stop = new AbortController()
        const made = bench.driver
          .create(bench.call({ lane: ref.id, signal: stop.signal }), ref)
          .catch(() => null)
        await sleep(afterMs)
        stop.abort()
        await made
        await bench.driver.delete(bench.call({ lane: ref.id }), ref)
        assert.equal(await bench.inventoried('shares', ref.id), 0, `cut after ${afterMs} ms`)
      }
    },
  },
  {
    name: 'delete after a create that broke half-way',
    needs: ['breakCreate'],
    async check(bench) {
      const ref = bench.shareRef()
      await bench.backend.breakCreate!()
      await failure(() => bench.driver.create(bench.call({ lane: ref.id }), ref), 'a broken create')
      await bench.driver.delete(bench.call({ lane: ref.id }), ref)
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'create after a create that broke half-way',
    needs: ['breakCreate'],
    async check(bench) {
      const ref = bench.shareRef()
      await bench.backend.breakCreate!()
      await failure(() => bench.driver.create(bench.call({ lane: ref.id }), ref), 'a broken create')
      const made = await bench.driver.create(bench.call({ lane: ref.id }), ref)
      const known = { ...ref, state: made.state }
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: ref.id }), known), made)
    },
  },
  {
    name: 'ensure answers what create answered',
    needs: [],
    async check(bench) {
      const { id, ref, answer } = await bench.share()
      for (let round = 0; round < 2; round++)
        assert.deepEqual(await bench.driver.ensure(bench.call({ lane: id }), ref), answer)
    },
  },
  {
    name: 'ensure never makes what is not there',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      await refused(
        () => bench.driver.ensure(bench.call({ lane: ref.id }), ref),
        'ensure of nothing',
        'not-found',
      )
      const { ref: gone, id } = await bench.share()
      await bench.driver.delete(bench.call({ lane: id }), gone)
      await refused(
        () => bench.driver.ensure(bench.call({ lane: id }), gone),
        'ensure after delete',
        'not-found',
      )
      assert.equal((await bench.inventoried('shares', ref.id)) + (await bench.inventoried('shares', id)), 0)
    },
  },
  {
    name: 'setup after stop finds every share again',
    needs: [],
    async check(bench) {
      const { id, ref, answer } = await bench.share()
      for (const detach of [false, true]) {
        await bench.driver.stop(bench.call(), { detach })
        await bench.driver.setup(bench.call())
        const found = await bench.driver.ensure(bench.call({ lane: id }), ref)
        assert.deepEqual(found, answer, detach ? 'after detaching' : 'after stopping')
      }
    },
  },
  {
    name: 'another process finds every share again',
    needs: ['reopen'],
    async check(bench) {
      const { id, ref, answer } = await bench.share()
      bench.driver = await bench.backend.reopen!()
      await bench.driver.setup(bench.call())
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: id }), ref), answer)
    },
  },
  {
    name: 'inventory lists exactly what is there',
    needs: [],
    async check(bench) {
      const before = await bench.driver.inventory(bench.call())
      const shares = [await bench.share(), await bench.share(), await bench.share()]
      const between = await bench.driver.inventory(bench.call())
      const ids = shares.map((share) => share.id)
      assert.deepEqual(between.shares.toSorted(), [...before.shares, ...ids].toSorted())
      for (const { id, ref } of shares) await bench.driver.delete(bench.call({ lane: id }), ref)
      const after = await bench.driver.inventory(bench.call())
      assert.deepEqual(after.shares.toSorted(), before.shares.toSorted())
      assert.deepEqual(after.snapshots.toSorted(), before.snapshots.toSorted())
      for (const held of [between, after])
        assert.deepEqual(
          (held.remains ?? []).filter((id) => ids.includes(id)),
          [],
        )
    },
  },
  {
    name: 'ids never become paths',
    needs: [],
    async check(bench) {
      const canary = await bench.share()
      const before = await bench.driver.inventory(bench.call())
      for (const id of hostileIds) {
        const ref = { ...canary.ref, id, state: {} }
        await refused(() => bench.driver.create(bench.call(), ref), `create with id ${JSON.stringify(id)}`)
      }
      for (const id of [`x/../${canary.id}`, `./${canary.id}`, `${canary.id}/.`])
        await bench.driver.delete(bench.call(), { ...canary.ref, id, state: {} }).catch(() => {})
      const after = await bench.driver.inventory(bench.call())
      assert.deepEqual(after.shares.toSorted(), before.shares.toSorted())
      assert.deepEqual(await bench.driver.ensure(bench.call(), canary.ref), canary.answer)
    },
  },
  {
    name: 'a call from an earlier owner changes nothing',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      const answer = await bench.driver.create(bench.call({ lane: ref.id, fence: 7 }), ref)
      const late = bench.call({ lane: ref.id, fence: 6 })
      await refused(
        () => bench.driver.delete(late, { ...ref, state: answer.state }),
        'delete by an earlier owner',
      )
      const found = await bench.driver.ensure(bench.call({ lane: ref.id, fence: 7 }), {
        ...ref,
        state: answer.state,
      })
      assert.deepEqual(found, answer)
      await bench.driver.delete(bench.call({ lane: ref.id, fence: 8 }), { ...ref, state: answer.state })
    },
  },
  {
    name: 'a late create from an earlier owner makes nothing',
    needs: [],
    async check(bench) {
      const ref = bench.shareRef()
      const answer = await bench.driver.create(bench.call({ lane: ref.id, fence: 7 }), ref)
      await bench.driver.delete(bench.call({ lane: ref.id, fence: 8 }), { ...ref, state: answer.state })
      const late = bench.call({ lane: ref.id, fence: 7 })
      await refused(() => bench.driver.create(late, ref), 'create by an earlier owner')
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'the deadline is kept',
    needs: ['hangCreate'],
    async check(bench) {
      const ref = bench.shareRef()
      await bench.backend.hangCreate!()
      const began = performance.now()
      const hung = bench.driver.create(bench.call({ lane: ref.id, deadlineMs: 300 }), ref)
      const error = await failure(() => hung, 'a call past its deadline')
      assert.equal(error.outcome, 'maybe-happened')
      // An Exec settles at most a second after its deadline; another one for a busy machine.
      assert.ok(performance.now() - began < 2300, 'it took two seconds longer than the deadline')
    },
  },
]
