import { describe, expect, it } from 'vitest'
import { meaningOf } from './event-types.ts'

const change = (from: string, to: string, noun = 'share') =>
  meaningOf({ event: `${noun}.status`, resource_type: noun, detail: JSON.stringify({ from, to }) }, null).type

describe('an event is called', () => {
  it.each([
    ['creating', 'available', 'share.create.end'],
    ['creating_from_snapshot', 'available', 'share.create.end'],
    ['creating', 'error', 'share.create.error'],
    ['available', 'deleting', 'share.delete.start'],
    ['deleting', 'error_deleting', 'share.delete.error'],
    ['error_deleting', 'deleting', 'share.delete.start'],
    ['deleting', 'available', 'share.delete.error'],
    ['available', 'extending', 'share.extend.start'],
    ['extending', 'available', 'share.extend.end'],
    ['extending', 'extending_error', 'share.extend.error'],
    ['available', 'shrinking', 'share.shrink.start'],
    ['shrinking', 'shrinking_possible_data_loss_error', 'share.shrink.error'],
    ['available', 'reverting', 'share.revert.start'],
    ['reverting', 'available', 'share.revert.end'],
    ['manage_starting', 'available', 'share.manage.end'],
    ['manage_starting', 'manage_error', 'share.manage.error'],
    ['available', 'unmanage_starting', 'share.unmanage.start'],
    ['error', 'available', 'share.status'],
    ['available', 'ensuring', 'share.status'],
    ['extending', 'deleting', 'share.delete.start'],
  ])('%s → %s: %s', (from, to, name) => expect(change(from, to)).toBe(name))

  it('by what deleted it', () => {
    const gone = { event: 'share.deleted', resource_type: 'share', detail: '{}' }
    expect(meaningOf(gone, 'delete-share')).toEqual({ type: 'share.delete.end', status: 'deleted' })
    expect(meaningOf(gone, 'unmanage-share').type).toBe('share.unmanage.end')
    expect(meaningOf(gone, null).type).toBe('share.delete.end')
  })

  it('for snapshots and rules as well, and by its own name when nobody knows better', () => {
    expect(change('creating', 'available', 'snapshot')).toBe('snapshot.create.end')
    const allowed = { event: 'access.allowed', resource_type: 'share', detail: '{}' }
    expect(meaningOf(allowed, null).type).toBe('access.allow.start')
    expect(meaningOf({ ...allowed, event: 'share.painted' }, null).type).toBe('share.painted')
  })
})
