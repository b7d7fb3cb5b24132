/** Which user message follows from the filter that refused the last pool (detail ids of Manila's messages API). */

const byFilter: ReadonlyMap<string, string> = new Map([
  ['service', '028'],
  ['share type', '024'],
  ['AvailabilityZoneFilter', '007'],
  ['CapabilitiesFilter', '008'],
  ['protocol', '008'],
  ['CapacityFilter', '009'],
  ['DriverFilter', '010'],
  ['IgnoreAttemptedHostsFilter', '011'],
  ['JsonFilter', '012'],
  ['RetryFilter', '013'],
  ['ShareReplicationFilter', '014'],
  ['CreateFromSnapshotFilter', '016'],
])

/** "No storage could be allocated": for filters that have no message of their own. */
const noStorage = '002'

/** "Backends are not ready": there was no pool to ask. */
const notReady = '028'

/** The detail id for the filter that emptied the list; null means there was no pool to begin with. */
export function detailIdOf(lastFilter: string | null): string {
  return lastFilter === null ? notReady : (byFilter.get(lastFilter) ?? noStorage)
}
