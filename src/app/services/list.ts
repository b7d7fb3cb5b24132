/** Which services there are. */
import type { Ctx } from '../context.ts'
import { listServices, type ServiceRow } from '../../db/store/services-read.ts'
import { zoneByNameOrId } from '../../db/store/zones.ts'
import { stateOf, type ServiceState } from './state.ts'

export interface ListServices {
  /** As sent; keys that are no filter are ignored. */
  readonly query: Readonly<Record<string, string>>
  /** Parsed by the edge. */
  readonly ensuring: boolean | null
}

export type ServiceWithState = ServiceRow & { readonly state: ServiceState }

/** Every filter is exact; a value that can't be gives an empty list, never an error. */
export async function list(ctx: Ctx, { query, ensuring }: ListServices): Promise<ServiceWithState[]> {
  const { status, state, zone } = query
  if (status !== undefined && status !== 'enabled' && status !== 'disabled') return []
  const zoneRow = zone === undefined ? undefined : await zoneByNameOrId(ctx.db, zone)
  if (zone !== undefined && zoneRow === undefined) return []
  const rows = await listServices(ctx.db, {
    host: query.host,
    binary: query.binary,
    topic: query.topic,
    zoneId: zoneRow?.id,
    disabled: status === undefined ? undefined : status === 'disabled',
    ensuring: ctx.flags.has('filterByEnsuring') ? (ensuring ?? undefined) : undefined,
  })
  const services = rows.map((row) => ({ ...row, state: stateOf(ctx, row) }))
  return state === undefined ? services : services.filter((service) => service.state === state)
}
