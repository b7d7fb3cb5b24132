/** A zone as every microversion shows it. */
import type { Zone } from '../../db/store/zones.ts'
import { isoMicros } from '../../runtime/clock.ts'

export const zoneView = (zone: Zone): object => ({
  id: zone.id,
  name: zone.name,
  created_at: isoMicros(zone.created_at),
  updated_at: zone.updated_at === null ? null : isoMicros(zone.updated_at),
})
