/**
 * Accounts as commands of the stock client, for a Keystone. Run again they change nothing: what is there is shown and kept. Nothing
 * of a command is taken for syntax by a shell, whatever is called how.
 */
import type { IdentityFace } from '../../auth/identity-face.ts'
import { standardRoles } from '../../auth/role-book.ts'
import type { ProjectRow } from '../../db/store/identity.ts'
import type { RoleTarget } from '../../db/store/roles.ts'
import { allDomains, allGroups, allProjects, allUsers, assignmentsOn } from './everything.ts'

export interface Commands {
  readonly lines: readonly string[]
  readonly counts: Readonly<Record<string, number>>
}

/** Users and groups of these domains are in a directory: Keystone is to find them there. */
export async function commandsFor(
  auth: IdentityFace,
  isDirectory: (domain: { readonly id: string; readonly name: string }) => boolean,
): Promise<Commands> {
  const lines: string[] = []
  const counts: Record<string, number> = {}
  const say = (kind: string, verb: string, options: readonly Option[], ...names: readonly string[]): void => {
    counts[kind] = (counts[kind] ?? 0) + 1
    lines.push(commandOf(verb, options, names))
  }
  const domains = await allDomains(auth)
  const domainNames = new Map(domains.map(({ id, name }) => [id, name]))
  const roles = await auth.roles.list({ limit: 1000 })
  const roleNames = new Map(roles.map(({ id, name }) => [id, name]))
  for (const { name, description } of roles) {
    const own = (standardRoles as readonly string[]).includes(name) ? '' : description
    say('role', 'role create', ['--or-show', ...described(own)], name)
  }
  // The client has no word for "unless it is there".
  lines.push('# A pair of roles that is there already is answered with 409, which does no harm.')
  for (const [prior, implied] of await auth.roles.implications()) {
    for (const id of implied) {
      const option = ['--implied-role', roleNames.get(id) ?? id] as const
      say('implied role', 'implied role create', [option], roleNames.get(prior) ?? prior)
    }
  }
  const people = new Map<string, { kind: 'user' | 'group'; name: string; domain: string }>()
  const projects = new Map<string, ProjectRow>()
  for (const domain of domains) {
    const { id, name } = domain
    const within = ['--or-show', ['--domain', name]] as const
    if (id !== 'default') {
      const options = ['--or-show', ...described(domain.description), ...able(domain.enabled === 1)]
      say('domain', 'domain create', options, name)
    }
    for (const project of await allProjects(auth, id)) {
      projects.set(project.id, project)
      const parent = project.parent_id === null ? undefined : projects.get(project.parent_id)
      const tags = (await auth.tree.tagsOf([project.id])).get(project.id) ?? []
      lines.push(`# id here: ${project.id}`)
      const options: Option[] = [
        ...within,
        ...(parent === undefined ? [] : [['--parent', parent.name] as const]),
        ...described(project.description),
        ...able(project.enabled === 1),
        ...tags.map((tag) => ['--tag', tag] as const),
      ]
      say('project', 'project create', options, project.name)
    }
    const stays = isDirectory(domain)
    if (stays) lines.push(`# users and groups of ${oneLine(name)} are in its directory`)
    for (const user of await allUsers(auth, id)) {
      people.set(user.id, { kind: 'user', name: user.name, domain: name })
      if (stays) continue
      const mail: Option[] = user.email === null || user.email === '' ? [] : [['--email', user.email]]
      const options = [...within, ...mail, ...described(user.description), ...able(user.enabled)]
      say('user', 'user create', options, user.name)
    }
    for (const group of await allGroups(auth, id)) {
      people.set(group.id, { kind: 'group', name: group.name, domain: name })
      if (stays) continue
      say('group', 'group create', [...within, ...described(group.description)], group.name)
      for (const memberId of (await auth.directory.users.memberIdsOf(group.id)).toSorted()) {
        const member = people.get(memberId)
        if (member === undefined) continue
        const where: Option[] = [
          ['--group-domain', name],
          ['--user-domain', member.domain],
        ]
        say('membership', 'group add user', where, group.name, member.name)
      }
    }
  }
  const targets: RoleTarget[] = [
    ...[...projects.keys()].map((id): RoleTarget => ({ type: 'project', id })),
    ...domains.map(({ id }): RoleTarget => ({ type: 'domain', id })),
    { type: 'system', id: 'all' },
  ]
  for (const row of await assignmentsOn(auth, targets)) {
    const actor = people.get(row.actor_id)
    if (actor === undefined) continue
    const project = projects.get(row.target_id)
    const where: Option[] =
      row.target_type === 'system'
        ? [['--system', 'all']]
        : project === undefined
          ? [['--domain', domainNames.get(row.target_id) ?? row.target_id]]
          : [
              ['--project', project.name],
              ['--project-domain', domainNames.get(project.domain_id) ?? project.domain_id],
            ]
    const who: Option[] = [
      [`--${actor.kind}`, actor.name],
      [`--${actor.kind}-domain`, actor.domain],
    ]
    const below: Option[] = row.inherited === true ? ['--inherited'] : []
    say('assignment', 'role add', [...who, ...where, ...below], roleNames.get(row.role_id) ?? row.role_id)
  }
  return { lines, counts }
}

/** A flag, or an option with its value. */
type Option = string | readonly [name: string, value: string]

const described = (text: string): Option[] => (text === '' ? [] : [['--description', text]])
const able = (enabled: boolean): Option[] => (enabled ? [] : ['--disable'])

/** What begins with a dash is a value all the same. */
export function commandOf(verb: string, options: readonly Option[], names: readonly string[]): string {
  const words = options.flatMap((option) => {
    if (typeof option === 'string') return [option]
    const [name, value] = option
    return value.startsWith('-') ? [`${name}=${value}`] : [name, value]
  })
  const end = names.some((name) => name.startsWith('-')) ? ['--'] : []
  return ['openstack', ...verb.split(' '), ...words, ...end, ...names].map(quoted).join(' ')
}

/** One word of a POSIX shell. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

const oneLine = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?')
