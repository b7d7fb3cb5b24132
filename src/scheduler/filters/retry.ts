import type { Filter } from '../types.ts'

/** Not again a pool that had no room when it was tried. Runs whenever a request has been tried before. */
export const retryFilter: Filter = notTriedBefore('RetryFilter')

/** A filter that refuses the pools a request was already sent to. */
export function notTriedBefore(name: string): Filter {
  return {
    name,
    judge: (request) => {
      if (request.excludedPools.length === 0) return () => null
      const tried = new Set(request.excludedPools)
      return (pool) =>
        tried.has(pool.label) ? 'Was tried for this request already and could not take it.' : null
    },
  }
}
