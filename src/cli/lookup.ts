/** Finds each noun by id or name, and reads all rows of a list. */
import type { TSchema } from 'typebox'
import type { Client } from '../sdk/client.ts'
import { pages } from '../sdk/pages.ts'
import type { Endpoint, ReplyOf } from '../wire/endpoint.ts'
import { listShareGroupSnapshots, showShareGroupSnapshot } from '../wire/share-group-snapshots/schema.ts'
import { listShareGroupTypes, showShareGroupType } from '../wire/share-group-types/schema.ts'
import { listShareGroups, showShareGroup } from '../wire/share-groups/schema.ts'
import { listShareTypes, showShareType } from '../wire/share-types/schema.ts'
import { listShares, listSharesDetail, showShare } from '../wire/shares/schema.ts'
import { listSnapshots, showSnapshot } from '../wire/snapshots/schema.ts'
import { resolve } from './resolve.ts'
import { UsageError } from './usage-error.ts'

export type Share = ReplyOf<typeof showShare>['share']
export type ShareGroup = ReplyOf<typeof showShareGroup>['share_group']
export type ShareGroupSnapshot = ReplyOf<typeof showShareGroupSnapshot>['share_group_snapshot']
export type ShareGroupType = ReplyOf<typeof showShareGroupType>['share_group_type']
export type ShareType = ReplyOf<typeof showShareType>['share_type']
export type Snapshot = ReplyOf<typeof showSnapshot>['snapshot']

export const findShare = (client: Client, nameOrId: string): Promise<Share> =>
  resolve(
    'share',
    nameOrId,
    async (id) => (await client.call(showShare, { params: { id } })).share,
    (name) => gathered(pages(client, listShares, 'shares', { query: { name } })),
  )

/** The recycle bin has a list of its own. */
export const findDeletedShare = (client: Client, nameOrId: string): Promise<Share> =>
  resolve(
    'share',
    nameOrId,
    async (id) => (await client.call(showShare, { params: { id } })).share,
    (name) =>
      gathered(pages(client, listSharesDetail, 'shares', { query: { name, is_soft_deleted: 'true' } })),
  )

export const findSnapshot = (client: Client, nameOrId: string): Promise<Snapshot> =>
  resolve(
    'snapshot',
    nameOrId,
    async (id) => (await client.call(showSnapshot, { params: { id } })).snapshot,
    (name) => gathered(pages(client, listSnapshots, 'snapshots', { query: { name } })),
  )

export const findShareType = (client: Client, nameOrId: string): Promise<ShareType> =>
  resolve(
    'share type',
    nameOrId,
    async (id) => (await client.call(showShareType, { params: { id } })).share_type,
    async () => (await client.call(listShareTypes, { query: { is_public: 'all' } })).share_types,
  )

export const findShareGroup = (client: Client, nameOrId: string): Promise<ShareGroup> =>
  resolve(
    'share group',
    nameOrId,
    async (id) => (await client.call(showShareGroup, { params: { id } })).share_group,
    (name) => gathered(pages(client, listShareGroups, 'share_groups', { query: { name } })),
  )

export const findShareGroupSnapshot = (client: Client, nameOrId: string): Promise<ShareGroupSnapshot> =>
  resolve(
    'share group snapshot',
    nameOrId,
    async (id) => (await client.call(showShareGroupSnapshot, { params: { id } })).share_group_snapshot,
    (name) => gathered(pages(client, listShareGroupSnapshots, 'share_group_snapshots', { query: { name } })),
  )

export const findShareGroupType = (client: Client, nameOrId: string): Promise<ShareGroupType> =>
  resolve(
    'share group type',
    nameOrId,
    async (id) => (await client.call(showShareGroupType, { params: { id } })).share_group_type,
    async () => (await client.call(listShareGroupTypes, { query: { is_public: 'all' } })).share_group_types,
  )

/** The id of what was named, by whichever `find` finds it; undefined when nothing was. */
export const idOf = async (
  client: Client,
  nameOrId: string | undefined,
  find: (client: Client, nameOrId: string) => Promise<{ readonly id: string }>,
): Promise<string | undefined> => (nameOrId === undefined ? undefined : (await find(client, nameOrId)).id)

export async function gathered<Row>(
  rows: AsyncIterable<Row>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Row[]> {
  const all: Row[] = []
  if (limit === 0) return all
  for await (const row of rows) {
    all.push(row)
    if (all.length >= limit) break
  }
  return all
}

/** All rows of a paged list, or the first `limit`. */
export async function listed<Q extends TSchema, B extends TSchema, R extends TSchema, Key extends string>(
  client: Client,
  endpoint: Endpoint<Q, B, R>,
  key: Key,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
  limit?: number,
) {
  const input = { query, ...(limit === undefined ? {} : { pageSize: Math.max(1, Math.min(limit, 1000)) }) }
  return gathered(pages(client, endpoint, key, input as never), limit)
}

/** `--sort name:asc` as query; the direction may be left out. */
export function sortQuery(sort: string | undefined): { sort_key?: string; sort_dir?: string } {
  if (sort === undefined) return {}
  const [key, direction, ...rest] = sort.split(':')
  if (key === undefined || key === '' || rest.length > 0 || !['asc', 'desc', undefined].includes(direction)) {
    throw new UsageError('--sort must be <key> or <key>:asc or <key>:desc.')
  }
  return { sort_key: key, ...(direction === undefined ? {} : { sort_dir: direction }) }
}

/** A filter that takes a dictionary: a JSON object of strings is a Python literal as well. */
export const dictFilter = (pairs: Readonly<Record<string, string>> | undefined): string | undefined =>
  pairs === undefined ? undefined : JSON.stringify(pairs)

/** `1` or nothing: servers take the mere presence of some filters for yes. */
export const presence = (on: boolean): string | undefined => (on ? '1' : undefined)
