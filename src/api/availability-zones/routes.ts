/** Availability zones over HTTP. They have no verb of their own: services make them, this shows them. */
import type { Ctx } from '../../app/context.ts'
import { list } from '../../app/availability-zones/list.ts'
import { listZones, listZonesLegacy } from '../../wire/availability-zones/schema.ts'
import { route, type Route } from '../route.ts'
import { zoneView } from './view.ts'

const show = async (ctx: Ctx): Promise<object> => ({ availability_zones: (await list(ctx)).map(zoneView) })

export const zoneRoutes: readonly Route[] = [route(listZones, {}, show), route(listZonesLegacy, {}, show)]
