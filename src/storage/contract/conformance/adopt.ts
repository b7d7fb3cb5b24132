import assert from 'node:assert/strict'
import { MIB, refused, type Bench, type HeldShare, type Law } from './bench.ts'

function locationOf(bench: Bench, share: HeldShare): string {
  const typed = bench.backend.exportPath?.(share.ref, share.tree) ?? share.tree?.path
  return typed ?? assert.fail('the target must have exportPath, as the share has no tree')
}

/** Managing what has no row, and letting go. */
export const adoptionLaws: readonly Law[] = [
  {
    name: 'unmanage lets go and manage takes back, content and all',
    needs: ['manages'],
    async check(bench) {
      const share = await bench.share({ sizeGib: 2 })
      const content = { seed: 'kept', bytes: 2 * MIB }
      if (bench.target.probes) await bench.write(share, content)
      for (let round = 0; round < 2; round++)
        await bench.driver.manages!.unmanage(bench.call({ lane: share.id }), share.ref)
      assert.equal(await bench.inventoried('shares', share.id), 0, 'still in the inventory')
      const ref = bench.shareRef()
      const manage = () =>
        bench.driver.manages!.manage(bench.call({ lane: ref.id }), ref, locationOf(bench, share), {})
      const { sizeGib, ...answer } = await manage()
      assert.ok(Number.isInteger(sizeGib) && sizeGib >= 1, `the size is ${sizeGib}`)
      if (bench.target.limits?.enforcesSize) assert.equal(sizeGib, 2, 'the size it had')
      assert.deepEqual(await manage(), { ...answer, sizeGib }, 'manage repeated')
      const managed = bench.held(ref, answer, sizeGib)
      assert.equal(await bench.inventoried('shares', ref.id), 1)
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: ref.id }), managed.ref), answer)
      if (bench.target.probes) await bench.holds(managed, content, 'after manage')
      await bench.driver.delete(bench.call({ lane: ref.id }), managed.ref)
      assert.equal(await bench.inventoried('shares', ref.id), 0)
    },
  },
  {
    name: 'unmanage of what is not there',
    needs: ['manages'],
    async check(bench) {
      const ref = bench.shareRef()
      await bench.driver.manages!.unmanage(bench.call({ lane: ref.id }), ref)
    },
  },
  {
    name: 'manage takes nothing that is not its own to give',
    needs: ['manages'],
    async check(bench) {
      const other = await bench.share()
      const taken = locationOf(bench, other)
      const paths = [
        '',
        '/',
        '/etc',
        '../../etc',
        '127.0.0.1:/etc',
        `${taken}/../../../../etc`,
        `${taken}/no-such`,
      ]
      for (const path of [...paths, `${taken}\0`, '127.0.0.1:/no-such-share', taken]) {
        const ref = bench.shareRef()
        const manage = () => bench.driver.manages!.manage(bench.call({ lane: ref.id }), ref, path, {})
        await refused(manage, `manage of ${JSON.stringify(path)}`)
        assert.equal(await bench.inventoried('shares', ref.id), 0, `after manage of ${JSON.stringify(path)}`)
      }
      assert.deepEqual(await bench.driver.ensure(bench.call({ lane: other.id }), other.ref), other.answer)
    },
  },
  {
    name: 'snapshot unmanage lets go and manage takes back',
    needs: ['snapshots', 'managesSnapshots'],
    async check(bench) {
      const share = await bench.share()
      const snapshot = await bench.snapshot(share)
      const location =
        bench.backend.providerLocation?.(snapshot, snapshot.state) ??
        snapshot.state['location'] ??
        assert.fail('the target must have providerLocation, as the state has no location')
      const call = () => bench.call({ lane: share.id })
      for (let round = 0; round < 2; round++) await bench.driver.managesSnapshots!.unmanage(call(), snapshot)
      assert.equal(await bench.inventoried('snapshots', snapshot.id), 0, 'still in the inventory')
      const ref = bench.snapshotRef(share)
      const answer = await bench.driver.managesSnapshots!.manage(call(), ref, location, {})
      assert.deepEqual(await bench.driver.managesSnapshots!.manage(call(), ref, location, {}), answer)
      assert.equal(await bench.inventoried('snapshots', ref.id), 1)
      await bench.driver.snapshots!.delete(call(), bench.taken(ref, answer.state))
      assert.equal(await bench.inventoried('snapshots', ref.id), 0)
    },
  },
  {
    name: 'snapshot manage takes nothing that is not its own to give',
    needs: ['snapshots', 'managesSnapshots'],
    async check(bench) {
      const share = await bench.share()
      for (const location of ['', '/', '/etc', '../../etc', 'no-such-snapshot', share.tree?.path ?? '/tmp']) {
        const ref = bench.snapshotRef(share)
        const manage = () =>
          bench.driver.managesSnapshots!.manage(bench.call({ lane: share.id }), ref, location, {})
        await refused(manage, `manage of snapshot ${JSON.stringify(location)}`)
        assert.equal(await bench.inventoried('snapshots', ref.id), 0)
      }
    },
  },
]
