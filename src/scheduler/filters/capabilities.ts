import { firstUnmetSpec } from '../../model/extra-spec-match.ts'
import { poolFields, valueText } from '../pool-fields.ts'
import { downSentence } from './protocol.ts'
import type { Filter } from '../types.ts'

/** Every extra spec of the share type is met by what the pool reports. */
export const capabilitiesFilter: Filter = {
  name: 'CapabilitiesFilter',
  judge: (request) => (pool) => {
    const unmet = firstUnmetSpec(poolFields(pool), request.requirements)
    if (unmet === null) return null
    const down =
      unmet.key === 'storage_protocol' && request.shareProto !== null
        ? downSentence(pool, request.shareProto)
        : null
    if (down !== null) return down
    const wanted = `The share type requires ${unmet.key} '${unmet.requirement}'`
    if (unmet.value === undefined || unmet.value === null) return `${wanted}; the pool does not report it.`
    return `${wanted}; the pool reports ${valueText(unmet.value)}.`
  },
}
