/** What a publisher says it can't hold more of: it holds that much, refuses more in words, and what it has stays as it is. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ExportRule } from '../driver.ts'
import { refused, type Bench, type Law } from './bench.ts'

/** Clients of the access type `ip`, each another one. */
function clients(count: number): ExportRule[] {
  return Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    type: 'ip',
    to: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
    level: 'rw',
  }))
}

/** Rules beyond the limit that are sent. */
const beyond = 3

export const limitLaws: readonly Law[] = [
  {
    name: 'as many rules as it says hold, those beyond are in error, and the export goes on',
    needs: ['publishes', 'rulesLimit'],
    async check(bench: Bench) {
      const { publisher } = bench
      const limit = publisher.limits?.rulesPerExport ?? assert.fail('no limit')
      const ref = bench.exportRef(await bench.share())
      const call = () => bench.call({ lane: ref.id })
      const where = await publisher.publish(call(), ref)
      const rules = clients(limit + beyond)
      const within = await publisher.applyRules(call(), ref, rules.slice(0, limit))
      assert.equal(within.filter(({ state }) => state === 'active').length, limit)
      const outcomes = await publisher.applyRules(call(), ref, rules)
      assert.deepEqual(outcomes.map(({ id }) => id).toSorted(), rules.map(({ id }) => id).toSorted())
      const refusals = outcomes.filter(({ state }) => state === 'error')
      assert.ok(refusals.length <= beyond, `${refusals.length} rules are in error, ${beyond} were too many`)
      assert.ok(
        refusals.every(({ why, reason }) => why !== null && reason !== null),
        'no reason why a rule is in error',
      )
      // It can be read again and changed: nobody is locked in or out by having asked for too much.
      assert.deepEqual(await publisher.publish(call(), ref), where)
      assert.ok((await publisher.inventory(bench.call())).includes(ref.id), 'the export is gone')
      assert.ok(
        !((await publisher.damaged?.(bench.call())) ?? []).includes(ref.id),
        'the export can not be read',
      )
      const [one] = rules
      const after = await publisher.applyRules(call(), ref, one === undefined ? [] : [one])
      assert.deepEqual(
        after.map(({ state }) => state),
        ['active'],
      )
      assert.deepEqual((await bench.backend.granted?.(ref.id)) ?? [one?.to], [one?.to])
    },
  },
  {
    name: 'as many exports as it says are there, one more is refused, and the others stay',
    needs: ['publishes', 'exportsLimit'],
    async check(bench: Bench) {
      const { publisher } = bench
      const limit = publisher.limits?.exportsPerServer ?? assert.fail('no limit')
      const before = await publisher.inventory(bench.call())
      const refs = []
      for (let n = before.length; n < limit; n++) refs.push(bench.exportRef(await bench.share()))
      for (const ref of refs) await publisher.publish(bench.call({ lane: ref.id }), ref)
      const more = bench.exportRef(await bench.share())
      const publishMore = () => publisher.publish(bench.call({ lane: more.id }), more)
      const error = await refused(publishMore, 'one export more than there can be')
      assert.equal(error.outcome, 'no-room-here')
      const ids = (await publisher.inventory(bench.call())).toSorted()
      assert.deepEqual(ids, [...before, ...refs.map(({ id }) => id)].toSorted())
      const [first] = refs
      if (first === undefined) return
      // Again is no more, and one that goes makes room.
      await publisher.publish(bench.call({ lane: first.id }), first)
      await publisher.unpublish(bench.call({ lane: first.id }), first)
      assert.ok((await publishMore()).length > 0, 'no export location')
    },
  },
]
