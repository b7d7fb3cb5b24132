/** `share create` and `share adopt`: shares that come into being. */
import type { Client } from '../../sdk/client.ts'
import type { BodyOf, ReplyOf } from '../../wire/endpoint.ts'
import { tryPlacement } from '../../wire/placements/schema.ts'
import { createShare, manageShare, manageShareLegacy } from '../../wire/shares/schema.ts'
import { arg, choiceArg, command, flag, optionalArg, pairs, text, whole, yesNo } from '../command.ts'
import { CommandFailure } from '../exit-codes.ts'
import { findShareGroup, findSnapshot, idOf } from '../lookup.ts'
import { showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'
import type { Session } from '../session.ts'
import { shareFields, waitForShare } from './share-parts.ts'
import { UsageError } from '../usage-error.ts'

const protocols = ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS', 'LUSTRE'] as const

export const shareCreate = command({
  words: 'share create',
  summary: 'Create a share, empty or from a snapshot.',
  gives: 'show',
  args: {
    protocol: choiceArg(protocols, 'Protocol.'),
    size: optionalArg('Size in GiB; may be left out with --snapshot-id.'),
  },
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    'snapshot-id': text('snapshot', 'Begin with the content of this snapshot.'),
    property: pairs('Property.'),
    'share-network': text('id', 'Share network.'),
    'share-type': text('type', "Share type; the service's default otherwise."),
    'availability-zone': text('zone', 'Availability zone.'),
    'share-group': text('share-group', 'Share group to put it into.'),
    public: yesNo('Whether every project sees it.'),
    'scheduler-hint': pairs('same_host, different_host, only_host or query.'),
    'mount-point-name': text('name', 'Last part of the export path.'),
    'encryption-key-ref': text('id', 'Key to encrypt it with.'),
    wait: flag('Wait until it can be used.'),
    'dry-run': flag(
      'Create nothing: show whether it could be, where it fits and why not, and its price in quota.',
    ),
    'for-project': text('id', 'With --dry-run: the quota of this project (administrators).'),
  },
  async run({ args, options, session, connect }) {
    const size = sizeOf(args.size)
    const { 'snapshot-id': snapshot } = options
    if (options['for-project'] !== undefined && !options['dry-run'])
      throw new UsageError('--for-project goes with --dry-run.')
    if (options['dry-run'] && options.wait) throw new UsageError('--dry-run creates nothing to --wait for.')
    if (size === null && snapshot === undefined) throw new UsageError('<size> must be given, in GiB.')
    const client = await connect()
    const wanted = {
      share_proto: args.protocol,
      size,
      name: options.name,
      description: options.description,
      snapshot_id: await idOf(client, snapshot, findSnapshot),
      metadata: options.property,
      share_network_id: options['share-network'],
      share_type: options['share-type'],
      availability_zone: options['availability-zone'],
      share_group_id: await idOf(client, options['share-group'], findShareGroup),
      is_public: options.public,
      scheduler_hints: options['scheduler-hint'],
      mount_point_name: options['mount-point-name'],
      encryption_key_ref: options['encryption-key-ref'],
    }
    if (options['dry-run']) return tried(client, { ...wanted, project_id: options['for-project'] })
    const { share } = await client.call(createShare, { body: { share: wanted } })
    return finished(client, session, share.id, `create share ${options.name ?? share.id}`, options.wait)
  },
})

export const shareAdopt = command({
  words: 'share adopt',
  summary: 'Take over a share that exists on a backend (administrators).',
  gives: 'show',
  args: {
    'service-host': arg('Pool: host@backend#pool.'),
    protocol: choiceArg(protocols, 'Protocol.'),
    'export-path': arg('Where the backend exports it.'),
  },
  options: {
    name: text('name', 'Name.'),
    description: text('text', 'Description.'),
    'share-type': text('type', 'Share type.'),
    'driver-options': pairs('Option for the driver.'),
    public: yesNo('Whether every project sees it.'),
    'share-server-id': text('id', 'Share server it is on.'),
    'mount-point-name': text('name', 'Last part of the export path.'),
    wait: flag('Wait until it can be used.'),
  },
  async run({ args, options, session, connect }) {
    const client = await connect()
    const { share } = await client.call(client.pick(manageShare, manageShareLegacy as typeof manageShare), {
      body: {
        share: {
          service_host: args['service-host'],
          protocol: args.protocol,
          export_path: args['export-path'],
          name: options.name,
          description: options.description,
          share_type: options['share-type'],
          driver_options: options['driver-options'],
          is_public: options.public,
          share_server_id: options['share-server-id'],
          mount_point_name: options['mount-point-name'],
        },
      },
    })
    return finished(client, session, share.id, `adopt ${args['export-path']}`, options.wait)
  },
})

const sizeOf = (size: string | undefined): number | null =>
  size === undefined ? null : (whole('<size>', '', 1).read([size]) ?? null)

type Price = ReplyOf<typeof tryPlacement>['placement']['quota'][number]

/** `per_share_gigabytes` is a ceiling: nothing of it is in use. */
function priceText({ resource, scope, in_use, charge, limit, fits }: Price): string {
  const before = resource === 'per_share_gigabytes' ? '' : `${in_use} + `
  const most = limit < 0 ? 'unlimited' : String(limit)
  return `${resource} of ${scope}: ${before}${charge} of ${most}${fits ? '' : ', too much'}`
}

async function tried(client: Client, placement: BodyOf<typeof tryPlacement>['placement']): Promise<Show> {
  if (!(await client.has('placements')))
    throw new CommandFailure('This server has no dry runs: create the share and see.')
  const { placement: told } = await client.call(tryPlacement, { body: { placement } })
  return showOf({
    fits: told.fits,
    share_type: told.share_type?.name ?? null,
    problems: told.problems.map(({ field, message }) => (field === null ? message : `${field}: ${message}`)),
    quota: told.quota.map(priceText),
    pools_that_fit: told.pools_that_fit,
    message: told.message,
    refused: told.refused.map(({ count, filter, why }) => `${count} by ${filter}: ${why}`),
    ...(told.pools === undefined
      ? {}
      : {
          pools: told.pools.map(({ pool, fits, filter, why, weight }) =>
            fits ? `${pool}: fits, weight ${weight}` : `${pool}: ${filter}: ${why}`,
          ),
        }),
  })
}

async function finished(client: Client, session: Session, id: string, what: string, wait: boolean) {
  if (wait) await waitForShare(client, session, id, what)
  return shareFields(client, id)
}
