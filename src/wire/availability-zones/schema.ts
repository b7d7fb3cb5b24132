/** Availability zones. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Nullable, Time } from '../types.ts'

const Zone = Type.Object({
  id: Type.String(),
  name: Type.String(),
  created_at: Time,
  updated_at: Nullable(Time),
})

export const listZones = endpoint({
  id: 'listAvailabilityZones',
  method: 'GET',
  path: '/availability-zones',
  since: 7,
  policy: 'availability_zone:index',
  status: 200,
  reply: Type.Object({ availability_zones: Type.Array(Zone) }),
  summary: 'Lists the zones shares may be in.',
})
export const listZonesLegacy = endpoint({
  ...listZones,
  id: 'listAvailabilityZonesLegacy',
  path: '/os-availability-zone',
  since: 0,
  until: 6,
})
