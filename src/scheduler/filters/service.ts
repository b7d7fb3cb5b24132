import type { Filter } from '../types.ts'

/**
 * Runs before every chain. A pool whose service is down can't be used; one whose service an administrator disabled only
 * when an administrator names it.
 */
export const serviceFilter: Filter = {
  name: 'service',
  judge: (request) => (pool) => {
    if (!pool.serviceUp) return `The service ${pool.backendLabel} is down: it has not reported in time.`
    if (!pool.enabled && request.onlyHost !== pool.label) {
      return `The service ${pool.backendLabel} is disabled by an administrator.`
    }
    return null
  },
}

/**
 * Runs before every chain: a backend that can't keep clients apart may serve what it has, and nothing is added to it. What
 * grows there is there already.
 */
export const closedFilter: Filter = {
  name: 'closed backend',
  judge: (request) => (pool) =>
    pool.closed === null || request.kind === 'extend'
      ? null
      : `The backend ${pool.backendLabel} takes no new shares. ${pool.closed}`,
}

/** Runs after {@link serviceFilter}: a new share needs a type, the default one at least. */
export const shareTypeFilter: Filter = {
  name: 'share type',
  judge: (request) => () =>
    request.kind === 'create' && request.shareType === null
      ? 'No share type was given and no default share type is configured.'
      : null,
}
