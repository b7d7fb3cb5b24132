/** `service …`, `pool list`, `availability-zone list`: what runs where. */
import { listZones, listZonesLegacy } from '../../wire/availability-zones/schema.ts'
import { listPools, listPoolsDetail } from '../../wire/pools/schema.ts'
import {
  disableService,
  disableServiceLegacy,
  enableService,
  enableServiceLegacy,
  ensureShares,
  listServices,
  listServicesLegacy,
} from '../../wire/services/schema.ts'
import { arg, command, flag, oneOf, text, yesNo } from '../command.ts'
import { findShareType } from '../lookup.ts'
import { listOf } from '../output/output.ts'
import { UsageError } from '../usage-error.ts'

const list = command({
  words: 'service list',
  summary: 'List services and whether they are up (administrators).',
  gives: 'list',
  options: {
    host: text('host', 'Only services on this host.'),
    binary: text('binary', 'Only services of this program.'),
    status: oneOf(['enabled', 'disabled'], 'status', 'Only services that may or may not be given work.'),
    state: oneOf(['up', 'down'], 'state', 'Only services in this state.'),
    zone: text('zone', 'Only services in this availability zone.'),
    ensuring: yesNo('Only services that are, or are not, looking after their shares.'),
  },
  async run({ options, connect }) {
    const client = await connect()
    const { services } = await client.call(client.pick(listServices, listServicesLegacy), { query: options })
    return listOf(services, {
      ID: (one) => one.id,
      Binary: (one) => one.binary,
      Host: (one) => one.host,
      Zone: (one) => one.zone,
      Status: (one) => one.status,
      State: (one) => one.state,
      'Updated At': (one) => one.updated_at,
      ...(client.minor < 83
        ? {}
        : { 'Disabled Reason': (one: (typeof services)[number]) => one.disabled_reason }),
      ...(client.minor < 86 ? {} : { Ensuring: (one: (typeof services)[number]) => one.ensuring }),
    })
  },
})

const set = command({
  words: 'service set',
  summary: 'Decide whether a service is given new shares (administrators).',
  gives: 'nothing',
  args: {
    host: arg('Host of the service: host@backend.'),
    binary: arg('Program, for example manila-share.'),
  },
  options: {
    enable: flag('Give it new shares.'),
    disable: flag('Give it none; those it has are served as before.'),
    'disable-reason': text('text', 'Why; with --disable.'),
  },
  async run({ args, options, connect }) {
    const { enable, disable, 'disable-reason': reason } = options
    if (enable === disable) throw new UsageError('Give one of --enable and --disable.')
    if (enable && reason !== undefined) throw new UsageError('--disable-reason needs --disable.')
    const client = await connect()
    const endpoint = enable
      ? client.pick(enableService, enableServiceLegacy)
      : client.pick(disableService, disableServiceLegacy)
    const { host, binary } = args
    const disabled_reason = reason === undefined ? {} : { disabled_reason: reason }
    await client.call(endpoint, { body: { host, binary, ...disabled_reason } })
  },
})

const ensure = command({
  words: 'service ensure-shares',
  summary: 'Have a backend look after every share it serves (administrators).',
  gives: 'nothing',
  args: { host: arg('host@backend.') },
  async run({ args, connect }) {
    await (await connect()).call(ensureShares, { body: { ensure_shares: { host: args.host } } })
  },
})

const poolList = command({
  words: 'pool list',
  summary: 'List the pools that shares are placed on (administrators).',
  gives: 'list',
  options: {
    host: text('pattern', 'Only pools whose host matches.'),
    backend: text('pattern', 'Only pools whose backend matches.'),
    pool: text('pattern', 'Only pools whose name matches.'),
    'share-type': text('type', 'Only pools that can hold shares of this type.'),
    detail: flag('Show everything the pools report.'),
  },
  async run({ options, connect }) {
    const client = await connect()
    const { host, backend, pool, 'share-type': type, detail } = options
    const share_type = type === undefined ? undefined : (await findShareType(client, type)).id
    const query = { host, backend, pool, share_type }
    const { pools } = await client.call(detail ? listPoolsDetail : (listPools as typeof listPoolsDetail), {
      query,
    })
    return listOf(pools, {
      Name: (one) => one.name,
      Host: (one) => one.host,
      Backend: (one) => one.backend,
      Pool: (one) => one.pool,
      ...(detail ? { Capabilities: (one: (typeof pools)[number]) => one.capabilities } : {}),
    })
  },
})

const zoneList = command({
  words: 'availability-zone list',
  summary: 'List availability zones.',
  gives: 'list',
  async run({ connect }) {
    const client = await connect()
    const { availability_zones: zones } = await client.call(client.pick(listZones, listZonesLegacy))
    return listOf(zones, {
      Id: (zone) => zone.id,
      Name: (zone) => zone.name,
      'Created At': (zone) => zone.created_at,
      'Updated At': (zone) => zone.updated_at,
    })
  },
})

export const serviceCommands = [list, set, ensure, poolList, zoneList]
