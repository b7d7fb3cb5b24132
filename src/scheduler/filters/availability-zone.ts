import { lookUp } from '../../model/extra-spec-match.ts'
import type { Filter } from '../types.ts'

/** The zone asked for, the zones the type allows, and networks that have several subnets in the pool's zone. */
export const availabilityZoneFilter: Filter = {
  name: 'AvailabilityZoneFilter',
  judge: (request) => {
    const allowed = new Set(request.availabilityZones)
    return (pool) => {
      const { id, name } = pool.zone
      if (request.availabilityZoneId !== null && request.availabilityZoneId !== id) {
        return `Is in zone ${name}; the request asks for zone ${request.availabilityZoneId}.`
      }
      if (allowed.size > 0 && !allowed.has(name)) {
        return `Is in zone ${name}; the share type allows only ${request.availabilityZones.join(', ')}.`
      }
      const several =
        Object.hasOwn(request.azMultipleSubnetSupport, id) && request.azMultipleSubnetSupport[id] === true
      if (several && lookUp(pool.capabilities, ['share_server_multiple_subnet_support']) !== true) {
        return `The share network has several subnets in zone ${name}, and the backend can't serve more than one.`
      }
      return null
    }
  },
}
