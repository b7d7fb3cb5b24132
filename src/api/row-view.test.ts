/** The text that is written for a row is what `JSON.stringify` makes of it, at every microversion, whatever rows came before it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ctx } from '../app/context.ts'
import type { ShareListRow } from '../db/store/shares.ts'
import { maxMinor } from '../model/version.ts'
import { fields, newValues, type Change } from '../wire/changes.ts'
import type { UrlParts } from './route.ts'
import { RowView } from './row-view.ts'
import { shareRows, shareView } from './shares/view.ts'

const odd = fc.constantFrom(
  '',
  'a',
  '"',
  '\\',
  '\n',
  '\u2028',
  '\ud800',
  'ä',
  '\u0000',
  "'",
  '${x}',
  '`',
  '__proto__',
  '日本',
)
const text = fc.oneof({ weight: 2, arbitrary: odd }, fc.string({ maxLength: 12, unit: 'binary' }))
const maybe = fc.option(text, { nil: null })
const flag = fc.constantFrom<0 | 1>(0, 1)
const stamp = fc.integer({ min: 0, max: 2 ** 52 })
const pairs = fc.dictionary(text, text, { maxKeys: 3 })

const row = fc
  .record({
    id: text,
    size: fc.integer({ min: 0, max: 2 ** 31 }),
    zone_name: maybe,
    created_at: stamp,
    status: fc.constantFrom('available', 'creating_from_snapshot', 'creating', 'error'),
    name: maybe,
    description: maybe,
    project_id: text,
    snapshot_id: maybe,
    share_network_id: maybe,
    share_proto: text,
    metadata: pairs,
    share_type_id: maybe,
    share_type_name: maybe,
    is_public: flag,
    snapshot_support: flag,
    task_state: maybe,
    access_rules_status: fc.constantFrom('active', 'syncing', 'error'),
    replication_type: maybe,
    has_replicas: flag,
    user_id: text,
    create_share_from_snapshot_support: flag,
    revert_to_snapshot_support: flag,
    share_group_id: maybe,
    source_share_group_snapshot_member_id: maybe,
    mount_snapshot_support: flag,
    progress: maybe,
    is_soft_deleted: flag,
    scheduled_to_be_deleted_at: fc.option(stamp, { nil: null }),
    source_backup_id: maybe,
    encryption_key_ref: maybe,
    snapshot_inherit_share_access_support: flag,
    share_server_id: maybe,
    host: text,
    paths: fc.array(text, { maxLength: 2 }),
  })
  .map((one) => one as unknown as ShareListRow)

/** Neighbours that differ in little, as rows of a list do. */
const rows = fc
  .tuple(row, fc.array(fc.tuple(row, fc.integer()), { minLength: 1, maxLength: 8 }))
  .map(([first, others]) => {
    const all = [first]
    for (const [other, choice] of others) {
      const before = all.at(-1) as ShareListRow
      const taken = Object.keys(other).filter((_, at) => ((choice >> (at % 31)) & 1) === 1)
      all.push({ ...before, ...Object.fromEntries(taken.map((key) => [key, other[key as 'id']])) })
    }
    return all
  })

const url: UrlParts = { base: 'http://a"b', projectPart: '/p', path: '/shares', query: {} }
const ctxAt = (minor: number, hostAdmin: boolean): Ctx =>
  ({ minor, identity: {}, policy: { check: () => hostAdmin } }) as unknown as Ctx

test('a list of shares is written as each of them is shown, at every microversion', () => {
  const written = new Set<number>()
  fc.assert(
    fc.property(rows, fc.integer({ min: 0, max: maxMinor }), fc.boolean(), (list, minor, hostAdmin) => {
      const ctx = ctxAt(minor, hostAdmin)
      const { text: write } = shareRows(ctx, url)
      if (write === undefined) return
      written.add(minor)
      for (const one of list) expect(write(one)).toBe(JSON.stringify(shareView(ctx, url, one)))
    }),
    { numRuns: 1500 },
  )
  // Only versions that take the whole reply in hand do without it.
  expect(written.size).toBeGreaterThan(80)
  expect(written.has(maxMinor)).toBe(true)
})

test('two lists at once keep what they share to themselves', () => {
  fc.assert(
    fc.property(rows, rows, (mine, theirs) => {
      const ctx = ctxAt(maxMinor, true)
      const [a, b] = [shareRows(ctx, url), shareRows(ctx, { ...url, projectPart: '' })]
      for (let at = 0; at < Math.max(mine.length, theirs.length); at++) {
        const [one, other] = [mine[at], theirs[at]]
        if (one !== undefined) expect(a.text?.(one)).toBe(JSON.stringify(a.view(one)))
        if (other !== undefined) expect(b.text?.(other)).toBe(JSON.stringify(b.view(other)))
      }
    }),
  )
})

test('values that older clients do not know are told in the words of their time, one change after the other', () => {
  const changes: Change[] = [
    newValues(9, 'shows blue', 'colour', { blue: 'green' }),
    fields(7, 'size'),
    newValues(5, 'shows green', 'colour', { green: 'grey' }),
  ]
  const view = new RowView<{ id: string; colour: string; size: number }>({
    collection: 'things',
    changes,
    fields: { id: ['own', 'id'], colour: ['text', 'colour'], size: ['number', 'size'], links: ['links'] },
  })
  const at = (minor: number): unknown => {
    const { links: _links, ...shown } = JSON.parse(
      view.writer(url, minor)?.({ id: 'x', colour: 'blue', size: 3 }) ?? '{}',
    ) as Record<string, unknown>
    return shown
  }
  expect([9, 8, 6, 4].map(at)).toEqual([
    { id: 'x', colour: 'blue', size: 3 },
    { id: 'x', colour: 'green', size: 3 },
    { id: 'x', colour: 'green' },
    { id: 'x', colour: 'grey' },
  ])
})
