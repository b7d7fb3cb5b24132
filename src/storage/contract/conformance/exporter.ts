import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { ExportRule } from '../driver.ts'
import { refused, type Bench, type Law } from './bench.ts'

/** Two clients of each access type that may be known. */
const clients: Readonly<Record<string, readonly [string, string]>> = {
  ip: ['10.0.0.7', '10.1.0.0/24'],
  user: ['alice', 'bob'],
  cert: ['alice.example.org', 'bob.example.org'],
  cephx: ['alice', 'bob'],
}

function rulesFor(bench: Bench): [ExportRule, ExportRule] {
  const protocol = bench.target.protocol ?? 'NFS'
  const [, type] =
    bench.publisher.accessTypes.find(([p, type]) => p === protocol && clients[type]) ??
    assert.fail(`nobody accepts no access type for ${protocol}`)
  const [first, second] = clients[type]!
  const rule = (to: string, level: 'rw' | 'ro') => ({ id: randomUUID(), type, to, level })
  return [rule(first, 'rw'), rule(second, 'ro')]
}

const byId = <T extends { id: string }>(rows: readonly T[]) => rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))

/** Of each access type: what a server may have no words for, or reads as more than it says. */
const oddities: Readonly<Record<string, readonly string[]>> = {
  ip: [
    '2001:db8::/99',
    '2001:db8::/100',
    '2001:db8::/112',
    '2001:db8::/120',
    '2001:db8::/121',
    '2001:db8::/127',
    '0.0.0.0',
    '::',
    '::ffff:10.0.0.9',
    '10.0.0.0/33',
    '10.1',
    '*',
    '@all',
    'host.example',
    'x; }',
    '"',
    '',
  ],
  user: ['al"ice', 'al\nice', '@all', '*', ''],
  cert: ['a"b', 'a\nb', '*', ''],
  cephx: ['client.admin', 'a b', 'a"b', 'a\nb', '*', '', 'x'.repeat(300)],
}

