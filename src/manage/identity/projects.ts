/** `identity project …` and `identity domain …`. */
import Type from 'typebox'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { DomainRow, ProjectRow } from '../../db/store/identity.ts'
import { LongText, PlaceName, TagText } from '../../wire/identity-fields.ts'
import { Usage, type Verb } from '../verb.ts'
import {
  ableOptions,
  checkFields,
  descriptionOption,
  domainOption,
  enabledOf,
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
import { domainOf, projectOf } from './lookup.ts'

const tagOption = {
  name: 'tag',
  value: 'TAG',
  help: 'its tags, in place of those that it has; repeat it for several',
} as const

export const projectVerbs: readonly Verb[] = [
  {
    name: 'identity project list',
    summary: 'list projects',
    help: `Prints projects by name; with --parent those right below that one.`,
    options: [...listOptions, { name: 'parent', value: 'P', help: 'only those below this one, by id' }],
    run: (call) => {
      const { domain, name, parent } = call.options
      const limit = limitOf(call.options)
      return onAccounts(call, async (auth) => {
        const domainId = domain === undefined ? undefined : (await domainOf(auth, domain)).id
        const projects = await auth.directory.listProjects({
          ...given('name', name),
          ...given('domainId', domainId),
          ...given('parentId', parent),
          limit: limit + 1,
        })
        return listed(projects.map(projectView), ['id', 'name', 'domain_id', 'enabled'], limit)
      })
    },
  },
  {
    name: 'identity project show',
    operands: ['PROJECT'],
    summary: 'show a project',
    help: `PROJECT is an id, or a name of the domain.`,
    options: [domainOption],
    run: (call) =>
      onAccounts(call, async (auth) =>
        shownOne(await wholeView(auth, await projectOf(auth, call.operands[0] ?? '', call.options.domain))),
      ),
  },
  {
    name: 'identity project create',
    operands: ['NAME'],
    summary: 'make a project',
    help: `Makes the project NAME in the domain; with --parent below a project of it.`,
    options: [
      domainOption,
      { name: 'parent', value: 'P', help: 'name or id of the project above it' },
      descriptionOption,
      ...ableOptions,
      tagOption,
    ],
    run(call) {
      const [name = ''] = call.operands
      const { description, domain, parent, tag: tags = [] } = call.options
      const enabled = enabledOf(call.options)
      checkFields('project', {
        name: [PlaceName, name],
        description: [LongText, description],
        tags: [Type.Array(TagText), tags],
      })
      return onAccounts(call, async (auth) => {
        const project = await auth.directory.createProject({
          name,
          domainId: (await domainOf(auth, domain)).id,
          ...given('description', description),
          ...given('enabled', enabled),
          ...given('parentId', parent === undefined ? undefined : (await projectOf(auth, parent, domain)).id),
        })
        if (tags.length > 0) await auth.tree.replaceTags(project.id, tags)
        return shownOne(await wholeView(auth, project))
      })
    },
  },
  {
    name: 'identity project set',
    operands: ['PROJECT'],
    summary: 'change a project',
    help: `Changes what the options name and nothing else. Nobody works in a disabled project; its shares stay.`,
    options: [domainOption, nameOption, descriptionOption, ...ableOptions, tagOption],
    run(call) {
      const { name, description, domain, tag: tags } = call.options
      const enabled = enabledOf(call.options)
      needChange('identity project set', { name, description, enabled, tags })
      checkFields('project', {
        name: [PlaceName, name],
        description: [LongText, description],
        tags: [Type.Array(TagText), tags],
      })
      return onAccounts(call, async (auth) => {
        const { id } = await projectOf(auth, call.operands[0] ?? '', domain)
        const change = {
          ...given('name', name),
          ...given('description', description),
          ...given('enabled', enabled),
        }
        const changed = await auth.directory.updateProject(id, change)
        if (tags !== undefined) await auth.tree.replaceTags(id, tags)
        return shownOne(await wholeView(auth, changed))
      })
    },
  },
  {
    name: 'identity project delete',
    operands: ['PROJECT'],
    summary: 'delete a project',
    help: `Its role assignments and application credentials go along. Refused where something holds it, which is named. Say --yes.`,
    options: [domainOption, { name: 'yes', help: 'do it' }],
    run(call) {
      if (call.options.yes !== true) throw new Usage('identity project delete: say --yes')
      return onAccounts(call, async (auth) => {
        const project = await projectOf(auth, call.operands[0] ?? '', call.options.domain)
        await auth.directory.deleteProject(project.id)
        return said(`project ${project.name} (${project.id}) was deleted`, { deleted: project.id })
      })
    },
  },
]

export const domainVerbs: readonly Verb[] = [
  {
    name: 'identity domain list',
    summary: 'list domains',
    help: `Prints domains by name.`,
    options: listOptions.filter(({ name }) => name !== 'domain'),
    run: (call) => {
      const limit = limitOf(call.options)
      return onAccounts(call, async (auth) => {
        const query = { ...given('name', call.options.name), limit: limit + 1 }
        const domains = await auth.directory.listDomains(query)
        return listed(domains.map(domainView), ['id', 'name', 'enabled', 'description'], limit)
      })
    },
  },
  {
    name: 'identity domain show',
    operands: ['DOMAIN'],
    summary: 'show a domain',
    help: `DOMAIN is an id or a name.`,
    run: (call) =>
      onAccounts(call, async (auth) => shownOne(domainView(await domainOf(auth, call.operands[0])))),
  },
  {
    name: 'identity domain create',
    operands: ['NAME'],
    summary: 'make a domain',
    help: `Makes the domain NAME. Its users are in the database unless the configuration has a table [auth.domains.NAME].`,
    options: [descriptionOption],
    run(call) {
      const [name = ''] = call.operands
      const { description } = call.options
      checkFields('domain', { name: [PlaceName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) =>
        shownOne(
          domainView(await auth.directory.createDomain({ name, ...given('description', description) })),
        ),
      )
    },
  },
  {
    name: 'identity domain set',
    operands: ['DOMAIN'],
    summary: 'change a domain',
    help: `Changes what the options name and nothing else. Of a disabled domain nobody logs in.`,
    options: [nameOption, descriptionOption, ...ableOptions],
    run(call) {
      const { name, description } = call.options
      const enabled = enabledOf(call.options)
      needChange('identity domain set', { name, description, enabled })
      checkFields('domain', { name: [PlaceName, name], description: [LongText, description] })
      return onAccounts(call, async (auth) => {
        const { id } = await domainOf(auth, call.operands[0])
        const change = {
          ...given('name', name),
          ...given('description', description),
          ...given('enabled', enabled),
        }
        return shownOne(domainView(await auth.directory.updateDomain(id, change)))
      })
    },
  },
  {
    name: 'identity domain delete',
    operands: ['DOMAIN'],
    summary: 'delete a domain',
    help: `Its users and groups go along. It must be disabled and have no projects. Say --yes.`,
    options: [{ name: 'yes', help: 'do it' }],
    run(call) {
      if (call.options.yes !== true) throw new Usage('identity domain delete: say --yes')
      return onAccounts(call, async (auth) => {
        const domain = await domainOf(auth, call.operands[0])
        await auth.directory.deleteDomain(domain.id)
        return said(`domain ${domain.name} (${domain.id}) was deleted`, { deleted: domain.id })
      })
    },
  },
]

/** With its tags, which are rows of their own. */
async function wholeView(auth: IdentityFace, row: ProjectRow) {
  return { ...projectView(row), tags: (await auth.tree.tagsOf([row.id])).get(row.id) ?? [] }
}

const projectView = (row: ProjectRow) => ({
  id: row.id,
  name: row.name,
  domain_id: row.domain_id,
  parent_id: row.parent_id,
  description: row.description,
  enabled: row.enabled === 1,
})

const domainView = (row: DomainRow) => ({
  id: row.id,
  name: row.name,
  description: row.description,
  enabled: row.enabled === 1,
})
