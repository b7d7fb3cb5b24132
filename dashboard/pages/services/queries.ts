/** What the pages of services read. */
import { queryOptions } from '@tanstack/react-query'
import { ApiError } from '../../../src/sdk/api-error.ts'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import { listServices, listServicesLegacy } from '../../../src/wire/services/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

export type ServiceView = ReplyOf<typeof listServices>['services'][number]

export const servicesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('services'),
    queryFn: async () =>
      (await client.call(client.pick(listServices, listServicesLegacy as typeof listServices))).services,
  })

/** What a list can do without: null where the service does not let us see it, or has none. */
export async function orNull<T>(read: Promise<T>): Promise<T | null> {
  try {
    return await read
  } catch (error) {
    if (error instanceof ApiError && [403, 404].includes(error.status)) return null
    throw error
  }
}
