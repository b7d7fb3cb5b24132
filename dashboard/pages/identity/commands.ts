/** The commands that do what the pages of accounts do, of the identity's own client. */
import { given, openstack } from '../../ui/manila.ts'

/** Of each field what it becomes; absent = it stays. */
interface UserFields {
  readonly name?: string
  readonly email?: string | null
  readonly description?: string
  readonly default_project_id?: string | null
}

const userOptions = ({ email, description, default_project_id: project }: UserFields) => ({
  email: email === null ? '' : email,
  description,
  project,
})

export const identityCommands = {
  createUser: (domain: string, fields: UserFields) =>
    openstack('user create', [fields.name ?? 'NAME'], {
      domain,
      'password-prompt': true,
      ...userOptions(fields),
    }),
  editUser: (id: string, fields: UserFields) =>
    openstack('user set', [id], { name: fields.name, ...userOptions(fields) }),
  setPassword: (id: string) => openstack('user set', [id], { 'password-prompt': true }),
  /** `domain`: of a group or a project; null = the client's own. */
  create: (kind: string, name: string, description: string, domain: string | null) =>
    openstack(`${kind} create`, [name || 'NAME'], { description: given(description), domain }),
  edit: (kind: string, id: string, fields: { readonly name?: string; readonly description?: string }) =>
    openstack(`${kind} set`, [id], { name: fields.name, description: fields.description }),
  remove: (kind: string, id: string) => openstack(`${kind} delete`, [id]),
  enable: (kind: string, id: string) => openstack(`${kind} set`, [id], { enable: true }),
  disable: (kind: string, id: string) => openstack(`${kind} set`, [id], { disable: true }),
  takeRole: ({ role, user, group, scope }: Assigned) =>
    openstack('role remove', [role.id], {
      user: user?.id,
      group: group?.id,
      project: scope.project?.id,
      domain: scope.domain?.id,
      system: scope.project === undefined && scope.domain === undefined ? 'all' : null,
      inherited: scope['OS-INHERIT:inherited_to'] !== undefined,
    }),
  removeMember: (group: string, user: string) => openstack('group remove user', [group, user]),
}

interface Named {
  readonly id: string
}
interface Assigned {
  readonly role: Named
  readonly user?: Named | undefined
  readonly group?: Named | undefined
  readonly scope: {
    readonly project?: Named | undefined
    readonly domain?: Named | undefined
    readonly 'OS-INHERIT:inherited_to'?: unknown
  }
}
