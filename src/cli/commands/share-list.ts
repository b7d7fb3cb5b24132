/** `share list`: filters, pages, columns. */
import { listSharesDetail } from '../../wire/shares/schema.ts'
import { command, flag, pairs, text, whole } from '../command.ts'
import { projectIdOf, userIdOf } from '../identities.ts'
import {
  dictFilter,
  findShareGroup,
  findShareType,
  findSnapshot,
  idOf,
  listed,
  presence,
  sortQuery,
  type Share,
} from '../lookup.ts'
import { listOf } from '../output/output.ts'

/** Shares may be left of a project, or a user, that is deleted. */
const left = { mayBeGone: true }

type Columns = Readonly<Record<string, (share: Share) => unknown>>

const columns: Columns = {
  ID: (share) => share.id,
  Name: (share) => share.name,
  Size: (share) => share.size,
  'Share Proto': (share) => share.share_proto,
  Status: (share) => share.status,
  'Is Public': (share) => share.is_public,
  'Share Type Name': (share) => share.share_type_name ?? share.volume_type,
  Host: (share) => share.host,
  'Availability Zone': (share) => share.availability_zone,
}

const more: Columns = {
  'Share Network ID': (share) => share.share_network_id,
  'Share Server ID': (share) => share.share_server_id,
  'Share Group ID': (share) => share.share_group_id,
  'Project ID': (share) => share.project_id,
  'Access Rules Status': (share) => share.access_rules_status,
  'Created At': (share) => share.created_at,
  Description: (share) => share.description,
  Properties: (share) => share.metadata,
}

export const shareList = command({
  words: 'share list',
  summary: 'List shares.',
  gives: 'list',
  options: {
    name: text('name', 'Only shares of this name.'),
    'name~': text('part', 'Only shares whose name contains this.'),
    'description~': text('part', 'Only shares whose description contains this.'),
    status: text('status', 'Only shares in this status.'),
    snapshot: text('snapshot', 'Only shares made from this snapshot.'),
    'export-location': text('id-or-path', 'Only the share with this export location.'),
    'soft-deleted': flag('List the recycle bin.'),
    public: flag('Show public shares of other projects as well.'),
    'share-network': text('id', 'Only shares in this share network.'),
    'share-type': text('type', 'Only shares of this type.'),
    'share-group': text('share-group', 'Only shares in this share group.'),
    host: text('host', 'Only shares on this host, backend or pool (administrators).'),
    'share-server': text('id', 'Only shares on this share server (administrators).'),
    'availability-zone': text('zone', 'Only shares in this availability zone.'),
    project: text('project', 'Only shares of this project; implies --all-projects (administrators).'),
    user: text('user', 'Only shares of this user; implies --all-projects (administrators).'),
    'all-projects': flag('Show the shares of every project (administrators).'),
    property: pairs('Only shares with this property.'),
    'extra-spec': pairs('Only shares whose type has this extra spec (administrators).'),
    'encryption-key-ref': text('id', 'Only shares encrypted with this key.'),
    long: flag('Show more columns.'),
    sort: text('key[:direction]', 'Sort on the server, for example size:desc.'),
    limit: whole('number', 'Show at most this many.'),
    marker: text('share-id', 'Go on behind this share.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    const { 'share-type': type, snapshot, 'export-location': location } = options
    const { project, user, 'share-group': group } = options
    // What is named by its id is found wherever the caller may look: the server ignores this where he may not.
    const { 'share-server': server, 'encryption-key-ref': key } = options
    const named = [project, user, snapshot, group, location, server, key]
    const all = options['all-projects'] || named.some((one) => one !== undefined)
    const byPath = location !== undefined && !/^[0-9a-f-]{36}$/i.test(location)
    const query = {
      name: options.name,
      'name~': options['name~'],
      'description~': options['description~'],
      status: options.status,
      snapshot_id: await idOf(client, snapshot, findSnapshot),
      export_location_id: byPath ? undefined : location,
      export_location_path: byPath ? location : undefined,
      is_soft_deleted: options['soft-deleted'] ? 'true' : undefined,
      is_public: options.public ? 'true' : undefined,
      share_network_id: options['share-network'],
      share_type_id: await idOf(client, type, findShareType),
      share_group_id: await idOf(client, group, findShareGroup),
      host: options.host,
      share_server_id: server,
      availability_zone: options['availability-zone'],
      project_id: project === undefined ? undefined : await projectIdOf(client, session, project, left),
      user_id: user === undefined ? undefined : await userIdOf(client, session, user, left),
      all_tenants: presence(all),
      metadata: dictFilter(options.property),
      extra_specs: dictFilter(options['extra-spec']),
      encryption_key_ref: key,
      marker: options.marker,
      ...sortQuery(options.sort),
    }
    const shares = await listed(client, listSharesDetail, 'shares', query, options.limit)
    const whose: Columns =
      options['all-projects'] || project !== undefined ? { 'Project ID': (share) => share.project_id } : {}
    return listOf(shares, { ...columns, ...whose, ...(options.long ? more : {}) })
  },
})
