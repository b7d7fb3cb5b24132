/** `identity role …`: roles, and who has which where. */
import { grantedRows, workedOutRows } from '../../auth/assignment-list.ts'
import type { EffectiveRow } from '../../auth/effective.ts'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { AssignmentRow, RoleRow } from '../../db/store/roles.ts'
import { LongText, RoleName } from '../../wire/identity-fields.ts'
import { notFound } from '../../auth/directory.ts'
import { Usage, type Call, type Verb } from '../verb.ts'
import {
  checkFields,
  descriptionOption,
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
import { actorOf, roleOf, targetOf } from './lookup.ts'

const actorOptions: NonNullable<Verb['options']> = [
  { name: 'user', value: 'U', help: 'who: a user, by name or id' },
  { name: 'user-domain', value: 'D', help: 'domain of that user (default: Default)' },
  { name: 'group', value: 'G', help: 'who: a group, by name or id' },
  { name: 'group-domain', value: 'D', help: 'domain of that group (default: Default)' },
]
const targetOptions: NonNullable<Verb['options']> = [
  { name: 'project', value: 'P', help: 'where: a project, by name or id' },
  { name: 'project-domain', value: 'D', help: 'domain of that project (default: Default)' },
  { name: 'domain', value: 'D', help: 'where: a domain, by name or id' },
  { name: 'system', help: 'where: the whole system' },
]

/** `implied role create` and `implied role delete`: holders of the first have the second, too. */
const implyVerb = (verb: 'create' | 'delete', summary: string): Verb => ({
  name: `identity implied role ${verb}`,
  operands: ['ROLE', 'IMPLIED'],
  summary,
  help: `Without changes admin implies manager, manager implies member, and member implies reader.`,
  run: (call) =>
    onAccounts(call, async (auth) => {
      const [priorWord = '', impliedWord = ''] = call.operands
      const [prior, implied] = [await roleOf(auth, priorWord), await roleOf(auth, impliedWord)]
      if (verb === 'create') await auth.roles.imply(prior.id, implied.id)
      else if (!(await auth.roles.unimply(prior.id, implied.id))) throw notFound('implied role', implied.name)
      const now = verb === 'create' ? 'implies' : 'no longer implies'
      return said(`${prior.name} ${now} ${implied.name}`, { role: prior.name, implied: implied.name })
    }),
})

/** `role add` and `role remove`. */
const grantVerb = (verb: 'add' | 'remove', summary: string, help: string): Verb => ({
  name: `identity role ${verb}`,
  operands: ['ROLE'],
  summary,
  help,
  options: [
    ...actorOptions,
    ...targetOptions,
    { name: 'inherited', help: 'on every project below --project or --domain, and not on itself' },
  ],
  run: (call) =>
    onAccounts(call, async (auth) => {
      const { options } = call
      const actor = await actorOf(auth, options)
      const target = await targetOf(auth, options)
      if (actor === null || target === null) {
        throw new Usage(
          `identity role ${verb} needs --user or --group, and one of --project, --domain and --system`,
        )
      }
      const role = await roleOf(auth, call.operands[0] ?? '')
      const data = { role: role.name, [actor.type]: actor.id, [target.type]: target.id }
      const inherited = options.inherited === true
      const where = `${role.name} of ${actor.type} ${actor.id} on ${inherited ? 'what is below ' : ''}${target.type} ${target.id}`
      if (verb === 'add') {
        await auth.roles.grant(role.id, actor, target, inherited)
        return said(`${where}: assigned`, data)
      }
      if (!(await auth.roles.take(role.id, actor, target, inherited)))
        throw notFound('role assignment', role.name)
      return said(`${where}: taken away`, data)
    }),
})

export const roleVerbs: readonly Verb[] = [
  {
    name: 'identity role list',
    summary: 'list roles',
    help: `Prints roles by name.`,
    options: listOptions.filter(({ name }) => name !== 'domain'),
    run: (call) => {
      const limit = limitOf(call.options)
      return onAccounts(call, async (auth) => {
        const roles = await auth.roles.list({ ...given('name', call.options.name), limit: limit + 1 })
        return listed(roles.map(viewOf), ['id', 'name', 'description'], limit)
      })
    },
  },
  {
    name: 'identity role show',
    operands: ['ROLE'],
    summary: 'show a role',
    help: `ROLE is an id or a name.`,
    run: (call) =>
      onAccounts(call, async (auth) => shownOne(viewOf(await roleOf(auth, call.operands[0] ?? '')))),
  },
  {
    name: 'identity role create',
    operands: ['NAME'],
    summary: 'make a role',
    help: `Makes the role NAME. What it may do is said by the policy; names that differ in letter case only are one.`,
    options: [descriptionOption],
    run(call) {
      const [name = ''] = call.operands
      const { description } = call.options
      checkFields('role', { name: [RoleName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) => shownOne(viewOf(await auth.roles.create(name, description))))
    },
  },
  {
    name: 'identity role set',
    operands: ['ROLE'],
    summary: 'change a role',
    help: `Changes what the options name. Roles that are part of the service keep their names.`,
    options: [nameOption, descriptionOption],
    run(call) {
      const { name, description } = call.options
      needChange('identity role set', { name, description })
      checkFields('role', { name: [RoleName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) => {
        const { id } = await roleOf(auth, call.operands[0] ?? '')
        const change = { ...given('name', name), ...given('description', description) }
        return shownOne(viewOf(await auth.roles.update(id, change)))
      })
    },
  },
  {
    name: 'identity role delete',
    operands: ['ROLE'],
    summary: 'delete a role',
    help: `Everybody loses it. Roles that are part of the service can't be deleted. Say --yes.`,
    options: [{ name: 'yes', help: 'do it' }],
    run(call) {
      if (call.options.yes !== true) throw new Usage('identity role delete: say --yes')
      return onAccounts(call, async (auth) => {
        const role = await roleOf(auth, call.operands[0] ?? '')
        await auth.roles.delete(role.id)
        return said(`role ${role.name} (${role.id}) was deleted`, { deleted: role.id })
      })
    },
  },
  grantVerb(
    'add',
    'give a role to a user or a group',
    `Gives ROLE to --user or --group on --project, --domain or --system. What is assigned already stays so.`,
  ),
  grantVerb(
    'remove',
    'take a role away',
    `Takes away what role add gave. A role by a mapped group of a directory is taken away in the configuration.`,
  ),
  {
    name: 'identity implied role list',
    summary: 'list which roles bring along others',
    help: `Prints pairs of roles: who holds the first has the second, too.`,
    run: (call) =>
      onAccounts(call, async (auth) => {
        const names = new Map((await auth.roles.list({ limit: 1000 })).map(({ id, name }) => [id, name]))
        const pairs = [...(await auth.roles.implications())].flatMap(([prior, implied]) =>
          [...implied].map((id) => ({ role: names.get(prior) ?? prior, implied: names.get(id) ?? id })),
        )
        const sorted = pairs.toSorted((a, b) => (a.role + a.implied < b.role + b.implied ? -1 : 1))
        return listed(sorted, ['role', 'implied'], 10_000)
      }),
  },
  implyVerb('create', 'let a role bring along another'),
  implyVerb('delete', 'let a role no longer bring along another'),
  {
    name: 'identity role assignment list',
    summary: 'list who has which role where',
    help: `Prints assignments of the database and of mapped groups. With --effective what they come to: groups become their members, and roles
bring along what they imply. With --names people read it.`,
    options: [
      ...actorOptions,
      ...targetOptions,
      { name: 'role', value: 'R', help: 'only this role, by name or id' },
      { name: 'inherited', help: 'only those for what is below their target' },
      { name: 'effective', help: 'what it comes to for each user' },
      { name: 'names', help: 'names instead of ids' },
      { name: 'limit', value: 'N', help: 'at most so many (default: 1000, at most 10000)' },
    ],
    run: (call) => onAccounts(call, (auth) => assignments(auth, call)),
  },
]

async function assignments(auth: IdentityFace, call: Call) {
  const { options } = call
  const limit = limitOf(options)
  const effective = options.effective === true
  if (effective && options.group !== undefined) throw new Usage('--group does not go with --effective')
  const [roleWord] = options.role ?? []
  const role = roleWord === undefined ? undefined : await roleOf(auth, roleWord)
  const actor = await actorOf(auth, options)
  const target = await targetOf(auth, options)
  const query = {
    ...(actor === null ? {} : { [actor.type === 'user' ? 'userId' : 'groupId']: actor.id }),
    ...given('roleId', role?.id),
    ...given('target', target ?? undefined),
    ...given('inherited', options.inherited),
    limit: limit + 1,
  }
  const { rows: wanted } = effective ? await workedOutRows(auth, query) : await grantedRows(auth, query)
  const names = options.names === true ? await namesOf(auth, wanted.slice(0, limit)) : null
  const answered = wanted.map((row) => ({
    role: names?.get(`role ${row.role_id}`) ?? row.role_id,
    [row.actor_type]: names?.get(`${row.actor_type} ${row.actor_id}`) ?? row.actor_id,
    [row.target_type]: names?.get(`${row.target_type} ${row.target_id}`) ?? row.target_id,
    ...('inherited' in row && row.inherited === true ? { inherited: true } : {}),
  }))
  return listed(answered, ['role', 'user', 'group', 'project', 'domain', 'system', 'inherited'], limit)
}

/** `kind id` → `name@domain`. */
async function namesOf(
  auth: IdentityFace,
  rows: readonly (AssignmentRow | EffectiveRow)[],
): Promise<ReadonlyMap<string, string>> {
  const { directory, roles } = auth
  const names = new Map<string, string>()
  const domains = new Map((await directory.listDomains({ limit: 10_000 })).map((row) => [row.id, row.name]))
  for (const [id, name] of domains) names.set(`domain ${id}`, name)
  for (const { id, name } of await roles.list({ limit: 1000 })) names.set(`role ${id}`, name)
  const idsOf = (kind: string): string[] => [
    ...new Set(
      rows.flatMap((row) => [
        ...(row.actor_type === kind ? [row.actor_id] : []),
        ...(row.target_type === kind ? [row.target_id] : []),
      ]),
    ),
  ]
  const put = (kind: string, id: string, name: string, domainId: string): void =>
    void names.set(`${kind} ${id}`, `${name}@${domains.get(domainId) ?? domainId}`)
  for (const ids of chunks(idsOf('project'))) {
    for (const row of await directory.listProjects({ ids, limit: ids.length }))
      put('project', row.id, row.name, row.domain_id)
  }
  for (const ids of chunks(idsOf('user'))) {
    for (const row of await directory.users.listUsers({ ids, limit: ids.length }))
      put('user', row.id, row.name, row.domainId)
  }
  for (const ids of chunks(idsOf('group'))) {
    for (const row of await directory.users.listGroups({ ids, limit: ids.length }))
      put('group', row.id, row.name, row.domainId)
  }
  return names
}

/** Databases limit the parameters of one statement. */
const chunks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / 500) }, (_, at) => ids.slice(at * 500, (at + 1) * 500))

const viewOf = (row: RoleRow) => ({ id: row.id, name: row.name, description: row.description })
