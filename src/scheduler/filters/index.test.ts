import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createChain, extendChain, filterNames, filtersNamed, groupChain } from './index.ts'
import { samplePool, samplePrepared } from '../pool-sample.ts'
import type { PlacementRequest, PoolView } from '../types.ts'

const anyCapabilities = fc.dictionary(fc.string(), fc.anything())

/** The verdict of one filter on one pool of some. */
function why(
  name: string,
  pool: PoolView,
  request: Partial<PlacementRequest> = {},
  specs: Readonly<Record<string, string>> = {},
  others: readonly PoolView[] = [],
): string | null {
  const [filter] = filtersNamed([name])
  return filter?.judge(samplePrepared(request, specs, [pool, ...others]))(pool) ?? null
}

test('every chain names known filters, and an unknown name is an error that lists them', () => {
  for (const chain of [createChain, extendChain, groupChain, filterNames]) {
    expect(filtersNamed(chain).map((filter) => filter.name)).toEqual(chain)
  }
  expect(() => filtersNamed(['CapacityFliter'])).toThrow('CapacityFilter')
})

test('a request that asks nothing is refused nowhere but for room', () => {
  fc.assert(
    fc.property(fc.constantFrom(...filterNames), fc.double(), (name, freeGib) => {
      const pool = samplePool('h@b#p', { freeGib })
      fc.pre(name !== 'CapacityFilter')
      expect(why(name, pool)).toBeNull()
    }),
  )
})

test('whatever a driver reports, every filter gives a verdict', () => {
  const junk = fc.oneof(
    anyCapabilities,
    fc.record({
      filter_function: fc.anything(),
      replication_domain: fc.anything(),
      share_group_stats: fc.anything(),
      qos_type_support: fc.anything(),
    }),
  )
  const specs = fc.dictionary(fc.string(), fc.string())
  fc.assert(
    fc.property(fc.constantFrom(...filterNames), junk, specs, (name, capabilities, specs) => {
      const request = { query: '["=", "$a", "$b"]', groupSpecs: specs, snapshotPool: 'x@y#z' }
      const verdict = why(name, samplePool('h@b#p', { capabilities }), request, specs)
      expect(verdict === null || verdict.endsWith('.')).toBe(true)
    }),
    { numRuns: 500 },
  )
})

test('only_host takes exactly that pool', () => {
  const pool = samplePool('h@b#p')
  expect(why('OnlyHostFilter', pool, { onlyHost: 'h@b#p' })).toBeNull()
  expect(why('OnlyHostFilter', pool, { onlyHost: 'h@b' })).toContain('h@b')
})

describe('availability zone', () => {
  const pool = samplePool('h@b#p', { zone: { id: 'z1', name: 'north' } })
  test.each<[Partial<PlacementRequest>, boolean]>([
    [{ availabilityZoneId: 'z1' }, true],
    [{ availabilityZoneId: 'z2' }, false],
    [{ availabilityZones: ['south', 'north'] }, true],
    [{ availabilityZones: ['south'] }, false],
    [{ availabilityZones: ['z1'] }, false],
    [{ availabilityZoneId: 'z1', availabilityZones: ['south'] }, false],
    [{ azMultipleSubnetSupport: { z1: false, z2: true } }, true],
    [{ azMultipleSubnetSupport: { z1: true } }, false],
  ])('%j → %j', (request, passes) => {
    expect(why('AvailabilityZoneFilter', pool, request) === null).toBe(passes)
  })

  test('several subnets need the backend to serve them', () => {
    const able = { ...pool, capabilities: { share_server_multiple_subnet_support: true } }
    expect(why('AvailabilityZoneFilter', able, { azMultipleSubnetSupport: { z1: true } })).toBeNull()
  })
})

describe('capacity', () => {
  test('the reserve of the request', () => {
    const pool = samplePool('h1@alpha#p1', { reservedPercentage: 60, reservedShareExtendPercentage: 20 })
    const request = { sizeGib: 50 }
    expect(why('CapacityFilter', pool, request)).toBe(
      'Needs 50 GiB; 0 GiB of at most 40 GiB is placed already (thick, 100 GiB less 60 % reserved).',
    )
    expect(why('CapacityFilter', pool, { ...request, kind: 'extend' })).toBeNull()
    expect(why('CapacityFilter', pool, { ...request, snapshotPool: pool.label })).toBeNull()
  })

  test('a type that forbids thin counts bytes', () => {
    const pool = samplePool('h@b#p', { thin: [true, false], freeGib: 10 })
    expect(why('CapacityFilter', pool, { sizeGib: 50 })).toBeNull()
    expect(why('CapacityFilter', pool, { sizeGib: 50 }, { thin_provisioning: 'False' })).toContain(
      '10 GiB free',
    )
  })
})

