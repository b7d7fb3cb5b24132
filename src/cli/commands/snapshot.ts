/** `snapshot create|list|show|set|unset|delete|adopt|abandon`. */
import type { Client } from '../../sdk/client.ts'
import { statusOrGone } from '../../sdk/watch.ts'
import {
  createSnapshot,
  deleteSnapshot,
  forceDeleteSnapshot,
  listSnapshotExportLocations,
  listSnapshotsDetail,
  manageSnapshot,
  resetSnapshotStatus,
  showSnapshot,
  snapshotMetadata,
  unmanageSnapshot,
  updateSnapshot,
} from '../../wire/snapshots/schema.ts'
import { arg, args as many, command, flag, oneOf, pairs, text, whole } from '../command.ts'
import {
  dictFilter,
  findShare,
  findSnapshot,
  idOf,
  listed,
  presence,
  sortQuery,
  type Snapshot,
} from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'
import { forEach } from '../resolve.ts'
import type { Session } from '../session.ts'
import { fieldsOf } from '../views.ts'
import { waitUntilDone } from '../wait.ts'
import { UsageError } from '../usage-error.ts'
import { clearingCommand } from './clearing.ts'

const snapshotArg = arg('Name or id of the snapshot.')
const snapshotsArg = many('Names or ids of the snapshots.')

const create = command({
  words: 'snapshot create',
  summary: 'Take a snapshot of a share.',
  gives: 'show',
  args: { share: arg('Name or id of the share.') },
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    property: pairs('Property.'),
    force: flag('Accepted for old scripts; has no effect.'),
    wait: flag('Wait until it can be used.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const { id: shareId } = await findShare(client, args.share)
    const { name, description, property: metadata } = options
    const { snapshot } = await client.call(createSnapshot, {
      body: { snapshot: { share_id: shareId, name, description, metadata } },
    })
    if (options.wait)
      await waitForSnapshot(client, session, snapshot.id, `create snapshot ${name ?? snapshot.id}`)
    return snapshotFields(client, snapshot.id)
  },
})

const list = command({
  words: 'snapshot list',
  summary: 'List snapshots.',
  gives: 'list',
  options: {
    'all-projects': flag('Show the snapshots of every project (administrators).'),
    name: text('name', 'Only snapshots of this name.'),
    description: text('text', 'Only snapshots with this description.'),
    'name~': text('part', 'Only snapshots whose name contains this.'),
    'description~': text('part', 'Only snapshots whose description contains this.'),
    status: text('status', 'Only snapshots in this status.'),
    share: text('share', 'Only snapshots of this share.'),
    usage: oneOf(['used', 'unused', 'any'], 'usage', 'Whether shares were made from it (administrators).'),
    property: pairs('Only snapshots with this property.'),
    detail: flag('Show more columns.'),
    sort: text('key[:direction]', 'Sort on the server, for example size:desc.'),
    limit: whole('number', 'Show at most this many.'),
    marker: text('snapshot-id', 'Go on behind this snapshot.'),
    count: flag('Say on stderr how many there are in all.'),
  },
  async run({ options, session, connect }) {
    const client = await connect()
    // The snapshots of a share that was named are found wherever the caller may look: the server ignores this where he may not.
    const all = options['all-projects'] || options.share !== undefined
    const query = {
      all_tenants: presence(all),
      name: options.name,
      description: options.description,
      'name~': options['name~'],
      'description~': options['description~'],
      status: options.status,
      share_id: await idOf(client, options.share, findShare),
      usage: options.usage,
      metadata: dictFilter(options.property),
      ...sortQuery(options.sort),
    }
    const rows = await listed(
      client,
      listSnapshotsDetail,
      'snapshots',
      { ...query, marker: options.marker },
      options.limit,
    )
    if (options.count) {
      const { count } = await client.call(listSnapshotsDetail, {
        query: { ...query, with_count: 'true', limit: 1 },
      })
      session.note(`${count ?? 'unknown'} in all`)
    }
    const more = {
      Status: (one: Snapshot) => one.status,
      Description: (one: Snapshot) => one.description,
      'Created At': (one: Snapshot) => one.created_at,
      Size: (one: Snapshot) => one.size,
      'Share ID': (one: Snapshot) => one.share_id,
      'Share Proto': (one: Snapshot) => one.share_proto,
      'Share Size': (one: Snapshot) => one.share_size,
      'User ID': (one: Snapshot) => one.user_id,
      Properties: (one: Snapshot) => one.metadata,
    }
    return listOf(rows, {
      ID: (one: Snapshot) => one.id,
      Name: (one: Snapshot) => one.name,
      ...(options['all-projects'] ? { 'Project ID': (one: Snapshot) => one.project_id } : {}),
      ...(options.detail ? more : {}),
    })
  },
})

