/** `export-location …`: where shares can be mounted from. */
import {
  exportLocationMetadata,
  listExportLocations,
  showExportLocation,
} from '../../wire/export-locations/schema.ts'
import { arg, command, pairs, texts } from '../command.ts'
import { findShare } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { fieldsOf } from '../views.ts'
import { UsageError } from '../usage-error.ts'

const shareArg = arg('Name or id of the share.')
const locationArg = arg('Id of the export location.')

const list = command({
  words: 'export-location list',
  summary: 'List where a share can be mounted from.',
  gives: 'list',
  args: { share: shareArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const { export_locations: rows } = await client.call(listExportLocations, { params: { id } })
    return listOf(rows, {
      ID: (one) => one.id,
      Path: (one) => one.path,
      Preferred: (one) => one.preferred,
      Properties: (one) => one.metadata,
    })
  },
})

const show = command({
  words: 'export-location show',
  summary: 'Show an export location of a share.',
  gives: 'show',
  args: { share: shareArg, 'export-location': locationArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const params = { id, location_id: args['export-location'] }
    const { export_location: location } = await client.call(showExportLocation, { params })
    return showOf(fieldsOf(location))
  },
})

const set = command({
  words: 'export-location set',
  summary: 'Set properties of an export location.',
  gives: 'nothing',
  args: { share: shareArg, 'export-location': locationArg },
  options: { property: pairs('Property to add or replace.') },
  async run({ args, options, connect }) {
    if (options.property === undefined) throw new UsageError('Nothing to set: give --property.')
    const client = await connect()
    const { id } = await findShare(client, args.share)
    const params = { id, location_id: args['export-location'] }
    await client.call(exportLocationMetadata.merge, { params, body: { metadata: options.property } })
  },
})

const unset = command({
  words: 'export-location unset',
  summary: 'Remove properties of an export location.',
  gives: 'nothing',
  args: { share: shareArg, 'export-location': locationArg },
  options: { property: texts('key', 'Property to remove.') },
  async run({ args, options, connect }) {
    if (options.property.length === 0) throw new UsageError('Nothing to unset: give --property.')
    const client = await connect()
    const { id } = await findShare(client, args.share)
    for (const key of options.property) {
      const params = { id, location_id: args['export-location'], key }
      await client.call(exportLocationMetadata.remove, { params })
    }
  },
})

export const exportLocationCommands = [list, show, set, unset]
