/** All filters and the chains they form by default. A new filter is one file and one line in `all`. */
import { affinityFilter } from './affinity.ts'
import { antiAffinityFilter } from './anti-affinity.ts'
import { availabilityZoneFilter } from './availability-zone.ts'
import { capabilitiesFilter } from './capabilities.ts'
import { capacityFilter } from './capacity.ts'
import { consistentSnapshotFilter } from './consistent-snapshot.ts'
import { createFromSnapshotFilter } from './create-from-snapshot.ts'
import { driverFilter } from './driver.ts'
import { ignoreAttemptedHostsFilter } from './ignore-attempted-hosts.ts'
import { jsonFilter } from './json.ts'
import { onlyHostFilter } from './only-host.ts'
import { retryFilter } from './retry.ts'
import { shareReplicationFilter } from './share-replication.ts'
import type { Filter, PlacementKind } from '../types.ts'

const all: readonly Filter[] = [
  onlyHostFilter,
  availabilityZoneFilter,
  capacityFilter,
  capabilitiesFilter,
  driverFilter,
  shareReplicationFilter,
  createFromSnapshotFilter,
  affinityFilter,
  antiAffinityFilter,
  retryFilter,
  ignoreAttemptedHostsFilter,
  jsonFilter,
  consistentSnapshotFilter,
]

const byName: ReadonlyMap<string, Filter> = new Map(all.map((filter) => [filter.name, filter]))

/** Names that the options listing filters may hold. */
export const filterNames: readonly string[] = [...byName.keys()]

/** Option `scheduler_default_filters`: creating, taking over and replicating shares. */
export const createChain: readonly string[] = [
  'OnlyHostFilter',
  'AvailabilityZoneFilter',
  'CapacityFilter',
  'CapabilitiesFilter',
  'DriverFilter',
  'ShareReplicationFilter',
  'CreateFromSnapshotFilter',
  'AffinityFilter',
  'AntiAffinityFilter',
]

/** Option `scheduler_default_extend_filters`. */
export const extendChain: readonly string[] = ['CapacityFilter', 'DriverFilter']

/** Option `scheduler_default_share_group_filters`. */
export const groupChain: readonly string[] = ['AvailabilityZoneFilter', 'ConsistentSnapshotFilter']

export function defaultChain(kind: PlacementKind): readonly string[] {
  switch (kind) {
    case 'extend':
      return extendChain
    case 'group':
      return groupChain
    default:
      return createChain
  }
}

/** The filters of a configured list, in its order. Throws on a name nobody knows: call it when configuration is read. */
export function filtersNamed(names: readonly string[]): Filter[] {
  return names.map((name) => {
    const filter = byName.get(name)
    if (filter === undefined)
      throw new Error(`There is no scheduler filter '${name}'; known: ${filterNames.join(', ')}.`)
    return filter
  })
}
