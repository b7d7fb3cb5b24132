import fc from 'fast-check'
import { expect, test } from 'vitest'
import { place } from '../place.ts'
import { samplePool, samplePrepared, sampleRequest } from '../pool-sample.ts'
import { protocolFilter } from './protocol.ts'

const speaking = (storage_protocol: unknown, more: object = {}) =>
  samplePool('h1@alpha#p1', {
    capabilities: { storage_protocol, driver_handles_share_servers: false, ...more },
  })
const judge = (shareProto: string, pool = speaking(['NFS', 'CIFS'])) =>
  protocolFilter.judge(samplePrepared({ shareProto }))(pool)

test('a share goes only where an exporter speaks its protocol, and the sentence says which do', () => {
  expect(judge('NFS')).toBeNull()
  expect(judge('cifs')).toBeNull()
  expect(judge('HDFS')).toBe('No exporter of h1@alpha speaks HDFS, but NFS and CIFS.')
  expect(judge('CIFS', speaking('NFS'))).toBe('No exporter of h1@alpha speaks CIFS, but NFS.')
  expect(judge('NFS', speaking([]))).toBe('No exporter of h1@alpha speaks NFS, but none is up.')
})

test('one that is not up is told apart from one that is not there', () => {
  const pool = speaking('NFS', { storage_protocols_down: ['CIFS'] })
  expect(judge('CIFS', pool)).toBe('The exporter of h1@alpha for CIFS is not up.')
  expect(judge('CIFS', speaking('NFS', { storage_protocols_full: ['CIFS'] }))).toBe(
    'The exporter of h1@alpha for CIFS has as many exports as it can have.',
  )
  const { refusals, detailId } = place(sampleRequest({ shareProto: 'CIFS' }), [pool])
  expect(refusals).toEqual([
    { pool: pool.label, filter: 'CapabilitiesFilter', why: 'The exporter of h1@alpha for CIFS is not up.' },
  ])
  expect(detailId).toBe('008')
})

test('a share type that asks for another protocol than the share has brings it nowhere that can not serve it', () => {
  const specs = { driver_handles_share_servers: 'False', storage_protocol: '<in> NFS' }
  const request = sampleRequest({ shareProto: 'CIFS' }, specs)
  const { ranked, lastFilter, unmet, detailId } = place(request, [speaking('NFS')])
  expect(ranked).toEqual([])
  expect({ lastFilter, unmet, detailId }).toEqual({
    lastFilter: 'protocol',
    unmet: { of: 'all', specs: { storage_protocol: '<in> CIFS' } },
    detailId: '008',
  })
  expect(place(request, [speaking(['NFS', 'CIFS'])]).ranked).toHaveLength(1)
})

test('what is there grows, and groups are made, whoever is up', () => {
  for (const kind of ['extend', 'group'] as const)
    expect(protocolFilter.judge(samplePrepared({ kind, shareProto: 'CIFS' }))(speaking('NFS'))).toBeNull()
})

test('it never throws, never refuses what is spoken, and refuses nothing of a pool that does not say', () => {
  fc.assert(
    fc.property(fc.anything(), fc.constantFrom('NFS', 'CIFS'), (said, protocol) => {
      const why = judge(protocol, speaking(said))
      const isSaid = typeof said === 'string' || Array.isArray(said)
      if (!isSaid) expect(why).toBeNull()
      if (Array.isArray(said) && said.includes(protocol)) expect(why).toBeNull()
    }),
  )
})
