/**
 * Why storage can't take a share, in words for whoever asks: by the filter that refused, and nothing about pools, hosts or backends. What a
 * filter says itself has figures and names in it and is for administrators.
 */
export const refusals = {
  service: 'It is not ready at present.',
  'closed backend': 'It takes no new shares at present.',
  'share type': 'No share type was given, and there is no default one.',
  protocol: 'It does not serve this protocol, or not at present.',
  OnlyHostFilter: 'It is not the one that only_host names.',
  AvailabilityZoneFilter:
    'It is in another availability zone than was asked for or than the share type allows.',
  CapacityFilter: 'It has no room for a share of this size.',
  CapabilitiesFilter: 'It lacks something that the share type or the protocol needs.',
  DriverFilter: 'It does not take a share like this one.',
  ShareReplicationFilter: 'It does not replicate in the way that the share type asks for.',
  CreateFromSnapshotFilter: "A share from this snapshot can't be made there.",
  AffinityFilter: 'It does not hold the shares that same_host names.',
  AntiAffinityFilter: 'It holds a share that different_host names.',
  RetryFilter: 'It was tried before and could not.',
  IgnoreAttemptedHostsFilter: 'It was tried before and could not.',
  JsonFilter: 'It does not match the hint query.',
  ConsistentSnapshotFilter: 'It does not take snapshots of several shares at one moment.',
} satisfies Readonly<Record<string, string>>

/** For filters of other releases. */
export const refusalOfOthers = 'It does not fit the request.'

/** One sentence about storage that this filter refused; a plain one for filters of other releases. */
export const refusalWords = (filter: string): string =>
  Object.hasOwn(refusals, filter) ? refusals[filter as keyof typeof refusals] : refusalOfOthers

/** For a test that every filter has its sentence. */
export const refusalsSaid: readonly string[] = Object.keys(refusals)
