/** Fleets and requests of every kind, for laws. */
import * as fc from 'fast-check'
import { samplePool } from './pool-sample.ts'
import { placementRequest } from './request.ts'
import type { PlacementRequest, PoolView } from './types.ts'

/** Labels of the few pools there are. */
export const label = fc
  .tuple(fc.constantFrom('h1', 'h2'), fc.constantFrom('a', 'b'), fc.constantFrom('1', '2', '3'))
  .map(([host, backend, pool]) => `${host}@${backend}#${pool}`)

export const anyPool: fc.Arbitrary<PoolView> = fc
  .record({
    label,
    serviceUp: fc.boolean(),
    enabled: fc.boolean(),
    totalGib: fc.option(fc.integer({ min: 0, max: 50 })),
    freeGib: fc.option(fc.integer({ min: 0, max: 50 })),
    provisionedGib: fc.integer({ min: 0, max: 60 }),
    thin: fc.boolean(),
    maxOverSubscriptionRatio: fc.constantFrom(0.5, 1, 2, 20),
    capabilities: fc.record({
      storage_protocol: fc.constantFrom('NFS', 'NFS_CIFS', 'CIFS'),
      driver_handles_share_servers: fc.boolean(),
      replication_domain: fc.constantFrom(null, 'east', 'west'),
      filter_function: fc.constantFrom(null, 'share.size < 5', 'broken('),
      goodness_function: fc.constantFrom(
        null,
        '0',
        '10',
        'share.size < 5',
        'stats.free_capacity_gb',
        'broken(',
      ),
    }),
  })
  .map((changes) => samplePool(changes.label, changes))

export const anyPools = fc.uniqueArray(anyPool, { selector: (pool) => pool.label, maxLength: 12 })

export const anyRequest: fc.Arbitrary<PlacementRequest> = fc
  .record({
    kind: fc.constantFrom(
      'create' as const,
      'extend' as const,
      'manage' as const,
      'replica' as const,
      'group' as const,
    ),
    sizeGib: fc.integer({ min: 0, max: 30 }),
    snapshotPool: fc.option(label),
    useSchedulerCreatingShareFromSnapshot: fc.boolean(),
    onlyHost: fc.option(label, { freq: 1 }),
    activeReplicaHost: fc.option(label),
    excludedPools: fc.array(label, { maxLength: 3 }),
    shareType: fc.option(
      fc.record({
        id: fc.constant('t'),
        name: fc.constant('t'),
        extraSpecs: fc.constantFrom<Record<string, string>>(
          {},
          { driver_handles_share_servers: 'True' },
          { driver_handles_share_servers: 'False', thin_provisioning: 'True' },
          { replication_type: 'dr' },
        ),
      }),
      { freq: 9 },
    ),
  })
  .map((changes) => placementRequest({ shareProto: 'NFS', ...changes }))
