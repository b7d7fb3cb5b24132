import type { Filter } from '../types.ts'

/** The hint `only_host`: exactly that pool. Whether the requester may use the hint is decided before. */
export const onlyHostFilter: Filter = {
  name: 'OnlyHostFilter',
  judge: (request) => (pool) =>
    request.onlyHost === null || request.onlyHost === pool.label
      ? null
      : `The request asks for ${request.onlyHost} and nothing else.`,
}
