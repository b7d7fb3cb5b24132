/** `type …`: share types, what they promise, and who may use them. */
import {
  addShareTypeAccess,
  createExtraSpecs,
  createShareType,
  deleteExtraSpec,
  deleteShareType,
  listShareTypeAccess,
  listShareTypes,
  removeShareTypeAccess,
  updateShareType,
} from '../../wire/share-types/schema.ts'
import { arg, args as many, command, flag, pairs, text, yesNo, yesNoArg } from '../command.ts'
import { projectIdOf } from '../identities.ts'
import { dictFilter, findShareType, type ShareType } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'
import { forEach } from '../resolve.ts'
import { UsageError } from '../usage-error.ts'

const typeArg = arg('Name or id of the share type.')

const isPublic = (type: ShareType): boolean =>
  (type['share_type_access:is_public'] ?? type['os-share-type-access:is_public']) !== false

const optionalSpecs = (type: ShareType): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(type.extra_specs).filter(([key]) => !Object.hasOwn(type.required_extra_specs, key)),
  )

const typeFields = (type: ShareType): Show =>
  showOf({
    id: type.id,
    name: type.name,
    visibility: isPublic(type) ? 'public' : 'private',
    is_default: type.is_default,
    required_extra_specs: type.required_extra_specs,
    optional_extra_specs: optionalSpecs(type),
    description: type.description,
  })

/** The field has another name before 2.7. */
const visibility = (value: boolean | undefined, minor: number): Record<string, boolean> =>
  value === undefined
    ? {}
    : { [minor < 7 ? 'os-share-type-access:is_public' : 'share_type_access:is_public']: value }

const create = command({
  words: 'type create',
  summary: 'Make a share type (administrators).',
  gives: 'show',
  args: {
    name: arg('Name.'),
    'spec-driver-handles-share-servers': yesNoArg('Whether the driver makes share servers.'),
  },
  options: {
    description: text('text', 'Description.'),
    'snapshot-support': yesNo('Whether its shares have snapshots.'),
    'create-share-from-snapshot-support': yesNo('Whether shares can be made from snapshots.'),
    'revert-to-snapshot-support': yesNo('Whether shares can go back to their newest snapshot.'),
    'mount-snapshot-support': yesNo('Whether snapshots can be mounted.'),
    'extra-specs': pairs('Further extra spec.'),
    public: yesNo('Whether every project may use it; default true.'),
  },
  async run({ args, options, connect }) {
    const client = await connect()
    const supports = Object.fromEntries(
      (
        [
          'snapshot-support',
          'create-share-from-snapshot-support',
          'revert-to-snapshot-support',
          'mount-snapshot-support',
        ] as const
      ).flatMap((name) =>
        options[name] === undefined ? [] : [[name.replaceAll('-', '_'), spec(options[name])]],
      ),
    )
    const { share_type: type } = await client.call(createShareType, {
      body: {
        share_type: {
          name: args.name,
          description: options.description,
          extra_specs: {
            driver_handles_share_servers: spec(args['spec-driver-handles-share-servers']),
            ...supports,
            ...options['extra-specs'],
          },
          ...visibility(options.public ?? true, client.minor),
        },
      },
    })
    return typeFields(type)
  },
})

/** Extra specs are text: `True` and `False`. */
const spec = (value: boolean): string => (value ? 'True' : 'False')

const list = command({
  words: 'type list',
  summary: 'List share types.',
  gives: 'list',
  options: {
    all: flag('Private ones as well (administrators).'),
    'extra-specs': pairs('Only types with this extra spec.'),
  },
  async run({ options, connect }) {
    const { share_types: types } = await (
      await connect()
    ).call(listShareTypes, {
      query: { is_public: options.all ? 'all' : undefined, extra_specs: dictFilter(options['extra-specs']) },
    })
    return listOf(types, {
      ID: (type) => type.id,
      Name: (type) => type.name,
      Visibility: (type) => (isPublic(type) ? 'public' : 'private'),
      'Is Default': (type) => type.is_default,
      'Required Extra Specs': (type) => type.required_extra_specs,
      'Optional Extra Specs': optionalSpecs,
      Description: (type) => type.description,
    })
  },
})

const show = command({
  words: 'type show',
  summary: 'Show a share type.',
  gives: 'show',
  args: { type: typeArg },
  run: async ({ args, connect }) => typeFields(await findShareType(await connect(), args.type)),
})

const set = command({
  words: 'type set',
  summary: 'Change a share type (administrators).',
  gives: 'nothing',
  args: { type: typeArg },
  options: {
    name: text('name', 'New name.'),
    description: text('text', 'New description.'),
    public: yesNo('Whether every project may use it.'),
    'extra-specs': pairs('Extra spec to add or replace.'),
  },
  async run({ args, options, connect }) {
    const { name, description, public: open, 'extra-specs': specs } = options
    const changed = [name, description, open].some((value) => value !== undefined)
    if (!changed && specs === undefined) throw new UsageError('Nothing to set: give at least one option.')
    const client = await connect()
    const { id } = await findShareType(client, args.type)
    if (changed) {
      const share_type = { name, description, ...visibility(open, client.minor) }
      await client.call(updateShareType, { params: { id }, body: { share_type } })
    }
    if (specs !== undefined) {
      await client.call(createExtraSpecs, { params: { type_id: id }, body: { extra_specs: specs } })
    }
  },
})

const unset = command({
  words: 'type unset',
  summary: 'Remove extra specs from a share type (administrators).',
  gives: 'nothing',
  args: { type: typeArg, key: many('Keys of the extra specs.') },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShareType(client, args.type)
    await forEach(args.key, 'removed', (key) =>
      client.call(deleteExtraSpec, { params: { type_id: id, key } }),
    )
  },
})

const remove = command({
  words: 'type delete',
  summary: 'Delete share types that nothing uses (administrators).',
  gives: 'nothing',
  args: { type: many('Names or ids of the share types.') },
  async run({ args, connect }) {
    const client = await connect()
    await forEach(args.type, 'deleted', async (nameOrId) =>
      client.call(deleteShareType, { params: { id: (await findShareType(client, nameOrId)).id } }),
    )
  },
})

const projectArg = arg('Name or id of the project.')

const accessCreate = command({
  words: 'type access create',
  summary: 'Let a project use a private share type (administrators).',
  gives: 'nothing',
  args: { type: typeArg, project: projectArg },
  async run({ args, session, connect }) {
    const client = await connect()
    const { id } = await findShareType(client, args.type)
    const project = await projectIdOf(client, session, args.project)
    await client.call(addShareTypeAccess, { params: { id }, body: { project } })
  },
})

const accessDelete = command({
  words: 'type access delete',
  summary: 'Take a private share type from a project (administrators).',
  gives: 'nothing',
  args: { type: typeArg, project: projectArg },
  async run({ args, session, connect }) {
    const client = await connect()
    const { id } = await findShareType(client, args.type)
    const project = await projectIdOf(client, session, args.project, { mayBeGone: true })
    await client.call(removeShareTypeAccess, { params: { id }, body: { project } })
  },
})

const accessList = command({
  words: 'type access list',
  summary: 'List the projects that may use a private share type (administrators).',
  gives: 'list',
  args: { type: typeArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShareType(client, args.type)
    const { share_type_access: rows } = await client.call(listShareTypeAccess, { params: { id } })
    return listOf(rows, { 'Project ID': (row) => row.project_id })
  },
})

export const typeCommands = [create, list, show, set, unset, remove, accessCreate, accessDelete, accessList]
