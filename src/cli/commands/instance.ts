/** `instance …`: share instances, for administrators. */
import type { Client } from '../../sdk/client.ts'
import { statusOrGone } from '../../sdk/watch.ts'
import type { ReplyOf } from '../../wire/endpoint.ts'
import {
  listInstanceExportLocations,
  showInstanceExportLocation,
} from '../../wire/export-locations/schema.ts'
import {
  forceDeleteShareInstance,
  forceDeleteShareInstanceLegacy,
  listInstancesOfShare,
  listShareInstances,
  resetShareInstanceStatus,
  resetShareInstanceStatusLegacy,
  showShareInstance,
} from '../../wire/share-instances/schema.ts'
import { arg, args as many, command, flag, text } from '../command.ts'
import { findShare, listed } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { forEach } from '../resolve.ts'
import { fieldsOf } from '../views.ts'
import { waitUntilDone } from '../wait.ts'

type Instance = ReplyOf<typeof showShareInstance>['share_instance']
const instanceArg = arg('Id of the share instance.')

const list = command({
  words: 'instance list',
  summary: 'List share instances (administrators).',
  gives: 'list',
  options: {
    share: text('share', 'Only instances of this share.'),
    'export-location': text('id-or-path', 'Only the instance with this export location.'),
  },
  async run({ options, connect }) {
    const client = await connect()
    return listOf(await instances(client, options.share, options['export-location']), {
      ID: (one) => one.id,
      'Share ID': (one) => one.share_id,
      Host: (one) => one.host,
      Status: (one) => one.status,
      'Availability Zone': (one) => one.availability_zone,
      'Share Network ID': (one) => one.share_network_id,
      'Share Server ID': (one) => one.share_server_id,
      'Share Type ID': (one) => one.share_type_id,
    })
  },
})

async function instances(
  client: Client,
  share: string | undefined,
  location: string | undefined,
): Promise<readonly Instance[]> {
  if (share !== undefined) {
    const { id } = await findShare(client, share)
    return (await client.call(listInstancesOfShare, { params: { id } })).share_instances
  }
  const byPath = location !== undefined && !/^[0-9a-f-]{36}$/i.test(location)
  return listed(client, listShareInstances, 'share_instances', {
    export_location_id: byPath ? undefined : location,
    export_location_path: byPath ? location : undefined,
  })
}

const show = command({
  words: 'instance show',
  summary: 'Show a share instance (administrators).',
  gives: 'show',
  args: { instance: instanceArg },
  async run({ args, connect }) {
    const client = await connect()
    const params = { id: args.instance }
    const { share_instance: instance } = await client.call(showShareInstance, { params })
    if (client.minor < 9) return showOf(fieldsOf(instance))
    const { export_locations: locations } = await client.call(listInstanceExportLocations, { params })
    return showOf({ ...fieldsOf(instance), export_locations: locations.map((one) => fieldsOf(one)) })
  },
})

const set = command({
  words: 'instance set',
  summary: 'Write the status of a share instance by hand (administrators).',
  gives: 'nothing',
  args: { instance: instanceArg },
  options: { status: text('status', 'New status; available when absent.') },
  async run({ args, options, connect }) {
    const client = await connect()
    const endpoint = client.pick(resetShareInstanceStatus, resetShareInstanceStatusLegacy)
    const body = { status: options.status ?? 'available' }
    await client.call(endpoint, { params: { id: args.instance }, body })
  },
})

const remove = command({
  words: 'instance delete',
  summary: 'Delete share instances whatever their status (administrators).',
  gives: 'nothing',
  args: { instance: many('Ids of the share instances.') },
  options: { wait: flag('Wait until they are gone.') },
  async run({ args, options, session, connect }) {
    const client = await connect()
    await forEach(args.instance, 'deleted', async (id) => {
      const endpoint = client.pick(forceDeleteShareInstance, forceDeleteShareInstanceLegacy)
      await client.call(endpoint, { params: { id }, body: null })
      if (!options.wait) return
      const status = () =>
        statusOrGone(
          async () => (await client.call(showShareInstance, { params: { id } })).share_instance.status,
        )
      const what = `delete instance ${id}`
      await waitUntilDone(client, session, {
        resourceId: id,
        what,
        status,
        until: [null],
        hasOperation: false,
      })
    })
  },
})

const locationList = command({
  words: 'instance export-location list',
  summary: 'List where a share instance is exported (administrators).',
  gives: 'list',
  args: { instance: instanceArg },
  async run({ args, connect }) {
    const { export_locations: rows } = await (
      await connect()
    ).call(listInstanceExportLocations, {
      params: { id: args.instance },
    })
    return listOf(rows, {
      ID: (one) => one.id,
      Path: (one) => one.path,
      'Is Admin only': (one) => one.is_admin_only,
      Preferred: (one) => one.preferred,
    })
  },
})

const locationShow = command({
  words: 'instance export-location show',
  summary: 'Show an export location of a share instance (administrators).',
  gives: 'show',
  args: { instance: instanceArg, 'export-location': arg('Id of the export location.') },
  async run({ args, connect }) {
    const params = { id: args.instance, location_id: args['export-location'] }
    const { export_location: one } = await (await connect()).call(showInstanceExportLocation, { params })
    return showOf(fieldsOf(one))
  },
})

export const instanceCommands = [list, show, set, remove, locationList, locationShow]
