/** What the page of limits reads. */
import { queryOptions } from '@tanstack/react-query'
import { showLimits, showServiceLimits } from '../../../src/wire/limits/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'
import { limitRows } from './limit-rows.ts'

export const limitsQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('limits'),
    queryFn: async () => limitRows((await client.call(showLimits)).limits.absolute),
  })

export const serviceLimitsQuery = ({ client, capabilities }: Console) =>
  queryOptions({
    queryKey: listKey('limits', 'service'),
    enabled: capabilities.has('service-limits'),
    queryFn: async () => (await client.call(showServiceLimits)).service_limits,
  })
