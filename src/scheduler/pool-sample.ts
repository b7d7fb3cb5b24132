/** Pools and requests for tests: everything ordinary unless said otherwise. */
import { goodnessOf } from './pool-views.ts'
import { placementRequest, prepare } from './request.ts'
import type { PlacementRequest, PoolView, PreparedRequest } from './types.ts'

/** An enabled NFS pool of 100 GiB, empty and thick. `label` sets host, backend and pool names. */
export function samplePool(label = 'h1@alpha#p1', changes: Partial<PoolView> = {}): PoolView {
  const [backendLabel = '', poolName = ''] = label.split('#')
  const [host = '', backend = ''] = backendLabel.split('@')
  const capabilities = { storage_protocol: 'NFS', driver_handles_share_servers: false }
  return {
    id: label,
    backendId: backendLabel,
    label,
    backendLabel,
    host,
    backendName: backend,
    poolName,
    zone: { id: 'zone-1', name: 'nova' },
    serviceUp: true,
    enabled: true,
    closed: null,
    measuredAtUs: 0,
    capabilities,
    goodness: goodnessOf(changes.capabilities ?? capabilities),
    totalGib: 100,
    freeGib: 100,
    provisionedGib: 0,
    claimedSinceMeasureGib: 0,
    reservedPercentage: 0,
    reservedSnapshotPercentage: 0,
    reservedShareExtendPercentage: 0,
    maxOverSubscriptionRatio: 20,
    thin: false,
    ...changes,
  }
}

/** Creating 1 GiB over NFS of a type with these extra specs. */
export function sampleRequest(
  changes: Partial<PlacementRequest> = {},
  extraSpecs: Readonly<Record<string, string>> = { driver_handles_share_servers: 'False' },
): PlacementRequest {
  return placementRequest({
    kind: 'create',
    sizeGib: 1,
    shareProto: 'NFS',
    share: { id: 'share-1', projectId: 'project-1' },
    shareType: { id: 'type-1', name: 'default', extraSpecs },
    ...changes,
  })
}

/** {@link sampleRequest}, prepared as if `pools` were all pools. */
export function samplePrepared(
  changes: Partial<PlacementRequest> = {},
  extraSpecs?: Readonly<Record<string, string>>,
  pools: readonly PoolView[] = [],
): PreparedRequest {
  return prepare(sampleRequest(changes, extraSpecs), pools)
}
