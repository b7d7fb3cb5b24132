/** What counts against the limit on access rules: on every database, whatever its rows say of themselves. */
import { randomUUID } from 'node:crypto'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { twinOf } from '../../model/access-twins.ts'
import { checkTarget, weightOf } from '../../model/access.ts'
import { openTestStore } from '../store.fixture.ts'
import { beyondRuleLimit, rulesOn, type RuleTable } from './rule-counts.ts'
import type { Store } from '../open.ts'

let store: Store
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

const tables = ['access_rules', 'snapshot_access_rules'] as const

interface Written {
  readonly type: string
  readonly to: string
  /** What the column says; its canonical form when left out. */
  readonly stored?: string
}

async function insert(table: RuleTable, owner: string, rules: readonly Written[]): Promise<void> {
  for (const { type, to, stored } of rules) {
    const rule = {
      id: randomUUID(),
      access_type: type,
      access_to: to,
      canonical_to: stored ?? canonicalOf(type, to),
      state: 'active',
      created_at: 1,
      updated_at: null,
    }
    if (table === 'snapshot_access_rules')
      await store.db
        .insertInto(table)
        .values({ ...rule, snapshot_id: owner })
        .execute()
    else
      await store.db
        .insertInto(table)
        .values({ ...rule, share_id: owner, access_level: 'rw', access_key: null })
        .execute()
  }
}

const canonicalOf = (type: string, to: string): string =>
  checkTarget(type, to, { ipv6: true, cephx: true }).canonical ?? to

const targets = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 96, max: 128 }), fc.boolean())
    .map(([group, prefix, upper]) => {
      const to = `2001:db8:${group.toString(16)}::/${prefix}`
      return { type: 'ip', to: upper ? to.toUpperCase() : to }
    }),
  // Networks of IPv4, in the spelling of IPv6.
  fc.tuple(fc.nat(255), fc.integer({ min: 120, max: 128 })).map(([n, prefix]) => ({
    type: 'ip',
    to: `::ffff:10.${n}.0.0/${prefix}`,
  })),
  fc.tuple(fc.nat(255), fc.integer({ min: 8, max: 32 })).map(([n, prefix]) => ({
    type: 'ip',
    to: `10.${n & (prefix < 16 ? 0 : 255)}.0.0/${prefix}`,
  })),
  fc.nat(999).map((n) => ({ type: 'user', to: `a:b/12${n}` })),
)

test('every rule counts as the addresses that a server may have to be told, twins and older spellings too', async () => {
  const rules = fc.uniqueArray(targets, { maxLength: 12, selector: ({ type, to }) => canonicalOf(type, to) })
  const howStored = fc.array(fc.constantFrom('canonical', 'twin', 'as written'), {
    minLength: 12,
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(rules, howStored, fc.constantFrom(...tables), async (all, stored, table) => {
      const owner = randomUUID()
      const written = all.map((rule, at): Written => {
        const canonical = canonicalOf(rule.type, rule.to)
        if (stored[at] === 'twin') return { ...rule, stored: twinOf(canonical, [canonical]) }
        return stored[at] === 'as written' ? { ...rule, stored: rule.to } : rule
      })
      await insert(table, owner, written)
      const sum = all.reduce((at, { type, to }) => at + weightOf(type, canonicalOf(type, to)), 0)
      expect(await rulesOn(store.db, table, owner)).toBe(sum)
      // And of this one alone it is said when it has more.
      const beyond = async (limit: number) =>
        (await beyondRuleLimit(store.db, limit)).filter(({ id }) => id === owner)
      const kind = table === 'access_rules' ? 'share' : 'snapshot'
      if (sum > 0) expect(await beyond(sum - 1)).toEqual([{ kind, id: owner, rules: sum }])
      expect(await beyond(sum)).toEqual([])
      await store.db
        .deleteFrom(table)
        .where(table === 'access_rules' ? ('share_id' as 'id') : ('snapshot_id' as 'id'), '=', owner)
        .execute()
    }),
    { numRuns: 60 },
  )
})
