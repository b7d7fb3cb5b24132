/** `snapshot access …`, `snapshot export-location …` and `snapshot instance …`. */
import type { ReplyOf } from '../../wire/endpoint.ts'
import {
  listSnapshotInstanceExportLocations,
  listSnapshotInstances,
  listSnapshotInstancesDetail,
  resetSnapshotInstanceStatus,
  showSnapshotInstance,
  showSnapshotInstanceExportLocation,
} from '../../wire/snapshot-instances/schema.ts'
import {
  allowSnapshotAccess,
  denySnapshotAccess,
  listSnapshotAccess,
  listSnapshotExportLocations,
  showSnapshotExportLocation,
} from '../../wire/snapshots/schema.ts'
import { arg, args as many, choiceArg, command, flag, text } from '../command.ts'
import { findSnapshot } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { forEach } from '../resolve.ts'
import { fieldsOf } from '../views.ts'

const snapshotArg = arg('Name or id of the snapshot.')
const instanceArg = arg('Id of the snapshot instance.')
const locationArg = arg('Id of the export location.')

const accessCreate = command({
  words: 'snapshot access create',
  also: ['snapshot access allow'],
  summary: 'Let a client read a snapshot.',
  gives: 'show',
  args: {
    snapshot: snapshotArg,
    type: choiceArg(['ip', 'user', 'cert', 'cephx'], 'Kind of rule.'),
    to: arg('Address or network, user, common name or Ceph id.'),
  },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    const reply = (await client.act(allowSnapshotAccess, {
      params: { id },
      body: { access_type: args.type, access_to: args.to },
    })) as { snapshot_access: Record<string, unknown> }
    return showOf(fieldsOf(reply.snapshot_access))
  },
})

const accessDelete = command({
  words: 'snapshot access delete',
  also: ['snapshot access deny'],
  summary: 'Take access rules of a snapshot away.',
  gives: 'nothing',
  args: { snapshot: snapshotArg, rule: many('Ids of the rules.') },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    await forEach(args.rule, 'deleted', (rule) =>
      client.act(denySnapshotAccess, { params: { id }, body: { access_id: rule } }),
    )
  },
})

const accessList = command({
  words: 'snapshot access list',
  summary: 'List the access rules of a snapshot.',
  gives: 'list',
  args: { snapshot: snapshotArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    const { snapshot_access_list: rules } = await client.call(listSnapshotAccess, { params: { id } })
    return listOf(rules, {
      ID: (rule) => rule.id,
      'Access Type': (rule) => rule.access_type,
      'Access To': (rule) => rule.access_to,
      State: (rule) => rule.state,
    })
  },
})

type Location = ReplyOf<typeof listSnapshotExportLocations>['share_snapshot_export_locations'][number]
const locationColumns = { ID: (one: Location) => one.id, Path: (one: Location) => one.path }

const locationList = command({
  words: 'snapshot export-location list',
  summary: 'List where a snapshot is exported.',
  gives: 'list',
  args: { snapshot: snapshotArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    const reply = await client.call(listSnapshotExportLocations, { params: { id } })
    return listOf(reply.share_snapshot_export_locations, locationColumns)
  },
})

const locationShow = command({
  words: 'snapshot export-location show',
  summary: 'Show an export location of a snapshot.',
  gives: 'show',
  args: { snapshot: snapshotArg, 'export-location': locationArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findSnapshot(client, args.snapshot)
    const params = { id, location_id: args['export-location'] }
    const reply = await client.call(showSnapshotExportLocation, { params })
    return showOf(fieldsOf(reply.share_snapshot_export_location))
  },
})

const instanceList = command({
  words: 'snapshot instance list',
  summary: 'List snapshot instances (administrators).',
  gives: 'list',
  options: {
    snapshot: text('snapshot', 'Only instances of this snapshot.'),
    detailed: flag('Show more columns.'),
  },
  async run({ options, connect }) {
    const client = await connect()
    const id = options.snapshot === undefined ? undefined : (await findSnapshot(client, options.snapshot)).id
    const query = { snapshot_id: id }
    if (!options.detailed) {
      const { snapshot_instances: rows } = await client.call(listSnapshotInstances, { query })
      return listOf(rows, {
        ID: (one) => one.id,
        'Snapshot ID': (one) => one.snapshot_id,
        Status: (one) => one.status,
      })
    }
    const { snapshot_instances: rows } = await client.call(listSnapshotInstancesDetail, { query })
    return listOf(rows, {
      ID: (one) => one.id,
      'Snapshot ID': (one) => one.snapshot_id,
      Status: (one) => one.status,
      'Created At': (one) => one.created_at,
      'Updated At': (one) => one.updated_at,
      'Share ID': (one) => one.share_id,
      'Share Instance ID': (one) => one.share_instance_id,
      Progress: (one) => one.progress,
      'Provider Location': (one) => one.provider_location,
    })
  },
})

const instanceShow = command({
  words: 'snapshot instance show',
  summary: 'Show a snapshot instance (administrators).',
  gives: 'show',
  args: { instance: instanceArg },
  async run({ args, connect }) {
    const { snapshot_instance: one } = await (
      await connect()
    ).call(showSnapshotInstance, {
      params: { id: args.instance },
    })
    return showOf(fieldsOf(one))
  },
})

const instanceSet = command({
  words: 'snapshot instance set',
  summary: 'Write the status of a snapshot instance by hand (administrators).',
  gives: 'nothing',
  args: { instance: instanceArg, status: arg('New status, for example available or error.') },
  async run({ args, connect }) {
    const client = await connect()
    await client.call(resetSnapshotInstanceStatus, {
      params: { id: args.instance },
      body: { status: args.status },
    })
  },
})

const instanceLocationList = command({
  words: 'snapshot instance export-location list',
  summary: 'List where a snapshot instance is exported (administrators).',
  gives: 'list',
  args: { instance: instanceArg },
  async run({ args, connect }) {
    const reply = await (
      await connect()
    ).call(listSnapshotInstanceExportLocations, { params: { id: args.instance } })
    return listOf(reply.share_snapshot_export_locations, locationColumns)
  },
})

const instanceLocationShow = command({
  words: 'snapshot instance export-location show',
  summary: 'Show an export location of a snapshot instance (administrators).',
  gives: 'show',
  args: { instance: instanceArg, 'export-location': locationArg },
  async run({ args, connect }) {
    const params = { id: args.instance, location_id: args['export-location'] }
    const reply = await (await connect()).call(showSnapshotInstanceExportLocation, { params })
    return showOf(fieldsOf(reply.share_snapshot_export_location))
  },
})

export const snapshotAccessCommands = [
  accessCreate,
  accessDelete,
  accessList,
  locationList,
  locationShow,
  instanceList,
  instanceShow,
  instanceSet,
  instanceLocationList,
  instanceLocationShow,
]
