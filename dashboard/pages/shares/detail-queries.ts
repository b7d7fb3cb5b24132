/** What the page of one share reads beside the share itself. */
import { queryOptions } from '@tanstack/react-query'
import { listMessages } from '../../../src/wire/messages/schema.ts'
import { listOperations, showOperation } from '../../../src/wire/operations/schema.ts'
import { listInstancesOfShare } from '../../../src/wire/share-instances/schema.ts'
import type { Console } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'

/** Newest first. What is older than this many is not looked for here. */
const mostShown = 50

export const operationsOfQuery = ({ client, capabilities }: Console, shareId: string) =>
  queryOptions({
    queryKey: oneKey('operations', shareId, 'all'),
    enabled: capabilities.has('operations'),
    queryFn: async () =>
      (await client.call(listOperations, { query: { resource_id: shareId, limit: mostShown } })).operations,
  })

export const operationQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('operations', id, 'steps'),
    queryFn: async () => (await client.call(showOperation, { params: { id } })).operation,
  })

export const messagesOfQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: oneKey('messages', shareId),
    queryFn: async () =>
      (await client.call(listMessages, { query: { resource_id: shareId, limit: mostShown } })).messages,
  })

export const instancesOfQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: oneKey('instances', shareId),
    queryFn: async () =>
      (await client.call(listInstancesOfShare, { params: { id: shareId } })).share_instances,
  })
