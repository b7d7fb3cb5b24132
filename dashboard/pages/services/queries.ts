/** What the pages of services read. */
import { queryOptions } from '@tanstack/react-query'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import { listServices, listServicesLegacy } from '../../../src/wire/services/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export type ServiceView = ReplyOf<typeof listServices>['services'][number]

/** Since when each is what it is: asked of a service that knows, and unknown to the original. */
export const servicesQuery = ({ client, capabilities }: Console) =>
  queryOptions({
    queryKey: listKey('services'),
    meta: { all: true },
    refetchInterval: 60_000,
    queryFn: async () =>
      (
        await client.call(
          client.pick(listServices, listServicesLegacy as typeof listServices),
          capabilities.has('service-since') ? { query: { with_since: 1 } } : {},
        )
      ).services,
  })
