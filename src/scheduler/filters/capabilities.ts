import { fieldAt, valueText } from '../pool-fields.ts'
import { downSentence } from './protocol.ts'
import type { Filter } from '../types.ts'

/** Every extra spec of the share type is met by what the pool reports. */
export const capabilitiesFilter: Filter = {
  name: 'CapabilitiesFilter',
  judge: ({ requirements, shareProto }) => {
    const asked = requirements.map((spec) => ({ ...spec, valueIn: fieldAt(spec.path) }))
    return (pool) => {
      for (const { key, requirement, valueIn, isMet } of asked) {
        const value = valueIn(pool)
        if (isMet(value)) continue
        const down = key === 'storage_protocol' && shareProto !== null ? downSentence(pool, shareProto) : null
        if (down !== null) return down
        const wanted = `The share type requires ${key} '${requirement}'`
        if (value === undefined || value === null) return `${wanted}; the pool does not report it.`
        return `${wanted}; the pool reports ${valueText(value)}.`
      }
      return null
    }
  },
}
