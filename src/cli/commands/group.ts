/** `group create|list|show|set|unset|delete`: share groups. */
import type { Client } from '../../sdk/client.ts'
import {
  createShareGroup,
  deleteShareGroup,
  forceDeleteShareGroup,
  listShareGroupsDetail,
  resetShareGroupStatus,
  showShareGroup,
  updateShareGroup,
} from '../../wire/share-groups/schema.ts'
import { arg, command, flag, text, texts, whole } from '../command.ts'
import { projectIdOf } from '../identities.ts'
import {
  findShareGroup,
  findShareGroupSnapshot,
  findShareGroupType,
  findShareType,
  idOf,
  listed,
  presence,
  sortQuery,
  type ShareGroup,
} from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { fieldsOf } from '../views.ts'
import { changingCommands, waitForGroup, type GroupNoun } from './group-parts.ts'

const get = async (client: Client, id: string): Promise<ShareGroup> =>
  (await client.call(showShareGroup, { params: { id } })).share_group

const kind: GroupNoun = {
  words: 'group',
  noun: 'share group',
  deletes: ' that hold no shares; with --force their shares and group snapshots as well',
  find: findShareGroup,
  status: async (client, id) => (await get(client, id)).status,
  rename: (client, id, words) =>
    client.call(updateShareGroup, { params: { id }, body: { share_group: words } }),
  reset: (client, id, status) => client.act(resetShareGroupStatus, { params: { id }, body: { status } }),
  remove: (client, id, force) =>
    force
      ? client.act(forceDeleteShareGroup, { params: { id }, body: null })
      : client.call(deleteShareGroup, { params: { id } }),
}

const create = command({
  words: 'group create',
  summary: 'Create a share group, empty or from a group snapshot.',
  gives: 'show',
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    'share-types': texts(
      'type',
      "Share type that its shares may have; the service's default when none is given.",
    ),
    'share-group-type': text('group-type', "Share group type; the service's default otherwise."),
    'share-network': text('id', 'Share network.'),
    'source-share-group-snapshot': text(
      'group-snapshot',
      'Begin with a share for each member of this group snapshot.',
    ),
    'availability-zone': text('zone', 'Availability zone.'),
    wait: flag('Wait until it can be used.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    const { name, description, 'share-types': types } = options
    const typeIds: string[] = []
    for (const type of types) typeIds.push((await findShareType(client, type)).id)
    const { share_group: group } = await client.call(createShareGroup, {
      body: {
        share_group: {
          name,
          description,
          share_types: typeIds.length === 0 ? undefined : typeIds,
          share_group_type_id: await idOf(client, options['share-group-type'], findShareGroupType),
          source_share_group_snapshot_id: await idOf(
            client,
            options['source-share-group-snapshot'],
            findShareGroupSnapshot,
          ),
          share_network_id: options['share-network'],
          availability_zone: options['availability-zone'],
        },
      },
    })
    if (!options.wait) return showOf(fieldsOf(group))
    await waitForGroup(kind, client, session, group.id, `create group ${name ?? group.id}`)
    return showOf(fieldsOf(await get(client, group.id)))
  },
})

const list = command({
  words: 'group list',
  summary: 'List share groups.',
  gives: 'list',
  options: {
    'all-projects': flag('Show the share groups of every project (administrators).'),
    name: text('name', 'Only groups of this name.'),
    description: text('text', 'Only groups with this description.'),
    'name~': text('part', 'Only groups whose name contains this.'),
    'description~': text('part', 'Only groups whose description contains this.'),
    status: text('status', 'Only groups in this status.'),
    'share-group-type': text('group-type', 'Only groups of this type.'),
    snapshot: text('group-snapshot', 'Only groups made from this group snapshot.'),
    host: text('host', 'Only groups on this pool.'),
    'share-network': text('id', 'Only groups in this share network.'),
    'share-server': text('id', 'Only groups on this share server.'),
    project: text('project', 'Only groups of this project; implies --all-projects (administrators).'),
    long: flag('Show more columns.'),
    sort: text('key[:direction]', 'Sort on the server, for example name:asc.'),
    limit: whole('number', 'Show at most this many.'),
    marker: text('group-id', 'Go on behind this group.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    const { project } = options
    const all = options['all-projects'] || project !== undefined
    const query = {
      all_tenants: presence(all),
      name: options.name,
      description: options.description,
      'name~': options['name~'],
      'description~': options['description~'],
      status: options.status,
      share_group_type_id: await idOf(client, options['share-group-type'], findShareGroupType),
      source_share_group_snapshot_id: await idOf(client, options.snapshot, findShareGroupSnapshot),
      host: options.host,
      share_network_id: options['share-network'],
      share_server_id: options['share-server'],
      // Groups may be left of a project that is deleted.
      project_id:
        project === undefined ? undefined : await projectIdOf(client, session, project, { mayBeGone: true }),
      marker: options.marker,
      ...sortQuery(options.sort),
    }
    const groups = await listed(client, listShareGroupsDetail, 'share_groups', query, options.limit)
    const more = {
      'Share Group Type ID': (one: ShareGroup) => one.share_group_type_id,
      'Share Types': (one: ShareGroup) => one.share_types,
      'Availability Zone': (one: ShareGroup) => one.availability_zone,
      Host: (one: ShareGroup) => one.host,
      'Source Share Group Snapshot ID': (one: ShareGroup) => one.source_share_group_snapshot_id,
      'Created At': (one: ShareGroup) => one.created_at,
    }
    return listOf(groups, {
      ID: (one: ShareGroup) => one.id,
      Name: (one: ShareGroup) => one.name,
      Status: (one: ShareGroup) => one.status,
      Description: (one: ShareGroup) => one.description,
      ...(all ? { 'Project ID': (one: ShareGroup) => one.project_id } : {}),
      ...(options.long ? more : {}),
    })
  },
})

const show = command({
  words: 'group show',
  summary: 'Show a share group.',
  gives: 'show',
  args: { group: arg('Name or id of the share group.') },
  run: async ({ args, connect }) => showOf(fieldsOf(await findShareGroup(await connect(), args.group))),
})

export const groupCommands = [create, list, show, ...changingCommands(kind)]
