/** What a new installation starts with. Safe to run at every start: whatever is there stays as it is. */
import type { LdapSettings } from '../config/ldap.ts'
import { serviceAccountOptions } from '../model/account-options.ts'
import type { IdentityFace } from './identity-face.ts'
import { standardRoles } from './role-book.ts'

export const defaultDomainId = 'default'

export interface AccountInProject {
  readonly userName: string
  readonly projectName: string
  /** Used only when the user is made now. */
  readonly password: string
  readonly roles: readonly string[]
}
export interface AccountIds {
  readonly userId: string
  readonly projectId: string
  /** False when the user existed; its password is then whatever it was. */
  readonly created: boolean
}

/** The domain `default`, the standard roles, and an administrator in a project of its own. */
export async function bootstrap(
  auth: IdentityFace,
  admin: { readonly password: string; readonly userName?: string; readonly projectName?: string },
): Promise<AccountIds> {
  await prepare(auth)
  const { password, userName = 'admin', projectName = 'admin' } = admin
  return ensureAccount(auth, { userName, projectName, password, roles: ['admin'] })
}

/** What there must be before anybody can hold anything: the domain `default`, and the standard roles. */
export async function prepare(auth: IdentityFace): Promise<void> {
  const domain = { id: defaultDomainId, name: 'Default', description: 'The default domain' }
  await unlessThere(
    () => auth.directory.findDomain({ id: defaultDomainId }),
    () => auth.directory.createDomain(domain),
  )
  for (const name of standardRoles) {
    await unlessThere(
      () => auth.roles.find({ name }),
      () => auth.roles.create(name),
    )
  }
}

/** What the configuration of directories names: domains whose users are in one, and the projects of mapped groups. */
export async function prepareDirectories(
  auth: IdentityFace,
  settings: {
    readonly backend: string
    readonly ldap: LdapSettings
    readonly domains: Readonly<Record<string, { readonly backend: string; readonly ldap: LdapSettings }>>
  },
): Promise<void> {
  const { directory } = auth
  const domainOf = (name: string) =>
    unlessThere(
      async () => (await directory.findDomain({ name })) ?? (await directory.findDomain({ id: name })),
      () => directory.createDomain({ name }),
    )
  const all: (readonly [domain: string, ldap: LdapSettings])[] = Object.entries(settings.domains)
    .filter(([, { backend }]) => backend === 'ldap')
    .map(([name, { ldap }]) => [name, ldap] as const)
  if (settings.backend === 'ldap') all.push([defaultDomainId, settings.ldap])
  for (const [name, { map }] of all) {
    const own = await domainOf(name)
    for (const { project, project_domain: elsewhere } of map) {
      if (project === undefined) continue
      const domainId = elsewhere === undefined ? own.id : (await domainOf(elsewhere)).id
      await unlessThere(
        async () =>
          (await directory.findProject({ name: project, domainId })) ??
          (await directory.findProject({ id: project })),
        () => directory.createProject({ name: project, domainId }),
      )
    }
  }
}

/** A user with these roles in a project, both made in the default domain when absent: the demo tenant, service accounts. */
export async function ensureAccount(auth: IdentityFace, wanted: AccountInProject): Promise<AccountIds> {
  const domainId = defaultDomainId
  const { directory } = auth
  const project = await unlessThere(
    () => directory.findProject({ name: wanted.projectName, domainId }),
    () => directory.createProject({ name: wanted.projectName, domainId }),
  )
  let created = false
  const user = await unlessThere(
    () => directory.users.findUser({ name: wanted.userName, domainId }),
    async () => {
      const made = await directory.createUser({
        name: wanted.userName,
        domainId,
        password: wanted.password,
        defaultProjectId: project.id,
        // Rules for people would stop a service on the day its password is old.
        ...(wanted.roles.includes('service') ? { options: serviceAccountOptions } : {}),
      })
      created = true
      return made
    },
  )
  for (const name of wanted.roles) {
    const role = await auth.roles.find({ name })
    if (role === null) throw new Error(`there is no role ${name}`)
    await auth.roles.grant(role.id, { type: 'user', id: user.id }, { type: 'project', id: project.id })
  }
  return { userId: user.id, projectId: project.id, created }
}

/** Two processes may start at once: whoever loses finds what the other made. */
async function unlessThere<T>(find: () => Promise<T | null>, make: () => Promise<T>): Promise<T> {
  const found = await find()
  if (found !== null) return found
  try {
    return await make()
  } catch (error) {
    const again = (error as { code?: string }).code === 'Conflict' ? await find() : null
    if (again === null) throw error
    return again
  }
}
