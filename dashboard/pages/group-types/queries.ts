/** What the pages of share group types read. */
import { queryOptions } from '@tanstack/react-query'
import type { Static } from 'typebox'
import {
  listShareGroupTypeAccess,
  listShareGroupTypes,
  showShareGroupType,
  type ShareGroupType,
} from '../../../src/wire/share-group-types/schema.ts'
import type { Console } from '../../api/console.ts'
import { listKey, oneKey } from '../../api/reads.ts'

export type GroupTypeView = Static<typeof ShareGroupType>

/** Private ones as well. */
export const allGroupTypesQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('share-group-types', 'all'),
    meta: { still: true },
    queryFn: async () =>
      (await client.call(listShareGroupTypes, { query: { is_public: 'all' } })).share_group_types,
  })

export const groupTypeQuery = ({ client }: Console, id: string) =>
  queryOptions({
    queryKey: oneKey('share-group-types', id),
    meta: { still: true },
    queryFn: async () => (await client.call(showShareGroupType, { params: { id } })).share_group_type,
  })

/** Projects that may use a private type. */
export const groupTypeAccessQuery = ({ client }: Console, id: string, isPrivate: boolean) =>
  queryOptions({
    queryKey: oneKey('share-group-types', id, 'access'),
    enabled: isPrivate,
    meta: { still: true },
    queryFn: async () =>
      (await client.call(listShareGroupTypeAccess, { params: { id } })).share_group_type_access,
  })
