/** Builds placement requests and works out, once per placement, what filters read from them. */
import { boolFromString, booleanSpecs } from '../model/extra-specs.ts'
import { compileSpecs } from '../model/extra-spec-match.ts'
import { canBeThin, mayBeThin } from '../model/pool-capacity.ts'
import { replicationDomain } from './pool-fields.ts'
import type { ExtraSpecs } from '../model/extra-specs.ts'
import type { Purpose } from '../model/pool-capacity.ts'
import type { PlacementRequest, PoolView, PreparedRequest } from './types.ts'

/** A request in which everything not given does not apply. */
export function placementRequest(
  given: Pick<PlacementRequest, 'kind' | 'sizeGib'> & Partial<PlacementRequest>,
): PlacementRequest {
  return {
    shareType: null,
    shareProto: null,
    share: null,
    snapshotPool: null,
    snapshotZoneId: null,
    useSchedulerCreatingShareFromSnapshot: false,
    availabilityZoneId: null,
    availabilityZones: [],
    azMultipleSubnetSupport: {},
    onlyHost: null,
    sameHost: [],
    differentHost: [],
    query: null,
    activeReplicaHost: null,
    allReplicaHosts: [],
    excludedPools: [],
    groupSpecs: {},
    ...given,
  }
}

/** Adds what follows from the request and the pools. All pools are needed, refused ones too, to find domains. */
export function prepare(request: PlacementRequest, pools: readonly PoolView[]): PreparedRequest {
  return {
    ...request,
    requirements: compileSpecs(requirements(request)),
    activeReplicaDomain: domainOf(request.activeReplicaHost, pools),
    snapshotDomain: domainOf(request.snapshotPool, pools),
  }
}

/** What the request wants room for. */
export function purposeOf(request: PlacementRequest): Purpose {
  switch (request.kind) {
    case 'extend':
    case 'manage':
      return request.kind
    case 'replica':
    case 'create':
    case 'group':
      if (request.snapshotPool !== null) return 'from-snapshot'
      return request.kind === 'replica' ? 'replica' : 'create'
  }
}

/** Tells of any pool whether the share would be thin in it. */
export function thinFor(request: PlacementRequest): (pool: PoolView) => boolean {
  return mayBeThin(request.shareType?.extraSpecs ?? {}) ? canBeThin : () => false
}

/**
 * The type's specs in the form the capabilities filter needs: bare booleans become `<is>` requirements, the protocol
 * is required unless the type says which, and a copy may leave the named backend, because its replication domain
 * already says where it can go.
 */
function requirements(request: PlacementRequest): ExtraSpecs {
  const specs: Record<string, string> = { ...request.shareType?.extraSpecs }
  for (const key of booleanSpecs) {
    const value = specs[key]
    if (value !== undefined && boolFromString(value) !== null) specs[key] = `<is> ${value.trim()}`
  }
  const asksProtocol = 'storage_protocol' in specs || 'capabilities:storage_protocol' in specs
  if (!asksProtocol && request.shareProto !== null) specs['storage_protocol'] = `<in> ${request.shareProto}`
  if (request.snapshotPool !== null || request.activeReplicaHost !== null) {
    delete specs['share_backend_name']
    delete specs['capabilities:share_backend_name']
  }
  return specs
}

function domainOf(label: string | null, pools: readonly PoolView[]): string | null {
  const pool = label === null ? undefined : pools.find((pool) => pool.label === label)
  return pool === undefined ? null : replicationDomain(pool)
}