describe('capabilities', () => {
  const pool = samplePool('h@b#p', {
    capabilities: { storage_protocol: 'NFS_CIFS', snapshot_support: [true, false] },
  })

  test('bare booleans, the protocol and the backend name are required', () => {
    expect(
      why('CapabilitiesFilter', pool, {}, { snapshot_support: 'true', share_backend_name: 'B' }),
    ).toBeNull()
    expect(why('CapabilitiesFilter', pool, {}, { share_backend_name: 'c' })).toBe(
      "The share type requires share_backend_name 'c'; the pool reports b.",
    )
    expect(why('CapabilitiesFilter', pool, { shareProto: 'CEPHFS' })).toBe(
      "The share type requires storage_protocol '<in> CEPHFS'; the pool reports NFS_CIFS.",
    )
    expect(why('CapabilitiesFilter', pool, { shareProto: 'X' }, { storage_protocol: '<in> NFS' })).toBeNull()
    expect(why('CapabilitiesFilter', pool, {}, { dedupe: 'True' })).toBe(
      "The share type requires dedupe 'True'; the pool does not report it.",
    )
  })

  test('a bare boolean means the same however the driver spells it', () => {
    const spelled = samplePool('h@b#p', {
      capabilities: { storage_protocol: 'NFS', snapshot_support: 'yes' },
    })
    expect(why('CapabilitiesFilter', spelled, {}, { snapshot_support: 'True' })).toBeNull()
    expect(why('CapabilitiesFilter', spelled, {}, { snapshot_support: 'False' })).toContain('reports yes')
  })

  test('a copy may leave the named backend', () => {
    const specs = { share_backend_name: 'elsewhere' }
    expect(why('CapabilitiesFilter', pool, { activeReplicaHost: 'a@elsewhere#p' }, specs)).toBeNull()
    expect(why('CapabilitiesFilter', pool, { snapshotPool: 'a@elsewhere#p' }, specs)).toBeNull()
  })
})

describe('driver', () => {
  const pool = (filter_function: unknown) => samplePool('h@b#p', { capabilities: { filter_function } })

  test.each<[unknown, Partial<PlacementRequest>, boolean]>([
    [undefined, {}, true],
    [null, {}, true],
    ['share.size <= 10', { sizeGib: 10 }, true],
    ['share.size <= 10', { sizeGib: 11 }, false],
    ['share.size <= 10', { sizeGib: 11, share: null }, true],
    ['stats.free_capacity_gb - share.size > 5', { sizeGib: 5 }, true],
    ['capabilities.total_capacity_gb == 100 and extra.tier > 1', {}, true],
    ['1 / 0', {}, false],
    ['nonsense(', {}, false],
    [5, {}, false],
  ])('%j with %j → %j', (text, request, passes) => {
    expect(why('DriverFilter', pool(text), request, { tier: '2' }) === null).toBe(passes)
  })
})

describe('replication', () => {
  const domain = (label: string, replication_domain?: string) =>
    samplePool(label, { capabilities: { replication_domain } })
  const specs = { replication_type: 'dr' }
  const active = domain('h@a#1', 'east')
  const replica = {
    kind: 'replica' as const,
    activeReplicaHost: active.label,
    allReplicaHosts: [active.label],
  }

  test('needs a domain, the same one, and a pool without a replica', () => {
    const verdict = (pool: PoolView, request: Partial<PlacementRequest>, types = specs) =>
      why('ShareReplicationFilter', pool, request, types, [active])
    expect(verdict(domain('h@b#1'), replica, {} as never)).toBeNull()
    expect(verdict(domain('h@b#1'), {})).toContain('in no replication domain')
    expect(verdict(domain('h@b#1', 'west'), {})).toBeNull()
    expect(verdict(domain('h@b#1', 'west'), replica)).toBe(
      'Is in replication domain west; the active replica is in east.',
    )
    expect(verdict(domain('h@b#1', 'east'), replica)).toBeNull()
    expect(verdict(domain('h@a#2', 'east'), replica)).toBeNull()
    expect(verdict(active, replica)).toBe('Holds a replica of this share already.')
    expect(verdict(domain('h@b#1', 'east'), { ...replica, activeReplicaHost: 'gone@x#y' })).toContain(
      'gone@x#y',
    )
  })
})

describe('create from snapshot', () => {
  const source = samplePool('h@a#1', { capabilities: { replication_domain: 'east' } })
  const verdict = (label: string, on: boolean, domain?: string) =>
    why(
      'CreateFromSnapshotFilter',
      samplePool(label, { capabilities: { replication_domain: domain } }),
      { snapshotPool: source.label, useSchedulerCreatingShareFromSnapshot: on },
      {},
      [source],
    )

  test('stays in the pool unless the option lets it go', () => {
    expect(verdict('h@a#1', false)).toBeNull()
    expect(verdict('h@a#2', false)).toContain('is off')
    expect(verdict('h@a#2', true)).toBeNull()
    expect(verdict('h@b#1', true)).toContain("this backend's domain is none")
    expect(verdict('h@b#1', true, 'west')).toContain('west')
    expect(verdict('h@b#1', true, 'east')).toBeNull()
  })
})

test('pools tried before are refused under either name', () => {
  for (const name of ['RetryFilter', 'IgnoreAttemptedHostsFilter']) {
    expect(why(name, samplePool('h@b#p'), { excludedPools: ['h@b#p'] })).toContain('tried')
    expect(why(name, samplePool('h@b#q'), { excludedPools: ['h@b#p'] })).toBeNull()
  }
})

test('consistent snapshots are equal exactly, flat or nested', () => {
  const groupSpecs = { consistent_snapshot_support: 'host' }
  const verdict = (capabilities: Record<string, unknown>) =>
    why('ConsistentSnapshotFilter', samplePool('h@b#p', { capabilities }), { groupSpecs })
  expect(verdict({ sg_consistent_snapshot_support: 'host' })).toBeNull()
  expect(verdict({ share_group_stats: { consistent_snapshot_support: 'host' } })).toBeNull()
  expect(verdict({ sg_consistent_snapshot_support: 'pool' })).toContain("'pool'")
  expect(verdict({})).toContain("'none'")
})
