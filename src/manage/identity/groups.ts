/** `identity group …`: groups and who is in them. */
import type { GroupRecord } from '../../auth/backends/backend.ts'
import { LongText, PlaceName } from '../../wire/identity-fields.ts'
import { Usage, type Verb } from '../verb.ts'
import {
  checkFields,
  descriptionOption,
  domainOption,
  given,
  limitOf,
  listed,
  listOptions,
  nameOption,
  needChange,
  onAccounts,
  said,
  shownOne,
} from './common.ts'
import { domainOf, groupOf, userOf } from './lookup.ts'

const memberOptions: NonNullable<Verb['options']> = [
  { name: 'group-domain', value: 'D', help: 'domain of the group (default: Default)' },
  { name: 'user-domain', value: 'D', help: 'domain of the user (default: Default)' },
]

/** `group add user GROUP USER` and its opposite. */
const memberVerb = (verb: 'add' | 'remove', summary: string, help: string): Verb => ({
  name: `identity group ${verb} user`,
  operands: ['GROUP', 'USER'],
  summary,
  help,
  options: memberOptions,
  run: (call) =>
    onAccounts(call, async (auth) => {
      const [groupWord = '', userWord = ''] = call.operands
      const group = await groupOf(auth, groupWord, call.options['group-domain'])
      const user = await userOf(auth, userWord, call.options['user-domain'])
      if (verb === 'add') await auth.directory.addMember(group.id, user.id)
      else await auth.directory.removeMember(group.id, user.id)
      const now = verb === 'add' ? 'is in' : 'is no longer in'
      const ids = { group_id: group.id, user_id: user.id }
      return said(`user ${user.name} ${now} group ${group.name}`, ids)
    }),
})

export const groupVerbs: readonly Verb[] = [
  {
    name: 'identity group list',
    summary: 'list groups',
    help: `Prints groups, of the database and of directories, by name; with --user those that the user is in.`,
    options: [
      ...listOptions,
      { name: 'user', value: 'U', help: 'only groups of this user, by name or id' },
      { name: 'user-domain', value: 'D', help: 'domain of that user (default: Default)' },
    ],
    run: (call) => {
      const { domain, name, user } = call.options
      const limit = limitOf(call.options)
      return onAccounts(call, async (auth) => {
        const { users } = auth.directory
        const domainId = domain === undefined ? undefined : (await domainOf(auth, domain)).id
        const ids =
          user === undefined
            ? undefined
            : await users.groupIdsOf((await userOf(auth, user, call.options['user-domain'])).id)
        const query = { ...given('name', name), ...given('domainId', domainId), ...given('ids', ids) }
        const groups = await users.listGroups({ ...query, limit: limit + 1 })
        return listed(groups.map(viewOf), ['id', 'name', 'domain_id', 'description'], limit)
      })
    },
  },
  {
    name: 'identity group show',
    operands: ['GROUP'],
    summary: 'show a group and its members',
    help: `GROUP is an id, or a name of the domain.`,
    options: [domainOption],
    run: (call) =>
      onAccounts(call, async (auth) => {
        const group = await groupOf(auth, call.operands[0] ?? '', call.options.domain)
        const { users } = auth.directory
        const ids = await users.memberIdsOf(group.id)
        const members = await users.listUsers({ ids: ids.slice(0, 1000), limit: 1000 })
        return shownOne({ ...viewOf(group), users: members.map(({ name }) => name) })
      }),
  },
  {
    name: 'identity group create',
    operands: ['NAME'],
    summary: 'make a group',
    help: `Makes the group NAME, without members.`,
    options: [domainOption, descriptionOption],
    run(call) {
      const [name = ''] = call.operands
      const { description, domain } = call.options
      checkFields('group', { name: [PlaceName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) => {
        const domainId = (await domainOf(auth, domain)).id
        const group = { name, domainId, ...given('description', description) }
        return shownOne(viewOf(await auth.directory.createGroup(group)))
      })
    },
  },
  {
    name: 'identity group set',
    operands: ['GROUP'],
    summary: 'change a group',
    help: `Changes what the options name and nothing else.`,
    options: [domainOption, nameOption, descriptionOption],
    run(call) {
      const { name, description, domain } = call.options
      needChange('identity group set', { name, description })
      checkFields('group', { name: [PlaceName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) => {
        const { id } = await groupOf(auth, call.operands[0] ?? '', domain)
        const change = { ...given('name', name), ...given('description', description) }
        return shownOne(viewOf(await auth.directory.updateGroup(id, change)))
      })
    },
  },
  {
    name: 'identity group delete',
    operands: ['GROUP'],
    summary: 'delete a group',
    help: `Its memberships and role assignments go along; its members stay. Say --yes.`,
    options: [domainOption, { name: 'yes', help: 'do it' }],
    run(call) {
      if (call.options.yes !== true) throw new Usage('identity group delete: say --yes')
      return onAccounts(call, async (auth) => {
        const group = await groupOf(auth, call.operands[0] ?? '', call.options.domain)
        await auth.directory.deleteGroup(group.id)
        return said(`group ${group.name} (${group.id}) was deleted`, { deleted: group.id })
      })
    },
  },
  memberVerb(
    'add',
    'put a user into a group',
    'Who is in it already stays in it. A group of the database has no members from a directory, nor the other way round.',
  ),
  memberVerb(
    'remove',
    'take a user out of a group',
    'The user itself stays; its tokens lose the roles of the group.',
  ),
]

const viewOf = (group: GroupRecord) => ({
  id: group.id,
  name: group.name,
  domain_id: group.domainId,
  description: group.description,
})
