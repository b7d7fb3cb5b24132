/** What the pages of services read. */
import { queryOptions } from '@tanstack/react-query'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import { listServices, listServicesLegacy } from '../../../src/wire/services/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export type ServiceView = ReplyOf<typeof listServices>['services'][number]

export const servicesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('services'),
    meta: { all: true },
    refetchInterval: 60_000,
    queryFn: async () =>
      (await client.call(client.pick(listServices, listServicesLegacy as typeof listServices))).services,
  })
