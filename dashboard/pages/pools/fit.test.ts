import { describe, expect, it } from 'vitest'
import { lacks, specsOf } from './fit.ts'

const pool = {
  storage_protocol: 'NFS_CIFS',
  snapshot_support: true,
  driver_handles_share_servers: false,
  tier: ['gold', 'silver'],
}
const keys = (specs: Readonly<Record<string, string>>): readonly string[] =>
  lacks(pool, specs).map(({ key }) => key)

describe('whether a pool satisfies a type', () => {
  it('is the scheduler’s judgement', () => {
    expect(
      keys({ driver_handles_share_servers: 'False', snapshot_support: '<is> True', tier: 'gold' }),
    ).toEqual([])
    expect(keys({ driver_handles_share_servers: 'True', tier: 'bronze', 'netapp:thing': 'x' })).toEqual([
      'driver_handles_share_servers',
      'tier',
    ])
  })

  it('finds one protocol in the word that the wire makes of several', () => {
    expect(keys({ storage_protocol: 'NFS' })).toEqual([])
    expect(keys({ storage_protocol: 'NFS_CIFS' })).toEqual([])
    expect(keys({ storage_protocol: '<in> CIFS' })).toEqual([])
    expect(keys({ storage_protocol: 'CEPHFS' })).toEqual(['storage_protocol'])
  })

  it('reads specs that the wire gives as booleans', () => {
    expect(specsOf({ extra_specs: { snapshot_support: false, tier: 'gold' } })).toEqual({
      snapshot_support: 'false',
      tier: 'gold',
    })
  })
})
