/** What the pages of share types read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import {
  listShareTypeAccess,
  listShareTypes,
  showShareType,
  type ShareType,
} from '../../../src/wire/share-types/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey, oneKey } from '../../api/reads.ts'

export type TypeView = Static<typeof ShareType>

/** Private ones as well. */
export const allTypesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('types', 'all'),
    meta: { still: true },
    queryFn: async () => (await client.call(listShareTypes, { query: { is_public: 'all' } })).share_types,
  })

export const typeQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('types', id),
    meta: { still: true },
    queryFn: async () => (await client.call(showShareType, { params: { id } })).share_type,
  })

/** Projects that may use a private type. */
export const typeAccessQuery = ({ client }: Console, id: string, isPrivate: boolean) =>
  queryOptions({
    queryKey: oneKey('types', id, 'access'),
    enabled: isPrivate,
    meta: { still: true },
    queryFn: async () => (await client.call(listShareTypeAccess, { params: { id } })).share_type_access,
  })

export const isPublic = (type: TypeView): boolean =>
  (type['share_type_access:is_public'] ?? type['os-share-type-access:is_public']) !== false
