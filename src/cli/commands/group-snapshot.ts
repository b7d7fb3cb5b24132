/** `group snapshot …`: snapshots of all shares of a group, and their members. */
import type { Client } from '../../sdk/client.ts'
import {
  createShareGroupSnapshot,
  deleteShareGroupSnapshot,
  forceDeleteShareGroupSnapshot,
  listShareGroupSnapshotMembers,
  listShareGroupSnapshotsDetail,
  resetShareGroupSnapshotStatus,
  showShareGroupSnapshot,
  updateShareGroupSnapshot,
} from '../../wire/share-group-snapshots/schema.ts'
import { arg, command, flag, text, whole } from '../command.ts'
import {
  findShareGroup,
  findShareGroupSnapshot,
  idOf,
  listed,
  presence,
  sortQuery,
  type ShareGroupSnapshot,
} from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { fieldsOf } from '../views.ts'
import { changingCommands, waitForGroup, type GroupNoun } from './group-parts.ts'

const snapshotArg = arg('Name or id of the share group snapshot.')

const get = async (client: Client, id: string): Promise<ShareGroupSnapshot> =>
  (await client.call(showShareGroupSnapshot, { params: { id } })).share_group_snapshot

const kind: GroupNoun = {
  words: 'group snapshot',
  noun: 'share group snapshot',
  deletes: ' with all their members',
  find: findShareGroupSnapshot,
  status: async (client, id) => (await get(client, id)).status,
  rename: (client, id, words) =>
    client.call(updateShareGroupSnapshot, { params: { id }, body: { share_group_snapshot: words } }),
  reset: (client, id, status) =>
    client.act(resetShareGroupSnapshotStatus, { params: { id }, body: { status } }),
  remove: (client, id, force) =>
    force
      ? client.act(forceDeleteShareGroupSnapshot, { params: { id }, body: null })
      : client.call(deleteShareGroupSnapshot, { params: { id } }),
}

const create = command({
  words: 'group snapshot create',
  summary: 'Take a snapshot of every share of a group.',
  gives: 'show',
  args: { group: arg('Name or id of the share group.') },
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    wait: flag('Wait until it can be used.'),
  },
  async run({ args, options: { name, description, wait }, session, connect }) {
    const client = await connect()
    const { id: groupId } = await findShareGroup(client, args.group)
    const { share_group_snapshot: snapshot } = await client.call(createShareGroupSnapshot, {
      body: { share_group_snapshot: { share_group_id: groupId, name, description } },
    })
    if (!wait) return showOf(fieldsOf(snapshot))
    await waitForGroup(kind, client, session, snapshot.id, `create group snapshot ${name ?? snapshot.id}`)
    return showOf(fieldsOf(await get(client, snapshot.id)))
  },
})

const list = command({
  words: 'group snapshot list',
  summary: 'List share group snapshots.',
  gives: 'list',
  options: {
    'all-projects': flag('Show the group snapshots of every project (administrators).'),
    name: text('name', 'Only group snapshots of this name.'),
    description: text('text', 'Only group snapshots with this description.'),
    'name~': text('part', 'Only group snapshots whose name contains this.'),
    'description~': text('part', 'Only group snapshots whose description contains this.'),
    status: text('status', 'Only group snapshots in this status.'),
    'share-group': text('group', 'Only snapshots of this share group.'),
    detailed: flag('Show more columns.'),
    sort: text('key[:direction]', 'Sort on the server, for example name:asc.'),
    limit: whole('number', 'Show at most this many.'),
    marker: text('group-snapshot-id', 'Go on behind this group snapshot.'),
  },
  async run({ options, connect }) {
    const client = await connect()
    const { 'all-projects': all, 'share-group': group } = options
    const query = {
      // The snapshots of a group that was named are found wherever the caller may look.
      all_tenants: presence(all || group !== undefined),
      name: options.name,
      description: options.description,
      'name~': options['name~'],
      'description~': options['description~'],
      status: options.status,
      share_group_id: await idOf(client, group, findShareGroup),
      marker: options.marker,
      ...sortQuery(options.sort),
    }
    const endpoint = listShareGroupSnapshotsDetail
    const snapshots = await listed(client, endpoint, 'share_group_snapshots', query, options.limit)
    const more = {
      'Created At': (one: ShareGroupSnapshot) => one.created_at,
      'Share Group ID': (one: ShareGroupSnapshot) => one.share_group_id,
    }
    return listOf(snapshots, {
      ID: (one: ShareGroupSnapshot) => one.id,
      Name: (one: ShareGroupSnapshot) => one.name,
      Status: (one: ShareGroupSnapshot) => one.status,
      Description: (one: ShareGroupSnapshot) => one.description,
      ...(options.detailed ? more : {}),
      ...(all ? { 'Project ID': (one: ShareGroupSnapshot) => one.project_id } : {}),
    })
  },
})

const show = command({
  words: 'group snapshot show',
  summary: 'Show a share group snapshot and its members.',
  gives: 'show',
  args: { 'group-snapshot': snapshotArg },
  run: async ({ args, connect }) =>
    showOf(fieldsOf(await findShareGroupSnapshot(await connect(), args['group-snapshot']))),
})

const members = command({
  words: 'group snapshot members list',
  summary: 'List the members of a share group snapshot: one of each share.',
  gives: 'list',
  args: { 'group-snapshot': snapshotArg },
  async run({ args, connect }) {
    const client = await connect()
    const params = { id: (await findShareGroupSnapshot(client, args['group-snapshot'])).id }
    const endpoint = listShareGroupSnapshotMembers
    const { share_group_snapshot_members: rows } = await client.call(endpoint, { params })
    return listOf(rows, {
      ID: (one) => one.id,
      'Share ID': (one) => one.share_id,
      Size: (one) => one.size,
      'Share Proto': (one) => one.share_protocol,
      'Created At': (one) => one.created_at,
    })
  },
})

export const groupSnapshotCommands = [create, list, show, ...changingCommands(kind), members]
