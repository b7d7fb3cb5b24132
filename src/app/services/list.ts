/** Which services there are. */
import type { Ctx } from '../context.ts'
import { instancesByBackend, listServices, type ServiceRow } from '../../db/store/services-read.ts'
import { zoneByNameOrId } from '../../db/store/zones.ts'
import { sinceWhen } from '../../model/service-state.ts'
import { stateOf, type ServiceState } from './state.ts'

export interface ListServices {
  /** As sent; keys that are no filter are ignored. */
  readonly query: Readonly<Record<string, string>>
  /** Parsed by the edge. */
  readonly ensuring: boolean | null
  /** Also since when each is what it is, and how many shares' instances its backend has. */
  readonly withSince: boolean
}

export interface Since {
  /** Microseconds since the epoch; null = not known. */
  readonly stateSince: number | null
  readonly statusSince: number | null
  /** Null for what is no backend's service. */
  readonly instances: number | null
}

export type ServiceWithState = ServiceRow & { readonly state: ServiceState; readonly since: Since | null }

/** Every filter is exact; a value that can't be gives an empty list, never an error. */
export async function list(
  ctx: Ctx,
  { query, ensuring, withSince }: ListServices,
): Promise<ServiceWithState[]> {
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
  const instances = withSince ? await instancesByBackend(ctx.db) : null
  const services = rows.map((row) => {
    const state = stateOf(ctx, row)
    const since =
      instances === null
        ? null
        : {
            stateSince: sinceWhen(row, state, ctx.clock.now()),
            statusSince: row.switched_at ?? null,
            instances: row.host.includes('@') ? (instances.get(row.host) ?? 0) : null,
          }
    return { ...row, state, since }
  })
  return state === undefined ? services : services.filter((service) => service.state === state)
}
