/** A dry run of the scheduler for what the address says. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { listZones, listZonesLegacy } from '../../../src/wire/availability-zones/schema.ts'
import type { BodyOf, ReplyOf } from '../../../src/wire/endpoint.ts'
import { tryPlacement } from '../../../src/wire/placements/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export type PlacementView = ReplyOf<typeof tryPlacement>['placement']
export type PlacementAsked = BodyOf<typeof tryPlacement>['placement']

export const askedNames = [
  'size',
  'proto',
  'type',
  'zone',
  'project',
  'snapshot',
  'only',
  'near',
  'apart',
  'more',
] as const
export type WhyNotSearch = { readonly [Name in (typeof askedNames)[number]]?: string }

export const protocols = ['NFS', 'CIFS', 'CEPHFS', 'GLUSTERFS', 'HDFS', 'MAPRFS'] as const

/** What the address asks for; a size that is none is 1 GiB. */
export function askedOf(search: WhyNotSearch): PlacementAsked {
  const { proto, type, zone, project, snapshot, only, near, apart } = search
  const size = /^[1-9]\d{0,8}$/.test(search.size ?? '') ? Number(search.size) : 1
  const hints = {
    ...(only === undefined ? {} : { only_host: only }),
    ...(near === undefined ? {} : { same_host: near }),
    ...(apart === undefined ? {} : { different_host: apart }),
  }
  return {
    size,
    share_proto: protocols.find((one) => one === proto) ?? 'NFS',
    ...(type === undefined ? {} : { share_type: type }),
    ...(zone === undefined ? {} : { availability_zone: zone }),
    ...(project === undefined ? {} : { project_id: project }),
    ...(snapshot === undefined ? {} : { snapshot_id: snapshot }),
    ...(Object.keys(hints).length === 0 ? {} : { scheduler_hints: hints }),
  }
}

export const placementQuery = ({ client, capabilities }: Console, placement: PlacementAsked) =>
  queryOptions({
    // What a pool holds decides: it is asked again when one changes.
    queryKey: listKey('pools', 'placement', placement),
    enabled: capabilities.has('placements'),
    placeholderData: keepPreviousData,
    queryFn: async () => (await client.call(tryPlacement, { body: { placement } })).placement,
  })

export const zonesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('zones'),
    meta: { still: true },
    queryFn: async () =>
      (await client.call(client.pick(listZones, listZonesLegacy as typeof listZones))).availability_zones,
  })
