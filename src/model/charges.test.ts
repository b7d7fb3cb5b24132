import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shareCharges, shareGroupCharges, shareGroupSnapshotCharges, snapshotCharges } from './charges.ts'
import { accountKey, linesOf, postingsOf, type Posting, type QuotaLine } from './quota-lines.ts'
import type { CountedResource } from './quota.ts'
import { shareStatuses, snapshotStatuses } from './states.ts'

/** As releases before quota lines charged: amounts of one payer. Kept as it was, so that what a row of theirs costs stays what it cost. */
type Amounts = Partial<Record<CountedResource, number>>
const free = [
  'deferred_deleting',
  'error_deferred_deleting',
  'manage_starting',
  'manage_error',
  'manage_error_unmanage_starting',
]
const old = {
  share(row: {
    readonly status: string
    readonly size: number
    readonly target_size: number | null
    readonly replication_type: string | null
  }): Amounts {
    if (free.includes(row.status)) return {}
    const gib = Math.max(row.size, row.target_size ?? 0)
    const own: Amounts = { shares: 1, gigabytes: gib }
    return row.replication_type === null ? own : { ...own, share_replicas: 1, replica_gigabytes: gib }
  },
  snapshot(row: { readonly status: string; readonly size: number }): Amounts {
    return free.includes(row.status) ? {} : { snapshots: 1, snapshot_gigabytes: row.size }
  },
  difference(before: Amounts, after: Amounts): Amounts {
    const difference: Amounts = {}
    for (const resource of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<CountedResource>) {
      const delta = (after[resource] ?? 0) - (before[resource] ?? 0)
      if (delta !== 0) difference[resource] = delta
    }
    return difference
  },
  /** What was written to `quota_usages`, in its order. */
  booked(
    payer: {
      readonly projectId: string
      readonly userId: string
      readonly shareTypeId: string | null
    },
    difference: Amounts,
  ): string[] {
    const byType = [
      'shares',
      'gigabytes',
      'snapshots',
      'snapshot_gigabytes',
      'share_replicas',
      'replica_gigabytes',
    ]
    return (Object.entries(difference) as [CountedResource, number][])
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .flatMap(([resource, delta]) => [
        said(resource, payer.projectId, 'project', '', delta),
        said(resource, payer.projectId, 'user', payer.userId, delta),
        ...(payer.shareTypeId !== null && byType.includes(resource)
          ? [said(resource, payer.projectId, 'share_type', payer.shareTypeId, delta)]
          : []),
      ])
      .toSorted()
  },
}
const said = (...words: readonly unknown[]): string => words.join(' ')
const told = (postings: readonly Posting[]): string[] =>
  postings.map((one) => said(one.resource, one.projectId, one.scope, one.scopeId, one.delta)).toSorted()

const anyType = fc.option(fc.constantFrom('gold', 'silver'))
const anySize = fc.integer({ min: 0, max: 64 })
const anyShare = fc.record({
  project_id: fc.constant('p'),
  user_id: fc.constantFrom('u', 'v'),
  size: anySize,
  target_size: fc.option(anySize),
  replication_type: fc.option(fc.constantFrom('readable', 'dr')),
})
const anyInstance = fc.record({ status: fc.constantFrom(...shareStatuses), share_type_id: anyType })
const anySnapshot = fc.record({
  project_id: fc.constant('p'),
  user_id: fc.constantFrom('u', 'v'),
  status: fc.constantFrom(...snapshotStatuses),
  size: anySize,
})

