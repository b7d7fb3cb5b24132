import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attention, byType, type Facts, type ShareFacts } from './attention.ts'

const gib = 1024 ** 3
const now = Date.parse('2026-11-27T12:00:00Z')
const calm: Facts = {
  shares: [],
  snapshots: [],
  groups: [],
  groupSnapshots: [],
  failed: [],
  usages: [],
  quotas: [],
  services: [],
  pools: [],
  now,
}
const share = (id: string, more: Partial<ShareFacts> = {}): ShareFacts => ({
  id,
  name: id,
  status: 'available',
  size: 10,
  access_rules_status: 'active',
  ...more,
})
const operation = (id: string, resource_id: string, finished_at = '2026-11-27T11:00:00.000000') =>
  ({ id, kind: 'extend-share', resource_type: 'share', resource_id, finished_at, cause: null }) as never

describe('what needs attention', () => {
  it('is nothing where all is well: down on purpose, measured never, without limit', () => {
    expect(
      attention({
        ...calm,
        shares: [
          share('a'),
          share('b', { is_soft_deleted: true, scheduled_to_be_deleted_at: '2026-12-24T00:00:00' }),
        ],
        usages: [{ id: 'a', used_bytes: null }],
        quotas: [{ key: 'shares', used: 900, limit: null }],
        services: [
          { binary: 'manila-share', host: 'x', state: 'down', status: 'disabled', updated_at: null },
        ],
        pools: [{ name: 'p', totalGib: 0, freeGib: 0 }],
      }),
    ).toEqual([])
  })

  it('puts first what is broken, then what is full, then what is running out', () => {
    const found = attention({
      ...calm,
      shares: [
        share('bin', { is_soft_deleted: true, scheduled_to_be_deleted_at: '2026-11-28T00:00:00' }),
        share('nearly'),
        share('full'),
        share('rules', { access_rules_status: 'error' }),
        share('broken', { status: 'extending_error' }),
      ],
      snapshots: [{ id: 's', name: 's', status: 'error' }],
      groups: [
        { id: 'g', name: 'g', status: 'error' },
        { id: 'fine', name: 'fine', status: 'available' },
      ],
      groupSnapshots: [{ id: 'gs', name: 'gs', status: 'error' }],
      usages: [
        { id: 'nearly', used_bytes: 8.5 * gib },
        { id: 'full', used_bytes: 9.9 * gib },
      ],
      quotas: [
        { key: 'gigabytes', used: 90, limit: 100 },
        { key: 'shares', used: 5, limit: 5 },
      ],
      services: [{ binary: 'manila-share', host: 'x', state: 'down', status: 'enabled', updated_at: null }],
      pools: [{ name: 'p', totalGib: 100, freeGib: 1 }],
    })
    expect(found.map(({ is, tone }) => [is, tone])).toEqual([
      ['service-down', 'bad'],
      ['share-error', 'bad'],
      ['group-error', 'bad'],
      ['group-snapshot-error', 'bad'],
      ['snapshot-error', 'bad'],
      ['rules-error', 'bad'],
      ['pool-full', 'bad'],
      ['share-full', 'bad'],
      ['quota-full', 'bad'],
      ['share-full', 'warning'],
      ['quota-full', 'warning'],
      ['bin-expires', 'plain'],
    ])
  })

  it('says a failure once: with its share while that is in error, by itself for a day, the newest of each', () => {
    const failed = [
      operation('o1', 'broken'),
      operation('o2', 'fine'),
      operation('o3', 'fine', '2026-11-27T10:00:00.000000'),
      operation('o4', 'past', '2026-11-26T11:00:00.000000'),
    ]
    const found = attention({
      ...calm,
      shares: [share('broken', { status: 'error' }), share('fine')],
      failed,
    })
    expect(found.map((one) => [one.is, 'operation' in one ? one.operation?.id : null])).toEqual([
      ['share-error', 'o1'],
      ['operation-failed', 'o2'],
    ])
  })

  it('orders the full by how full they are, and names each thing once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 20 }), (used) => {
        const found = attention({
          ...calm,
          shares: used.map((one) => share(`s${one}`)),
          usages: used.map((one) => ({ id: `s${one}`, used_bytes: (one / 100) * gib })),
        })
        const fractions = found.map((one) => ('part' in one ? one.part : 0))
        expect(fractions).toEqual(fractions.toSorted((a, b) => b - a))
        expect(fractions.length).toBe(used.filter((one) => one / 100 / 10 >= 0.8).length)
        expect(new Set(found.map(({ key }) => key)).size).toBe(found.length)
      }),
    )
  })
})

describe('shares by type', () => {
  it('adds up sizes, and what is used of those that were measured', () => {
    const shares = [
      { id: 'a', size: 1, share_type_name: 'fast' },
      { id: 'b', size: 2, share_type_name: 'fast' },
      { id: 'c', size: 30, share_type_name: 'bulk' },
      { id: 'd', size: 1, share_type_name: null },
    ]
    expect(
      byType(shares, [
        { id: 'a', used_bytes: 5 },
        { id: 'b', used_bytes: null },
      ]),
    ).toEqual([
      { id: 'bulk', shares: 1, sizeGib: 30, usedBytes: null, unmeasured: 1 },
      { id: 'fast', shares: 2, sizeGib: 3, usedBytes: 5, unmeasured: 1 },
      { id: '', shares: 1, sizeGib: 1, usedBytes: null, unmeasured: 1 },
    ])
  })
})
