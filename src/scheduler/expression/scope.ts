import { poolFields } from '../pool-fields.ts'
import type { PlacementRequest, PoolView } from '../types.ts'
import type { Scope } from './evaluate.ts'

/**
 * The names a filter or goodness function may use: `stats.` and `capabilities.` (the pool), `extra.` (extra specs of the
 * type) and `share.` (the share being placed; its size is what is asked for now unless the caller says otherwise).
 */
export function expressionScope(pool: PoolView, request: PlacementRequest): Scope {
  const fields = poolFields(pool)
  return {
    stats: fields,
    capabilities: fields,
    extra: request.shareType?.extraSpecs ?? {},
    share: {
      size: request.sizeGib,
      share_proto: request.shareProto,
      id: request.share?.id,
      project_id: request.share?.projectId,
      ...request.share?.fields,
    },
  }
}