describe('a share of one instance, and a snapshot', () => {
  test('cost in every state what they cost before there were lines, and a transition books the same in the same order', () => {
    fc.assert(
      fc.property(anyShare, anyShare, anyInstance, anyInstance, (one, other, from, to) => {
        // What the share of a release before showed; its owner and type never changed.
        const after = { ...other, user_id: one.user_id }
        const target = { ...to, share_type_id: from.share_type_id }
        const payer = { projectId: 'p', userId: one.user_id, shareTypeId: from.share_type_id }
        const rows = [
          { ...one, ...from },
          { ...after, ...target },
        ] as const
        expect(told(postingsOf(shareCharges(one, [from]), shareCharges(after, [target])))).toEqual(
          old.booked(payer, old.difference(old.share(rows[0]), old.share(rows[1]))),
        )
        expect(told(postingsOf([], shareCharges(one, [from])))).toEqual(
          old.booked(payer, old.difference({}, old.share(rows[0]))),
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('so does a snapshot', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, anyType, (before, other, share_type_id) => {
        const after = { ...other, user_id: before.user_id }
        const share = { share_type_id }
        const payer = { projectId: 'p', userId: before.user_id, shareTypeId: share_type_id }
        expect(told(postingsOf(snapshotCharges(before, share), snapshotCharges(after, share)))).toEqual(
          old.booked(payer, old.difference(old.snapshot(before), old.snapshot(after))),
        )
      }),
      { numRuns: 2000 },
    )
  })
})

describe('a share of several instances', () => {
  const share = { project_id: 'p', user_id: 'u', size: 3, target_size: null, replication_type: null }
  const gold = { status: 'available', share_type_id: 'gold' }
  const total = (lines: readonly QuotaLine[]): string[] => told(postingsOf([], lines)).sort()

  test('is one share, and as many replicas as its type makes', () => {
    const replicated = { ...share, replication_type: 'dr' }
    const lines = shareCharges(replicated, [gold, { ...gold, status: 'creating' }])
    expect(total(lines).filter((line) => line.includes(' project '))).toEqual([
      'gigabytes p project  3',
      'replica_gigabytes p project  6',
      'share_replicas p project  2',
      'shares p project  1',
    ])
  })

  test('is paid under both types while it is being retyped, and under the new one then', () => {
    const silver = { status: 'migrating_to', share_type_id: 'silver' }
    const both = shareCharges(share, [gold, silver])
    expect(total(both).filter((line) => line.startsWith('shares'))).toEqual([
      'shares p project  2',
      'shares p share_type gold 1',
      'shares p share_type silver 1',
      'shares p user u 2',
    ])
    const then = shareCharges(share, [{ ...silver, status: 'available' }])
    expect(told(postingsOf(shareCharges(share, [gold]), then))).toEqual([
      'gigabytes p share_type gold -3',
      'gigabytes p share_type silver 3',
      'shares p share_type gold -1',
      'shares p share_type silver 1',
    ])
  })

  test('is paid by whoever owns it: a transfer moves every line', () => {
    const moved = postingsOf(shareCharges(share, [gold]), shareCharges({ ...share, project_id: 'q' }, [gold]))
    const of = (project: string) =>
      moved.filter(({ projectId }) => projectId === project).map(({ delta }) => delta)
    expect([of('p'), of('q')]).toEqual([
      [-1, -1, -1, -3, -3, -3],
      [1, 1, 1, 3, 3, 3],
    ])
  })
})

test('share groups and their snapshots cost one each, of project and user alone', () => {
  const row = { project_id: 'p', user_id: 'u' }
  expect(told(postingsOf([], [...shareGroupCharges(row), ...shareGroupSnapshotCharges(row)]))).toEqual([
    'share_group_snapshots p project  1',
    'share_group_snapshots p user u 1',
    'share_groups p project  1',
    'share_groups p user u 1',
  ])
})

describe('postings', () => {
  const anyLines = fc.array(
    fc
      .tuple(
        fc.record({
          projectId: fc.constantFrom('p', 'q'),
          userId: fc.constantFrom('u', 'v'),
          shareTypeId: anyType,
        }),
        fc.constantFrom<CountedResource>('shares', 'gigabytes', 'share_groups'),
        fc.integer({ min: 0, max: 9 }),
      )
      .map(([payer, resource, amount]) => linesOf(payer, { [resource]: amount })[0] as QuotaLine),
    { maxLength: 8 },
  )
  const sum = (postings: readonly Posting[]): Record<string, number> => {
    const totals: Record<string, number> = {}
    for (const one of postings) totals[accountKey(one)] = (totals[accountKey(one)] ?? 0) + one.delta
    return Object.fromEntries(Object.entries(totals).filter(([, value]) => value !== 0))
  }

  test('of a way in steps add up to those of the way at once, and of a way back to nothing', () => {
    fc.assert(
      fc.property(anyLines, anyLines, anyLines, (a, b, c) => {
        expect(sum([...postingsOf(a, b), ...postingsOf(b, c)])).toEqual(sum(postingsOf(a, c)))
        expect(sum([...postingsOf(a, b), ...postingsOf(b, a)])).toEqual({})
        expect(postingsOf(a, a)).toEqual([])
      }),
    )
  })

  test('name each account once, and the same ones whatever the order of the lines', () => {
    fc.assert(
      fc.property(anyLines, anyLines, (before, after) => {
        const postings = postingsOf(before, after)
        expect(new Set(postings.map(accountKey)).size).toBe(postings.length)
        const turned = postingsOf(before.toReversed(), after.toReversed())
        expect(told(turned)).toEqual(told(postings))
      }),
    )
  })
})
