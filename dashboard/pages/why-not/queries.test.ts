import { describe, expect, it } from 'vitest'
import { askedOf } from './queries.ts'

describe('what an address asks the scheduler', () => {
  it('is the request that a create would send', () => {
    expect(askedOf({ size: '12', proto: 'CIFS', type: 't', zone: 'z', project: 'p', snapshot: 's' })).toEqual(
      {
        size: 12,
        share_proto: 'CIFS',
        share_type: 't',
        availability_zone: 'z',
        project_id: 'p',
        snapshot_id: 's',
      },
    )
  })

  it('has hints where there are any', () => {
    expect(askedOf({ only: 'h@b#p', near: 'a,b', apart: 'c' }).scheduler_hints).toEqual({
      only_host: 'h@b#p',
      same_host: 'a,b',
      different_host: 'c',
    })
    expect(askedOf({})).toEqual({ size: 1, share_proto: 'NFS' })
  })

  it('is never a size or a protocol that nobody can ask for', () => {
    for (const size of ['0', '-1', '1.5', 'x', '1e3', '9999999999']) expect(askedOf({ size }).size).toBe(1)
    expect(askedOf({ proto: '<script>' }).share_proto).toBe('NFS')
  })
})
