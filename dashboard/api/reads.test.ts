import { describe, expect, it } from 'vitest'
import type { ChangeView } from '../../src/sdk/events.ts'
import { listKey, oneKey, readAgain as readsAgain, withStatus } from './reads.ts'

const change = (resource_type: string, resource_id: string): ChangeView => ({
  event: `${resource_type}.status`,
  resource_type,
  resource_id,
  project_id: 'p',
  status: null,
  request_id: null,
  operation_id: null,
  created_at: '2026-11-27T00:00:00.000000',
})

const readAgain = (key: readonly unknown[], changes: readonly ChangeView[], ours = 'p') =>
  readsAgain(key, changes, (project) => project === ours)

describe('what an event makes old', () => {
  it('is the lists of its noun, and the one thing that it speaks of', () => {
    const changes = [change('share', 'a')]
    expect(readAgain(listKey('shares', { status: 'error' }), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'a'), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'a', 'export-locations'), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'b'), changes)).toBe(false)
  })

  it('is what it costs and what may be done with it, too', () => {
    const changes = [change('share', 'a')]
    for (const noun of ['limits', 'quotas', 'operations', 'permissions'] as const)
      expect(readAgain(listKey(noun), changes), noun).toBe(true)
  })

  it('is nothing of other nouns, and nothing for what nobody knows', () => {
    expect(readAgain(listKey('types'), [change('share', 'a')])).toBe(false)
    expect(readAgain(listKey('pools'), [change('snapshot', 'a')])).toBe(false)
    expect(readAgain(listKey('shares'), [change('something-new', 'a')])).toBe(false)
    expect(readAgain(listKey('shares'), [])).toBe(false)
  })

  it('is of the projects that are shown, and what names the thing, whosever it is', () => {
    const changes = [{ ...change('share', 'a'), operation_id: 'o' }]
    expect(readAgain(listKey('shares'), changes, 'q')).toBe(false)
    expect(readAgain(oneKey('shares', 'a'), changes, 'q')).toBe(true)
    expect(readAgain(oneKey('operations', 'a', 'newest'), changes, 'q')).toBe(true)
    expect(readAgain(oneKey('operations', 'b', 'newest'), changes, 'q')).toBe(false)
    expect(readAgain(['permissions', 'list', 'share', ['b', 'a']], changes, 'q')).toBe(true)
    expect(readAgain(['permissions', 'list', 'share', ['b', 'c']], changes, 'q')).toBe(false)
    expect(readAgain(['permissions', 'list', 'operation', ['o']], changes, 'q')).toBe(true)
    // Backends and services are nobody's.
    expect(readAgain(listKey('services'), [{ ...change('service', '3'), project_id: '' }], 'q')).toBe(true)
  })

  it('is of groups what hangs on them, under the noun of their path', () => {
    const group = [change('share_group', 'a')]
    expect(readAgain(oneKey('share-groups', 'a'), group)).toBe(true)
    expect(readAgain(oneKey('share-groups', 'b'), group)).toBe(false)
    expect(readAgain(listKey('share-groups', 'choices', null), group)).toBe(true)
    // What a group holds decides what may be done with it.
    const snapshot = [change('share_group_snapshot', 's')]
    expect(readAgain(oneKey('share-groups', 'a'), snapshot)).toBe(false)
    for (const key of [listKey('share-group-snapshots'), ['permissions', 'list', 'share_group', ['a']]])
      expect(readAgain(key, snapshot)).toBe(true)
    expect(readAgain(['permissions', 'list', 'share_group', ['a']], [change('share', 'x')])).toBe(true)
    const gone = { ...change('share_group_snapshot', 's'), event: 'share_group_snapshot.deleted' }
    expect(readAgain(oneKey('share-group-snapshots', 's', 'members'), [gone])).toBe(true)
  })

  it('is nothing for want of an operation', () => {
    expect(readAgain(listKey('shares', undefined, null), [change('share', 'a')], 'q')).toBe(false)
  })
})

describe('the status that an event tells', () => {
  const page = {
    rows: [
      { id: 'a', status: 'creating', name: 'x' },
      { id: 'b', status: 'error' },
    ],
    count: 2,
  }
  const told = (resource_type: string, id: string, status: string | null): ChangeView => ({
    ...change(resource_type, id),
    status,
  })

  it('stands in the row at once', () => {
    expect(withStatus(listKey('shares'), page, told('share', 'a', 'available'))).toEqual({
      rows: [
        { id: 'a', status: 'available', name: 'x' },
        { id: 'b', status: 'error' },
      ],
      count: 2,
    })
    expect(page.rows[0]?.status).toBe('creating')
  })

  it.each([
    ['of a row that is not there', listKey('shares'), told('share', 'c', 'available')],
    ['that it has', listKey('shares'), told('share', 'b', 'error')],
    ['of another noun', listKey('snapshots'), told('share', 'a', 'available')],
    ['that is not told', listKey('shares'), told('share', 'a', null)],
    [
      'of what it is not the status of',
      listKey('shares'),
      { ...told('share', 'a', 'x'), event: 'access.applied' },
    ],
  ])('%s changes nothing', (_why, key, event) => {
    expect(withStatus(key, page, event)).toBeNull()
    expect(withStatus(key, undefined, event)).toBeNull()
  })
})