const show = command({
  words: 'snapshot show',
  summary: 'Show a snapshot.',
  gives: 'show',
  args: { snapshot: snapshotArg },
  async run({ args, connect }) {
    const client = await connect()
    const snapshot = await findSnapshot(client, args.snapshot)
    return snapshotFields(client, snapshot.id, snapshot)
  },
})

const set = command({
  words: 'snapshot set',
  summary: 'Change name, description or properties of a snapshot.',
  gives: 'nothing',
  args: { snapshot: snapshotArg },
  options: {
    name: text('name', 'New name.'),
    description: text('text', 'New description.'),
    property: pairs('Property to add or replace.'),
    status: text('status', 'Write a status by hand (administrators).'),
  },
  async run({ args, options, connect }) {
    const { name, description, property, status } = options
    if ([name, description, property, status].every((value) => value === undefined)) {
      throw new UsageError('Nothing to set: give at least one option.')
    }
    const client = await connect()
    const params = { id: (await findSnapshot(client, args.snapshot)).id }
    if (name !== undefined || description !== undefined) {
      const snapshot = { display_name: name, display_description: description }
      await client.call(updateSnapshot, { params, body: { snapshot } })
    }
    if (property !== undefined) {
      await client.call(snapshotMetadata.merge, { params, body: { metadata: property } })
    }
    if (status !== undefined) await client.act(resetSnapshotStatus, { params, body: { status } })
  },
})

const unset = clearingCommand({
  noun: 'snapshot',
  find: findSnapshot,
  clear: (client, id, snapshot) => client.call(updateSnapshot, { params: { id }, body: { snapshot } }),
  properties: snapshotMetadata,
})

const remove = command({
  words: 'snapshot delete',
  summary: 'Delete snapshots.',
  gives: 'nothing',
  args: { snapshot: snapshotsArg },
  options: {
    force: flag('Delete whatever the status (administrators).'),
    wait: flag('Wait until they are gone.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    await forEach(args.snapshot, 'deleted', async (nameOrId) => {
      const { id } = await findSnapshot(client, nameOrId)
      if (options.force) await client.act(forceDeleteSnapshot, { params: { id }, body: null })
      else await client.call(deleteSnapshot, { params: { id } })
      const until = [null, 'deferred_deleting']
      if (options.wait) await waitForSnapshot(client, session, id, `delete snapshot ${nameOrId}`, until)
    })
  },
})

const adopt = command({
  words: 'snapshot adopt',
  summary: 'Take over a snapshot that exists on a backend (administrators).',
  gives: 'show',
  args: {
    share: arg('Name or id of the share it belongs to.'),
    'provider-location': arg('What the backend calls it.'),
  },
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    'driver-option': pairs('Option for the driver.'),
    wait: flag('Wait until it can be used.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const { id: shareId } = await findShare(client, args.share)
    const { snapshot } = await client.call(manageSnapshot, {
      body: {
        snapshot: {
          share_id: shareId,
          provider_location: args['provider-location'],
          name: options.name,
          description: options.description,
          driver_options: options['driver-option'],
        },
      },
    })
    const what = `adopt snapshot ${args['provider-location']}`
    if (options.wait) await waitForSnapshot(client, session, snapshot.id, what)
    return snapshotFields(client, snapshot.id)
  },
})

const abandon = command({
  words: 'snapshot abandon',
  summary: 'Let go of snapshots without touching their data (administrators).',
  gives: 'nothing',
  args: { snapshot: snapshotsArg },
  options: { wait: flag('Wait until they are gone from here.') },
  async run({ args, options, session, connect }) {
    const client = await connect()
    await forEach(args.snapshot, 'abandoned', async (nameOrId) => {
      const { id } = await findSnapshot(client, nameOrId)
      await client.act(unmanageSnapshot, { params: { id }, body: null })
      if (options.wait) await waitForSnapshot(client, session, id, `abandon snapshot ${nameOrId}`, [null])
    })
  },
})

/** With the places it is exported at, where it is mountable. */
async function snapshotFields(client: Client, id: string, known?: Snapshot): Promise<Show> {
  const snapshot = known ?? (await client.call(showSnapshot, { params: { id } })).snapshot
  if (client.minor < 32) return showOf(fieldsOf(snapshot))
  const { share_snapshot_export_locations: locations } = await client.call(listSnapshotExportLocations, {
    params: { id },
  })
  return showOf({ ...fieldsOf(snapshot), export_locations: locations.map((location) => fieldsOf(location)) })
}

async function waitForSnapshot(
  client: Client,
  session: Session,
  id: string,
  what: string,
  until: readonly (string | null)[] = ['available'],
): Promise<void> {
  const status = () =>
    statusOrGone(async () => (await client.call(showSnapshot, { params: { id } })).snapshot.status)
  await waitUntilDone(client, session, { resourceId: id, what, status, until })
}

export const snapshotCommands = [create, list, show, set, unset, remove, adopt, abandon]