/** What an exporter promises, whichever driver made the tree, and a driver that publishes natively. */
export const exporterLaws: readonly Law[] = [
  {
    name: 'publish twice answers the same and publishes one',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const ref = bench.exportRef(await bench.share())
      const first = await publisher.publish(bench.call({ lane: ref.id }), ref)
      assert.ok(first.length > 0, 'no export location')
      assert.deepEqual(await publisher.publish(bench.call({ lane: ref.id }), ref), first)
      const listed = (await publisher.inventory(bench.call())).filter((id) => id === ref.id)
      assert.equal(listed.length, 1)
    },
  },
  {
    name: 'two shares have different locations',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const refs = [bench.exportRef(await bench.share()), bench.exportRef(await bench.share())]
      const paths: string[] = []
      for (const ref of refs)
        paths.push(
          ...(await publisher.publish(bench.call({ lane: ref.id }), ref)).map((location) => location.path),
        )
      assert.equal(new Set(paths).size, paths.length, paths.join(', '))
    },
  },
  {
    name: 'unpublish twice, and of what was never published',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const [mine, other] = [bench.exportRef(await bench.share()), bench.exportRef(await bench.share())]
      await publisher.publish(bench.call({ lane: mine.id }), mine)
      await publisher.publish(bench.call({ lane: other.id }), other)
      for (let round = 0; round < 2; round++) await publisher.unpublish(bench.call({ lane: mine.id }), mine)
      const listed = await publisher.inventory(bench.call())
      assert.ok(!listed.includes(mine.id), 'still published')
      assert.ok(listed.includes(other.id), 'another export went along')
    },
  },
  {
    name: 'every rule has one outcome, whatever the order, however often',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const ref = bench.exportRef(await bench.share())
      const rules = rulesFor(bench)
      await publisher.publish(bench.call({ lane: ref.id }), ref)
      const apply = async (set: readonly ExportRule[]) =>
        byId(await publisher.applyRules(bench.call({ lane: ref.id }), ref, set))
      const first = await apply(rules)
      assert.deepEqual(
        first.map((outcome) => outcome.id),
        byId(rules).map((rule) => rule.id),
      )
      assert.deepEqual(
        first.map((outcome) => outcome.state),
        ['active', 'active'],
        JSON.stringify(first),
      )
      assert.deepEqual(await apply(rules.toReversed()), first)
      assert.deepEqual(await apply([]), [])
    },
  },
  {
    name: 'rules replace the whole set',
    needs: ['publishes', 'granted'],
    async check(bench) {
      const { publisher } = bench
      const granted = (id: string) => bench.backend.granted!(id)
      const ref = bench.exportRef(await bench.share())
      const [first, second] = rulesFor(bench)
      await publisher.publish(bench.call({ lane: ref.id }), ref)
      assert.deepEqual(await granted(ref.id), [], 'published to nobody')
      for (const set of [[first], [first, second], [second], []]) {
        await publisher.applyRules(bench.call({ lane: ref.id }), ref, set)
        assert.deepEqual((await granted(ref.id)).toSorted(), set.map((rule) => rule.to).toSorted())
      }
    },
  },
  {
    name: 'publishing again cuts nobody off',
    needs: ['publishes', 'granted'],
    async check(bench) {
      const { publisher } = bench
      const share = await bench.share()
      // Who serves as the share's own user is kept from every other tree, which is the point of such a user.
      const { projectId } = share.ref
      const moved = bench.driver.separates === 'user' ? share : await bench.share({ projectId })
      const ref = bench.exportRef(share)
      const [rule] = rulesFor(bench)
      await publisher.publish(bench.call({ lane: ref.id }), ref)
      await publisher.applyRules(bench.call({ lane: ref.id }), ref, [rule])
      await publisher.publish(bench.call({ lane: ref.id }), { ...ref, tree: moved.tree })
      assert.deepEqual(await bench.backend.granted!(ref.id), [rule.to])
    },
  },
  {
    name: 'a rule of an unsupported type is in error and stops no other',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const ref = bench.exportRef(await bench.share())
      const [good] = rulesFor(bench)
      const bad: ExportRule = { id: randomUUID(), type: 'no-such-type', to: 'whoever', level: 'rw' }
      await publisher.publish(bench.call({ lane: ref.id }), ref)
      const outcomes = await publisher.applyRules(bench.call({ lane: ref.id }), ref, [bad, good])
      const refusal = outcomes.find((outcome) => outcome.id === bad.id)
      assert.equal(refusal?.state, 'error')
      assert.equal(refusal?.reason, 'access-type-unsupported')
      assert.ok(refusal?.why, 'the owner is told why')
      assert.equal(outcomes.find((outcome) => outcome.id === good.id)?.state, 'active')
    },
  },
  {
    name: 'a rule that can not be applied is named and harms no other, and who is denied is out all the same',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const ref = bench.exportRef(await bench.share())
      const [good, other] = rulesFor(bench)
      const odd = (oddities[good.type] ?? []).map((to): ExportRule => ({ ...good, id: randomUUID(), to }))
      await publisher.publish(bench.call({ lane: ref.id }), ref)
      const apply = async (rules: readonly ExportRule[]) => {
        const outcomes = await publisher.applyRules(bench.call({ lane: ref.id }), ref, rules)
        assert.deepEqual(
          byId(outcomes).map(({ id }) => id),
          byId(rules).map(({ id }) => id),
        )
        for (const { id, state, why, reason } of outcomes)
          assert.ok(
            state === 'active' || (why !== null && reason !== null),
            `no reason for ${rules.find((rule) => rule.id === id)?.to}`,
          )
        return new Map(outcomes.map(({ id, state }) => [id, state]))
      }
      const first = await apply([...odd, good, other])
      assert.deepEqual([first.get(good.id), first.get(other.id)], ['active', 'active'])
      const granted = await bench.backend.granted?.(ref.id)
      assert.ok(granted?.includes(good.to) ?? true, `${good.to} is not let in`)
      assert.equal((await apply([other, ...odd])).get(other.id), 'active')
      const left = await bench.backend.granted?.(ref.id)
      assert.ok(!(left?.includes(good.to) ?? false), `${good.to} was denied and is let in`)
      await apply([])
      assert.deepEqual((await bench.backend.granted?.(ref.id)) ?? [], [])
    },
  },
  {
    name: 'names never become paths',
    needs: ['publishes'],
    async check(bench) {
      const { publisher } = bench
      const share = await bench.share()
      const before = await publisher.inventory(bench.call())
      for (const bad of ['../x', '', 'a/b', 'a\0b', 'a\nb', '"; }'])
        for (const over of [{ name: bad }, { id: bad, name: bad }]) {
          const ref = { ...bench.exportRef(share), ...over }
          await refused(() => publisher.publish(bench.call(), ref), `publish ${JSON.stringify(over)}`)
        }
      assert.deepEqual((await publisher.inventory(bench.call())).toSorted(), before.toSorted())
    },
  },
]
