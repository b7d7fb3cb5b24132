/** `group type …`: share group types, their group specs, and who may use them. */
import {
  addShareGroupTypeAccess,
  createGroupSpecs,
  createShareGroupType,
  deleteGroupSpec,
  deleteShareGroupType,
  listShareGroupTypeAccess,
  listShareGroupTypes,
  removeShareGroupTypeAccess,
} from '../../wire/share-group-types/schema.ts'
import { arg, args as many, command, flag, pairs, yesNo } from '../command.ts'
import { projectIdOf } from '../identities.ts'
import { dictFilter, findShareGroupType, findShareType, type ShareGroupType } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import type { Show } from '../output/shape.ts'
import { forEach } from '../resolve.ts'
import { UsageError } from '../usage-error.ts'

const typeArg = arg('Name or id of the share group type.')

const visibilityOf = ({ is_public: open }: ShareGroupType): string => (open ? 'public' : 'private')

const typeFields = (type: ShareGroupType): Show =>
  showOf({
    id: type.id,
    name: type.name,
    share_types: type.share_types,
    visibility: visibilityOf(type),
    is_default: type.is_default,
    group_specs: type.group_specs,
  })

const create = command({
  words: 'group type create',
  summary: 'Make a share group type (administrators).',
  gives: 'show',
  args: {
    name: arg('Name.'),
    'share-types': many('Names or ids of the share types that its groups may have.'),
  },
  options: {
    'group-specs': pairs('Group spec.'),
    public: yesNo('Whether every project may use it; default true.'),
  },
  async run({ args, options, connect }) {
    const client = await connect()
    const ids: string[] = []
    for (const type of args['share-types']) ids.push((await findShareType(client, type)).id)
    const { share_group_type: type } = await client.call(createShareGroupType, {
      body: {
        share_group_type: {
          name: args.name,
          share_types: ids,
          group_specs: options['group-specs'] ?? {},
          is_public: options.public ?? true,
        },
      },
    })
    return typeFields(type)
  },
})

const list = command({
  words: 'group type list',
  summary: 'List share group types.',
  gives: 'list',
  options: {
    all: flag('Private ones as well (administrators).'),
    'group-specs': pairs('Only types with this group spec.'),
  },
  async run({ options, connect }) {
    const query = {
      is_public: options.all ? 'all' : undefined,
      group_specs: dictFilter(options['group-specs']),
    }
    const { share_group_types: types } = await (await connect()).call(listShareGroupTypes, { query })
    return listOf(types, {
      ID: (type) => type.id,
      Name: (type) => type.name,
      'Share Types': (type) => type.share_types,
      Visibility: visibilityOf,
      'Is Default': (type) => type.is_default,
      'Group Specs': (type) => type.group_specs,
    })
  },
})

const show = command({
  words: 'group type show',
  summary: 'Show a share group type.',
  gives: 'show',
  args: { 'group-type': typeArg },
  run: async ({ args, connect }) => typeFields(await findShareGroupType(await connect(), args['group-type'])),
})

const set = command({
  words: 'group type set',
  summary: 'Add or replace group specs of a share group type (administrators).',
  gives: 'nothing',
  args: { 'group-type': typeArg },
  options: { 'group-specs': pairs('Group spec to add or replace.') },
  async run({ args, options: { 'group-specs': specs }, connect }) {
    if (specs === undefined) throw new UsageError('Nothing to set: give at least one option.')
    const client = await connect()
    const params = { type_id: (await findShareGroupType(client, args['group-type'])).id }
    await client.call(createGroupSpecs, { params, body: { group_specs: specs } })
  },
})

const unset = command({
  words: 'group type unset',
  summary: 'Remove group specs from a share group type (administrators).',
  gives: 'nothing',
  args: { 'group-type': typeArg, key: many('Keys of the group specs.') },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShareGroupType(client, args['group-type'])
    await forEach(args.key, 'removed', (key) =>
      client.call(deleteGroupSpec, { params: { type_id: id, key } }),
    )
  },
})

const remove = command({
  words: 'group type delete',
  summary: 'Delete share group types that no group is of (administrators).',
  gives: 'nothing',
  args: { 'group-type': many('Names or ids of the share group types.') },
  async run({ args, connect }) {
    const client = await connect()
    await forEach(args['group-type'], 'deleted', async (nameOrId) => {
      const { id } = await findShareGroupType(client, nameOrId)
      await client.call(deleteShareGroupType, { params: { id } })
    })
  },
})

const projectArg = arg('Name or id of the project.')

const accessCreate = command({
  words: 'group type access create',
  summary: 'Let a project use a private share group type (administrators).',
  gives: 'nothing',
  args: { 'group-type': typeArg, project: projectArg },
  async run({ args, session, connect }) {
    const client = await connect()
    const { id } = await findShareGroupType(client, args['group-type'])
    const project = await projectIdOf(client, session, args.project)
    await client.call(addShareGroupTypeAccess, { params: { id }, body: { project } })
  },
})

const accessDelete = command({
  words: 'group type access delete',
  summary: 'Take a private share group type from a project (administrators).',
  gives: 'nothing',
  args: { 'group-type': typeArg, project: projectArg },
  async run({ args, session, connect }) {
    const client = await connect()
    const { id } = await findShareGroupType(client, args['group-type'])
    const project = await projectIdOf(client, session, args.project, { mayBeGone: true })
    await client.call(removeShareGroupTypeAccess, { params: { id }, body: { project } })
  },
})

const accessList = command({
  words: 'group type access list',
  summary: 'List the projects that may use a private share group type (administrators).',
  gives: 'list',
  args: { 'group-type': typeArg },
  async run({ args, connect }) {
    const client = await connect()
    const { id } = await findShareGroupType(client, args['group-type'])
    const { share_group_type_access: rows } = await client.call(listShareGroupTypeAccess, { params: { id } })
    return listOf(rows, { 'Project ID': (row) => row.project_id })
  },
})

export const groupTypeCommands = [
  create,
  list,
  show,
  set,
  unset,
  remove,
  accessCreate,
  accessDelete,
  accessList,
]
